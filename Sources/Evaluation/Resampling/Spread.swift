import Tensor

/// How much a result varies between runs: one number for every seed or fold.
public struct Spread: Sendable, Hashable {
  /// The results, in the order of the runs.
  public let values: [Double]

  /// The spread of some results.
  ///
  /// - Throws: `InvalidScores` when a result is not finite: a run that diverged must not vanish in a mean.
  /// - Precondition: There is one result or more.
  public init(_ values: [Double]) throws {
    require(!values.isEmpty, "Spread: needs one result or more")
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw InvalidScores("the result of run \(index) is \(values[index])")
    }
    self.values = values
  }

  /// The mean result.
  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// The sample standard deviation, of divisor `count − 1`, or nil for a single run.
  public var standardDeviation: Double? { variance(values)?.squareRoot() }

  /// The lowest result.
  public var minimum: Double { values.reduce(.infinity) { min($0, $1) } }

  /// The highest result.
  public var maximum: Double { values.reduce(-.infinity) { max($0, $1) } }

  /// Student's interval for the mean of many more such runs, or nil for a single one.
  ///
  /// It speaks of the variation between runs on these samples, not of other samples. Folds share training samples, so for
  /// cross-validation it is somewhat too narrow (Bengio and Grandvalet, JMLR 5, 2004).
  ///
  /// - Precondition: `level` lies strictly between 0 and 1.
  public func interval(level: Double = 0.95) -> ConfidenceInterval? {
    ConfidenceInterval.requireLevel(level)
    guard let deviation = standardDeviation else { return nil }
    let count = Double(values.count)
    let t = StudentT.upperQuantile(tail: 0.5 * (1 - level), degreesOfFreedom: count - 1)
    let half = t * deviation / count.squareRoot()
    return ConfidenceInterval(lower: mean - half, upper: mean + half, level: level)
  }
}
