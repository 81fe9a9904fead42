import Foundation
import Tensor

/// A share of a whole number of cases, such as 58 of 60 images classified right.
///
/// It keeps both counts, since 2 of 2 and 200 of 200 say very different things; the intervals say how different.
///
/// ```swift
/// let accuracy = Proportion(58, of: 60)
/// accuracy.clopperPearsonInterval().percentDescription  // "88.5–99.6 %"
/// ```
public struct Proportion: Sendable, Hashable, Encodable {
  /// How many cases have the property.
  public let successes: Int
  /// How many cases there are.
  ///
  /// May be zero.
  public let count: Int

  /// `successes` of `count` cases.
  ///
  /// - Precondition: `0 ≤ successes ≤ count`.
  public init(_ successes: Int, of count: Int) {
    require(
      successes >= 0 && successes <= count,
      "Proportion: needs 0 ≤ successes ≤ count, got \(successes) of \(count)")
    self.successes = successes
    self.count = count
  }

  /// `successes / count`, in `0...1`, or nil when there is no case.
  public var value: Double? { count == 0 ? nil : Double(successes) / Double(count) }

  /// The exact interval of Clopper and Pearson (1934).
  ///
  /// It inverts the two one-sided binomial tests, so it covers the true rate in at least the share `level` of samples,
  /// whatever the rate and however few the cases; usually in more. Without cases it is `0...1`: nothing is known.
  ///
  /// - Precondition: `level` lies strictly between 0 and 1.
  public func clopperPearsonInterval(level: Double = 0.95) -> ConfidenceInterval {
    ConfidenceInterval.requireLevel(level)
    let (k, n) = (Double(successes), Double(count))
    let tail = 0.5 * (1 - level)
    return ConfidenceInterval(
      lower: successes == 0 ? 0 : IncompleteBeta.inverse(tail, k, n - k + 1),
      // 1 − x with the arguments exchanged, since 1 − tail would round.
      upper: successes == count ? 1 : 1 - IncompleteBeta.inverse(tail, n - k, k + 1), level: level)
  }

  /// The score interval of Wilson (1927).
  ///
  /// With `p̂` the share, `n` the count and `z` the normal quantile, its limits solve `(p̂ − p)² = z² p(1 − p)/n`. It is
  /// narrower than the exact one and covers the true rate in about, not at least, the share `level` of samples.
  ///
  /// - Precondition: `level` lies strictly between 0 and 1.
  public func wilsonInterval(level: Double = 0.95) -> ConfidenceInterval {
    ConfidenceInterval.requireLevel(level)
    let (k, n) = (Double(successes), Double(count))
    let z = -StandardNormal.quantile(0.5 * (1 - level))
    let centre = (k + 0.5 * z * z) / (n + z * z)
    let half = z / (n + z * z) * (k * (count == 0 ? 0 : (n - k) / n) + 0.25 * z * z).squareRoot()
    // At the ends the limit is exactly 0 or 1; the subtraction would leave 1e-17.
    return ConfidenceInterval(
      lower: successes == 0 ? 0 : max(0, centre - half),
      upper: successes == count ? 1 : min(1, centre + half), level: level)
  }
}

extension Proportion: CustomStringConvertible {
  /// Per cent and counts, as in `96.7 % (58/60)`.
  public var description: String {
    guard let value else { return "undefined (0/0)" }
    return String(format: "%.1f %% (%d/%d)", 100 * value, successes, count)
  }
}
