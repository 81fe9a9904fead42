import Foundation
import Tensor

/// A figure of a classifier with its interval, and in words what is missing where one of the two is.
public struct Metric: Sendable, Hashable, Codable {
  /// How an interval was found.
  public enum IntervalMethod: String, Sendable, Hashable, Codable {
    /// Clopper and Pearson, on samples taken as independent.
    case exact
    /// Wilson's score interval, on samples taken as independent.
    case wilson = "Wilson"
    /// DeLong, DeLong and Clarke-Pearson, on samples taken as independent.
    case deLong = "DeLong"
    /// The percentile bootstrap over samples taken as independent.
    case bootstrap
    /// The percentile bootstrap over whole groups, such as patients; of rates and areas of a class never narrower than the
    /// interval of independent samples.
    case groupedBootstrap = "bootstrap over groups"
    /// Clopper and Pearson on the number of groups, where all samples or none have the property and the bootstrap sees no
    /// variation.
    case exactOverGroups = "exact over groups"
  }

  /// What is measured.
  public let kind: MetricKind
  /// The class that it is measured of, or nil for all of them together.
  public let className: String?
  /// The figure, or nil where the data have none.
  public let value: Double?
  /// The counts behind a rate.
  public let counts: Proportion?
  /// The interval, or nil where there is none.
  public let interval: ConfidenceInterval?
  /// How the interval was found.
  public let intervalMethod: IntervalMethod?
  /// Why there is no figure, or no interval.
  public let reason: String?

  init(
    _ kind: MetricKind, ofClass className: String?, value: Double?, counts: Proportion? = nil,
    interval: Statistic<ConfidenceInterval>, method: IntervalMethod, reason: String? = nil
  ) {
    self.kind = kind
    self.className = className
    self.value = value
    self.counts = counts
    self.interval = value == nil ? nil : interval.value
    intervalMethod = self.interval == nil ? nil : method
    self.reason = reason ?? interval.reason
  }

  /// What the figure is called, such as `sensitivity`.
  public var name: String { kind.name }

  /// The figure as a reader expects it: rates in per cent with their counts, others with three decimals.
  public var valueDescription: String {
    if let counts, counts.count > 0 { return counts.description }
    guard let value else { return "undefined" }
    return String(format: kind.isShare ? "%.1f %%" : "%.3f", kind.isShare ? 100 * value : value)
  }

  /// The interval in the same unit, or nil without one.
  public var intervalDescription: String? {
    interval.map { kind.isShare ? $0.percentDescription : $0.description }
  }
}

extension Metric: CustomStringConvertible {
  /// Figure and interval, such as `96.7 % (58/60), 88.5–99.6 %`, or why there is none.
  public var description: String {
    guard value != nil else { return "undefined: \(reason ?? "no such samples")" }
    return valueDescription + ", " + (intervalDescription ?? "no interval: \(reason ?? "unknown")")
  }
}

/// What a ``Metric`` measures.
public enum MetricKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The share of samples classified right.
  case accuracy
  /// The mean of the classes' sensitivities.
  case balancedAccuracy
  /// The mean of the classes' F1.
  case macroF1
  /// The share of the samples of a class that were found.
  case sensitivity
  /// The share of the samples of other classes that were not taken for the class.
  case specificity
  /// The share right of the samples taken for a class.
  case precision
  /// The share right of the samples not taken for a class.
  case negativePredictiveValue
  /// The harmonic mean of precision and sensitivity.
  case f1
  /// The area under the ROC curve of a class against the rest; for all classes together, the mean over them.
  case areaUnderROC
  /// The area under the precision-recall curve of a class against the rest, as average precision.
  case averagePrecision
  /// The Brier score. Lower is better.
  case brierScore
  /// The mean negative logarithm of the actual class's probability. Lower is better.
  case logLoss
  /// The expected calibration error. Lower is better, and its bias is upwards: see ``Calibration/expectedError``.
  case expectedCalibrationError

  /// The values that it can have.
  var range: ClosedRange<Double> {
    self == .logLoss || self == .brierScore ? 0 ... .infinity : 0...1
  }

  /// What it is called in tables.
  public var name: String {
    switch self {
    case .accuracy: "accuracy"
    case .balancedAccuracy: "balanced accuracy"
    case .macroF1: "mean F1"
    case .sensitivity: "sensitivity"
    case .specificity: "specificity"
    case .precision: "precision"
    case .negativePredictiveValue: "negative predictive value"
    case .f1: "F1"
    case .areaUnderROC: "ROC AUC"
    case .averagePrecision: "PR AUC"
    case .brierScore: "Brier score"
    case .logLoss: "log loss"
    case .expectedCalibrationError: "calibration error"
    }
  }

  /// Whether it is a share of samples, or a mean of such shares, written in per cent.
  public var isShare: Bool {
    switch self {
    case .accuracy, .balancedAccuracy, .sensitivity, .specificity, .precision,
      .negativePredictiveValue:
      true
    case .macroF1, .f1, .areaUnderROC, .averagePrecision, .brierScore, .logLoss,
      .expectedCalibrationError:
      false
    }
  }

  /// Whether a higher figure is the better one.
  public var isBetterHigher: Bool {
    switch self {
    case .brierScore, .logLoss, .expectedCalibrationError: false
    default: true
    }
  }

  /// Those of all classes together.
  ///
  /// The area is among them with three classes or more.
  static func overall(classCount: Int) -> [MetricKind] {
    [.accuracy, .balancedAccuracy, .macroF1] + (classCount > 2 ? [.areaUnderROC] : [])
      + [.brierScore, .logLoss, .expectedCalibrationError]
  }

  /// Those of one class against the rest.
  static let ofClass: [MetricKind] = [
    .sensitivity, .specificity, .precision, .negativePredictiveValue, .f1, .areaUnderROC,
    .averagePrecision,
  ]
}
