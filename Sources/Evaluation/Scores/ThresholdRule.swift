import Foundation
import Tensor

/// How the probability is chosen from which on a sample counts as positive.
///
/// Choose it on samples that the figures do not come from: chosen and judged on the same ones, it looks better than it is.
public enum ThresholdRule: Sendable, Hashable {
  /// A probability named in advance, in `0...1`.
  case fixed(Double)
  /// That of the greatest Youden index, sensitivity plus specificity minus 1.
  case youden
  /// The highest that finds at least this share of the positive samples, in `0...1`.
  case sensitivity(Double)

  /// The threshold that the rule gives on these scores.
  ///
  /// - Returns: The threshold. Undefined where a rule other than `fixed` has no samples of both kinds to choose by, and where
  ///   no threshold does better than chance by Youden's index.
  /// - Precondition: A share is in `0...1`.
  public func threshold(on scores: BinaryScores) -> Statistic<Double> {
    if case .fixed(let value) = self { return .defined(value) }
    switch scores.rocCurve() {
    case .undefined(let reason):
      return .undefined(reason: "threshold by \(self): \(reason)")
    case .defined(let curve):
      if case .sensitivity(let share) = self {
        // For a share of 0 the first point would do, which calls nothing positive and has no finite threshold.
        let point = curve.point(forSensitivity: share)
        return .defined(point.threshold.isFinite ? point.threshold : curve.points[1].threshold)
      }
      let point = curve.youdenPoint
      guard point.youdenIndex > 0 else {
        return .undefined(reason: "threshold by \(self): none does better than chance")
      }
      return .defined(point.threshold)
    }
  }
}

extension ThresholdRule: LosslessStringConvertible {
  /// The rule that a text names: `youden`, `sensitivity=0.9`, or a number in `0...1`; nil for any other text.
  public init?(_ description: String) {
    if description == "youden" {
      self = .youden
      return
    }
    let prefix = "sensitivity="
    let isShare = description.hasPrefix(prefix)
    guard let number = Double(isShare ? String(description.dropFirst(prefix.count)) : description),
      0...1 ~= number
    else { return nil }
    self = isShare ? .sensitivity(number) : .fixed(number)
  }

  /// The text that names the rule.
  public var description: String {
    switch self {
    case .fixed(let value): "\(value)"
    case .youden: "youden"
    case .sensitivity(let share): "sensitivity=\(share)"
    }
  }
}

/// The probability from which on a sample counts as of a class, and where it comes from.
public struct DecisionThreshold: Sendable, Hashable, Codable {
  /// The probability.
  public let value: Double
  /// What it was chosen by, such as `youden`.
  public let rule: String
  /// The samples that it was chosen on, or nil where it was named in advance.
  public let chosenOn: String?

  /// A threshold that was named in advance.
  public init(_ value: Double) {
    self.init(value, rule: ThresholdRule.fixed(value).description, chosenOn: nil)
  }

  /// A threshold that `rule` chose on the samples called `chosenOn`.
  public init(_ value: Double, rule: String, chosenOn: String?) {
    require(
      0...1 ~= value, "DecisionThreshold: needs a probability in 0...1, got \(value)")
    self.value = value
    self.rule = rule
    self.chosenOn = chosenOn
  }
}
