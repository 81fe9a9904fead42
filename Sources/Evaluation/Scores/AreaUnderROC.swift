/// The area under the ROC curve with its uncertainty, by the method of DeLong, DeLong and Clarke-Pearson (1988).
public struct AreaUnderROC: Sendable, Hashable {
  /// The area in `0...1`: how likely a positive has a higher score than a negative, ties counted half.
  public let value: Double
  /// The estimated standard error, or nil when one of the kinds has a single sample.
  public let standardError: Double?
  /// The normal interval `value ± z · standardError`, cut to `0...1`.
  ///
  /// Undefined, with the reason, without a standard error, and when that is zero: if all positives rank above all
  /// negatives (or the reverse), the method finds no variance and would give an interval without width, however few
  /// the samples are.
  public let interval: Statistic<ConfidenceInterval>
  /// The number of positive samples.
  public let positiveCount: Int
  /// The number of negative samples.
  public let negativeCount: Int
}

extension BinaryScores {
  /// The area under the ROC curve, not defined without samples of both kinds.
  ///
  /// In `O(n log n)` by midranks: Sun and Xu, IEEE Signal Processing Letters 21 (2014).
  ///
  /// - Parameter level: The level of the interval, strictly between 0 and 1.
  public func areaUnderROC(level: Double = 0.95) -> Statistic<AreaUnderROC> {
    ConfidenceInterval.requireLevel(level)
    if let reason = missingClass {
      return .undefined(reason: "area under the ROC curve: \(reason)")
    }
    let positives = scores.indices.filter { isPositive[$0] }
    let negatives = scores.indices.filter { !isPositive[$0] }
    let (m, n) = (Double(positives.count), Double(negatives.count))
    let ranks = midranks(scores)
    let positiveRanks = midranks(positives.map { scores[$0] })
    let negativeRanks = midranks(negatives.map { scores[$0] })

    // How many negatives a positive passes: its rank among all, less its rank among positives; and the reverse.
    let passed = zip(positives, positiveRanks).map { (ranks[$0] - $1) / n }
    let passedBy = zip(negatives, negativeRanks).map { 1 - (ranks[$0] - $1) / m }
    // Ranks are multiples of ½, so this sum is exact.
    let area = zip(positives, positiveRanks).reduce(0) { $0 + (ranks[$1.0] - $1.1) } / m / n

    guard let first = variance(passed), let second = variance(passedBy) else {
      let kind = positives.count == 1 ? "positive" : "negative"
      let reason = "DeLong interval: a single \(kind) sample has no variance"
      return .defined(result(area, error: nil, interval: .undefined(reason: reason)))
    }
    let error = (first / m + second / n).squareRoot()
    guard error > 0 else {
      let reason = "DeLong interval: the method finds no variance at an area of \(area)"
      return .defined(result(area, error: error, interval: .undefined(reason: reason)))
    }
    let half = -StandardNormal.quantile(0.5 * (1 - level)) * error
    let interval = ConfidenceInterval(
      lower: max(0, area - half), upper: min(1, area + half), level: level)
    return .defined(result(area, error: error, interval: .defined(interval)))
  }

  private func result(
    _ value: Double, error: Double?, interval: Statistic<ConfidenceInterval>
  ) -> AreaUnderROC {
    AreaUnderROC(
      value: value, standardError: error, interval: interval, positiveCount: positiveCount,
      negativeCount: negativeCount)
  }
}

/// The rank of every value, from 1; equal values share the mean of their ranks.
package func midranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for position in start..<end { ranks[order[position]] = 0.5 * Double(start + 1 + end) }
    start = end
  }
  return ranks
}

/// The sample variance, of divisor `count − 1`, or nil for fewer than two values.
func variance(_ values: [Double]) -> Double? {
  guard values.count > 1 else { return nil }
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}
