import Foundation
import Tensor

/// A range that covers the true value of an estimated quantity in a stated share of all samples.
public struct ConfidenceInterval: Sendable, Hashable, Encodable, CustomStringConvertible {
  /// The lower limit.
  public let lower: Double
  /// The upper limit, not below `lower`.
  public let upper: Double
  /// The share of samples in which such an interval covers the truth, such as 0.95.
  public let level: Double

  /// The interval from `lower` to `upper`.
  ///
  /// - Precondition: `lower` is not above `upper`, and `level` lies strictly between 0 and 1.
  public init(lower: Double, upper: Double, level: Double) {
    Self.requireLevel(level)
    require(lower <= upper, "ConfidenceInterval: lower limit \(lower) is above upper \(upper)")
    self.lower = lower
    self.upper = upper
    self.level = level
  }

  /// Whether `value` lies in the interval, its limits included.
  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  /// Whether the limits differ by more than rounding.
  package var hasWidth: Bool { upper - lower > 1e-12 * max(1, upper.magnitude) }

  /// The smallest interval that holds this one and another, such as the one that takes samples as independent.
  ///
  /// A bootstrap over groups knows only of what went wrong among so many groups: with one mistake in 59 samples its lower limit
  /// is too high. To know the groups must not make an interval narrower.
  package func widened(to other: ConfidenceInterval?) -> ConfidenceInterval {
    guard let other else { return self }
    return ConfidenceInterval(
      lower: min(lower, other.lower), upper: max(upper, other.upper), level: level)
  }

  /// The limits with three decimals, as in `0.885–0.996`.
  public var description: String { String(format: "%.3f–%.3f", lower, upper) }

  /// The limits in per cent with one decimal, as in `88.5–99.6 %`.
  public var percentDescription: String {
    String(format: "%.1f–%.1f %%", 100 * lower, 100 * upper)
  }

  /// Traps unless `level` lies strictly between 0 and 1.
  static func requireLevel(_ level: Double) {
    require(
      level > 0 && level < 1, "ConfidenceInterval: level must lie between 0 and 1, got \(level)")
  }
}
