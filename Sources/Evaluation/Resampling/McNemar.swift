import Tensor

/// McNemar's test (1947) of whether two classifiers, judged on the same samples, differ in accuracy.
///
/// Only the samples on which exactly one of them is right count. If they were equally good, either would be that one with
/// probability ½.
public struct McNemarTest: Sendable, Hashable {
  /// Samples that only the first classifier got right.
  public let onlyFirstCorrect: Int
  /// Samples that only the second classifier got right.
  public let onlySecondCorrect: Int

  /// The test on known counts.
  ///
  /// - Precondition: Neither count is negative.
  public init(onlyFirstCorrect: Int, onlySecondCorrect: Int) {
    require(
      onlyFirstCorrect >= 0 && onlySecondCorrect >= 0,
      "McNemarTest: a count is negative, got \(onlyFirstCorrect) and \(onlySecondCorrect)")
    self.onlyFirstCorrect = onlyFirstCorrect
    self.onlySecondCorrect = onlySecondCorrect
  }

  /// The test on whether each classifier got each sample right.
  ///
  /// - Precondition: Both lists are equally long.
  public init(firstIsCorrect: [Bool], secondIsCorrect: [Bool]) {
    require(
      firstIsCorrect.count == secondIsCorrect.count,
      "McNemarTest: needs the same samples, got \(firstIsCorrect.count) and \(secondIsCorrect.count)"
    )
    let pairs = zip(firstIsCorrect, secondIsCorrect)
    self.init(
      onlyFirstCorrect: pairs.count { $0 && !$1 }, onlySecondCorrect: pairs.count { !$0 && $1 })
  }

  /// The exact two-sided p-value, from the binomial distribution of success rate ½.
  ///
  /// 1 when no sample tells them apart.
  public var exactPValue: Double {
    let count = onlyFirstCorrect + onlySecondCorrect
    let smaller = min(onlyFirstCorrect, onlySecondCorrect)
    return min(1, 2 * Binomial.cumulative(smaller, count: count, probability: 0.5))
  }

  /// `(|b − c| − 1)² / (b + c)`, of one degree of freedom, with the correction of Edwards (1948); `(b − c)² / (b + c)` without.
  ///
  /// An approximation for 25 or more such samples. Nil when no sample tells the two apart.
  public func chiSquared(continuityCorrection: Bool = true) -> Double? {
    let count = onlyFirstCorrect + onlySecondCorrect
    guard count > 0 else { return nil }
    let difference = Double(abs(onlyFirstCorrect - onlySecondCorrect))
    let corrected = continuityCorrection ? max(0, difference - 1) : difference
    return corrected * corrected / Double(count)
  }

  /// The p-value of `chiSquared(continuityCorrection:)`, nil where that is.
  public func chiSquaredPValue(continuityCorrection: Bool = true) -> Double? {
    chiSquared(continuityCorrection: continuityCorrection).map(ChiSquared.upperTail)
  }
}
