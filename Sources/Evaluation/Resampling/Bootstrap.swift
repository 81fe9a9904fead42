import Tensor

/// Intervals for any statistic by drawing samples again, with replacement (Efron 1979; percentile method).
///
/// Samples of one patient resemble each other. Given their groups, whole groups are drawn, so that the interval knows how many
/// patients there are, not how many images. It knows only of what varies among them: with few groups, or few mistakes, it is too
/// narrow.
///
/// ```swift
/// let bootstrap = Bootstrap(seed: 1)
/// let estimate = bootstrap.estimate(sampleCount: predictions.count, groups: patients) { indices in
///   predictions.selecting(indices).confusionMatrix().balancedAccuracy
/// }
/// ```
public struct Bootstrap: Sendable, Hashable {
  /// How often samples are drawn.
  public let resampleCount: Int
  /// The level of the intervals, strictly between 0 and 1.
  public let level: Double
  private let key: RandomKey

  /// A bootstrap whose draws depend on `seed` alone.
  ///
  /// - Precondition: `resampleCount` is positive, and `level` lies strictly between 0 and 1.
  public init(resampleCount: Int = 2000, level: Double = 0.95, seed: UInt64) {
    ConfidenceInterval.requireLevel(level)
    require(resampleCount >= 1, "Bootstrap: needs one resample or more, got \(resampleCount)")
    self.resampleCount = resampleCount
    self.level = level
    key = RandomKey(seed: seed)
  }

  /// A statistic with its uncertainty.
  public struct Estimate: Sendable, Hashable {
    /// The statistic of the samples as they are.
    public let value: Double
    /// The middle share `level` of the statistic over all resamples that have one.
    public let interval: ConfidenceInterval
    /// Their standard deviation, or nil when fewer than two have one.
    public let standardError: Double?
    /// The number of resamples without such a statistic, as when only one class was drawn.
    ///
    /// The interval leaves them out.
    public let undefinedCount: Int
  }

  /// A difference between two classifiers on the same samples, first less second.
  public struct Comparison: Sendable, Hashable {
    /// The difference with its interval.
    public let difference: Estimate
    /// Twice the smaller of the shares of resamples at or below zero and at or above it, never over 1.
    ///
    /// One resample is added to either count, so that it is never 0, which finitely many resamples cannot show.
    public let pValue: Double
  }

  /// The statistic of `sampleCount` samples with its interval.
  ///
  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - groups: The group of every sample, such as its patient.
  ///   - statistic: Computes the statistic of the samples at the given indices, some of them several times; nil (or what is
  ///     not a finite number) where they have none.
  /// - Returns: The estimate. Undefined when the samples as they are have no such statistic, or no resample has.
  /// - Precondition: `groups` names a group for every sample.
  public func estimate<Group: Hashable>(
    sampleCount: Int, groups: [Group], statistic: ([Int]) -> Double?
  ) -> Statistic<Estimate> {
    estimates(sampleCount: sampleCount, groups: groups) { [statistic($0)] }[0]
  }

  /// The statistic of `sampleCount` independent samples with its interval.
  ///
  /// See `estimate(sampleCount:groups:statistic:)`.
  public func estimate(
    sampleCount: Int, statistic: ([Int]) -> Double?
  ) -> Statistic<Estimate> {
    estimate(sampleCount: sampleCount, groups: Array(0..<sampleCount), statistic: statistic)
  }

  /// Several statistics of the same resamples, each with its interval.
  ///
  /// The draws are those of `estimate(sampleCount:groups:statistic:)`, and so is each result.
  ///
  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - groups: The group of every sample, such as its patient.
  ///   - statistics: Computes the statistics of the samples at the given indices, always as many.
  /// - Returns: One estimate a statistic.
  /// - Precondition: `groups` names a group for every sample.
  public func estimates<Group: Hashable>(
    sampleCount: Int, groups: [Group], statistics: ([Int]) -> [Double?]
  ) -> [Statistic<Estimate>] {
    replicates(sampleCount, groups, statistics).map { replicates in
      switch replicates {
      case .defined(let replicates): .defined(replicates.estimate(level: level))
      case .undefined(let reason): .undefined(reason: reason)
      }
    }
  }

  /// How much two statistics of the same samples differ, both computed on every resample.
  ///
  /// What the two share (an easy or a hard draw) cancels, so this sees smaller differences than two separate intervals do.
  ///
  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - groups: The group of every sample, such as its patient.
  ///   - first: The statistic of the first classifier. See `estimate(sampleCount:groups:statistic:)`.
  ///   - second: That of the second.
  /// - Returns: The difference, first less second, undefined where either is.
  /// - Precondition: `groups` names a group for every sample.
  public func comparison<Group: Hashable>(
    sampleCount: Int, groups: [Group], first: ([Int]) -> Double?,
    second: ([Int]) -> Double?
  ) -> Statistic<Comparison> {
    comparisons(sampleCount: sampleCount, groups: groups) { indices in
      guard let first = first(indices), let second = second(indices) else { return [nil] }
      return [first - second]
    }[0]
  }

  /// Several differences between two classifiers, all computed on the same resamples.
  ///
  /// - Parameters:
  ///   - sampleCount: The number of samples.
  ///   - groups: The group of every sample, such as its patient.
  ///   - differences: Computes the differences of the samples at the given indices, always as many.
  /// - Returns: One comparison a difference.
  /// - Precondition: `groups` names a group for every sample.
  public func comparisons<Group: Hashable>(
    sampleCount: Int, groups: [Group], differences: ([Int]) -> [Double?]
  ) -> [Statistic<Comparison>] {
    replicates(sampleCount, groups, differences).map { replicates in
      switch replicates {
      case .undefined(let reason):
        return .undefined(reason: reason)
      case .defined(let replicates):
        let below = replicates.sorted.count { $0 <= 0 }
        let above = replicates.sorted.count { $0 >= 0 }
        let smaller = Double(min(below, above) + 1) / Double(replicates.sorted.count + 1)
        return .defined(
          Comparison(
            difference: replicates.estimate(level: level), pValue: min(1, 2 * smaller)))
      }
    }
  }

  /// How much two statistics of the same independent samples differ.
  ///
  /// See `comparison(sampleCount:groups:first:second:)`.
  public func comparison(
    sampleCount: Int, first: ([Int]) -> Double?, second: ([Int]) -> Double?
  ) -> Statistic<Comparison> {
    comparison(
      sampleCount: sampleCount, groups: Array(0..<sampleCount), first: first, second: second)
  }

  /// The statistic of all resamples that have one, ascending.
  private struct Replicates {
    let value: Double
    let sorted: [Double]
    let undefinedCount: Int

    func estimate(level: Double) -> Estimate {
      let tail = 0.5 * (1 - level)
      let interval = ConfidenceInterval(
        lower: quantile(ofSorted: sorted, fraction: tail),
        upper: quantile(ofSorted: sorted, fraction: 1 - tail), level: level)
      return Estimate(
        value: value, interval: interval, standardError: variance(sorted)?.squareRoot(),
        undefinedCount: undefinedCount)
    }
  }

  private func replicates<Group: Hashable>(
    _ sampleCount: Int, _ groups: [Group], _ statistics: ([Int]) -> [Double?]
  ) -> [Statistic<Replicates>] {
    require(
      groups.count == sampleCount,
      "Bootstrap: \(sampleCount) samples, but \(groups.count) groups")
    let originals = statistics(Array(0..<sampleCount))
    let units = indicesByGroup(groups)
    var values = originals.map { _ in [Double]() }
    var indices: [Int] = []
    let isWanted = originals.map { $0?.isFinite ?? false }
    for resample in 0..<resampleCount where isWanted.contains(true) {
      let stream = key.derived(UInt64(resample))
      indices.removeAll(keepingCapacity: true)
      for draw in units.indices {
        // The high half of a 64-bit word times the count is uniform to within count / 2⁶⁴.
        let word = stream.word(at: UInt64(draw))
        indices += units[Int(word.multipliedFullWidth(by: UInt64(units.count)).high)]
      }
      let drawn = statistics(indices)
      require(
        drawn.count == originals.count,
        "Bootstrap: \(originals.count) statistics at first, then \(drawn.count)")
      for (index, value) in drawn.enumerated() {
        if let value, value.isFinite { values[index].append(value) }
      }
    }
    return originals.indices.map { index in
      guard let value = originals[index], value.isFinite else {
        return .undefined(reason: "bootstrap: the samples as they are have no such statistic")
      }
      guard !values[index].isEmpty else {
        return .undefined(reason: "bootstrap: no resample has such a statistic")
      }
      return .defined(
        Replicates(
          value: value, sorted: values[index].sorted(),
          undefinedCount: resampleCount - values[index].count))
    }
  }
}

/// The indices of every group's members, groups in the order in which they first occur.
func indicesByGroup<Group: Hashable>(_ groups: [Group]) -> [[Int]] {
  var positions: [Group: Int] = [:]
  var members: [[Int]] = []
  for (index, group) in groups.enumerated() {
    if let position = positions[group] {
      members[position].append(index)
    } else {
      positions[group] = members.count
      members.append([index])
    }
  }
  return members
}
