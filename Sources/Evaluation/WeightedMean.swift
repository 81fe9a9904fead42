import Tensor

/// A running mean of batch means, weighted by the number of samples: `Σ wᵢ mᵢ / Σ wᵢ`.
///
/// The last batch of an epoch is often smaller than the others. The plain mean of batch means would count its samples more
/// than theirs.
///
/// ```swift
/// var loss = WeightedMean()
/// loss.add(0.5, weight: 32)
/// loss.add(0.2, weight: 4)
/// loss.value  // 0.4666…, not 0.35
/// ```
public struct WeightedMean: Sendable, Hashable {
  /// `Σ wᵢ`.
  public private(set) var totalWeight = 0.0
  private var sum = 0.0
  /// What rounding took from `sum`, by Neumaier's method (1974).
  private var compensation = 0.0

  /// A mean of nothing yet.
  public init() {}

  /// Adds the mean `value` of `weight` samples.
  ///
  /// A value that is not a number makes the mean so too; it is not hidden.
  ///
  /// - Precondition: `weight` is finite and not negative.
  public mutating func add(_ value: Double, weight: Double = 1) {
    require(
      weight >= 0 && weight.isFinite, "WeightedMean: needs a weight of 0 or more, got \(weight)")
    guard weight > 0 else { return }
    let term = value * weight
    let next = sum + term
    let lost = sum.magnitude >= term.magnitude ? (sum - next) + term : (term - next) + sum
    // Beyond the finite numbers, what is lost would be ∞ − ∞.
    if next.isFinite { compensation += lost }
    sum = next
    totalWeight += weight
  }

  /// Adds the mean `value` of `count` samples.
  ///
  /// - Precondition: `count` is not negative.
  public mutating func add(_ value: Double, count: Int) {
    add(value, weight: Double(count))
  }

  /// The mean so far, or nil when no weight has been added.
  public var value: Double? { totalWeight == 0 ? nil : (sum + compensation) / totalWeight }
}
