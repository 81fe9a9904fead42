import Tensor

/// How stated probabilities compare with what happened, bin by bin.
///
/// A model that says 80 % should be right in 80 % of such cases. Guo et al., "On calibration of modern neural networks", ICML 2017.
public struct Calibration: Sendable, Hashable {
  /// The samples whose stated probability lies in one range.
  public struct Bin: Sendable, Hashable {
    /// The lowest probability of the bin; it belongs to the bin below, save 0.
    public let lower: Double
    /// The highest probability of the bin, included.
    public let upper: Double
    /// The mean stated probability, or nil when the bin is empty.
    public let meanProbability: Double?
    /// How many of the bin's samples turned out as predicted.
    public let outcomes: Proportion

    /// Stated less observed, positive for a model too sure of itself, or nil when the bin is empty.
    public var gap: Double? {
      guard let stated = meanProbability, let observed = outcomes.value else { return nil }
      return stated - observed
    }
  }

  /// How the range of probabilities is cut.
  public enum Binning: Sendable, Hashable {
    /// Into bins of equal width.
    case equalWidth
    /// At the quantiles, so that the bins hold about as many samples each.
    case equalCount
  }

  /// The bins, in ascending order.
  public let bins: [Bin]

  /// Compares probabilities with outcomes.
  ///
  /// - Parameters:
  ///   - probabilities: What was stated, in `0...1`.
  ///   - outcomes: Whether it came true.
  ///   - binCount: One or more. The error depends on it: state both.
  ///   - binning: Where the bins are cut.
  /// - Throws: `InvalidScores` when a number is no probability.
  /// - Precondition: Both lists are equally long.
  public init(
    probabilities: [Double], outcomes: [Bool], binCount: Int = 10, binning: Binning = .equalWidth
  ) throws {
    require(
      probabilities.count == outcomes.count,
      "Calibration: \(probabilities.count) probabilities, but \(outcomes.count) outcomes")
    if let index = probabilities.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
      throw InvalidScores("sample \(index): \(probabilities[index]) is not a probability in 0...1")
    }
    self.init(checked: probabilities, outcomes, binCount, binning)
  }

  /// The comparison, for probabilities known to be such.
  init(checked probabilities: [Double], _ outcomes: [Bool], _ binCount: Int, _ binning: Binning) {
    require(binCount >= 1, "Calibration: needs one bin or more, got \(binCount)")
    let edges = Self.edges(probabilities, binCount, binning)
    var sums = [Double](repeating: 0, count: binCount)
    var counts = [Int](repeating: 0, count: binCount)
    var hits = counts
    for (probability, outcome) in zip(probabilities, outcomes) {
      let bin = Self.bin(of: probability, edges)
      sums[bin] += probability
      counts[bin] += 1
      hits[bin] += outcome ? 1 : 0
    }
    bins = (0..<binCount).map { index in
      Bin(
        lower: edges[index], upper: edges[index + 1],
        meanProbability: counts[index] == 0 ? nil : sums[index] / Double(counts[index]),
        outcomes: Proportion(hits[index], of: counts[index]))
    }
  }

  /// The bin that a probability falls into: the number of inner edges strictly below it.
  static func bin(of probability: Double, _ edges: [Double]) -> Int {
    var (low, high) = (1, edges.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] < probability { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// The lower end of the first bin, and the upper ends of all.
  static func edges(
    _ probabilities: [Double], _ binCount: Int, _ binning: Binning
  ) -> [Double] {
    let fractions = (0...binCount).map { Double($0) / Double(binCount) }
    guard binning == .equalCount, !probabilities.isEmpty else { return fractions }
    let sorted = probabilities.sorted()
    return fractions.map { quantile(ofSorted: sorted, fraction: $0) }
  }

  /// The number of samples.
  public var count: Int { bins.reduce(0) { $0 + $1.outcomes.count } }

  /// The expected calibration error, `Σ nᵢ/n · |statedᵢ − observedᵢ|` over the bins, or nil without samples.
  ///
  /// It is biased upwards when bins hold few samples: even a perfect model has an error above 0.
  public var expectedError: Double? {
    guard count > 0 else { return nil }
    let sum = bins.reduce(0) { $0 + Double($1.outcomes.count) * ($1.gap?.magnitude ?? 0) }
    return sum / Double(count)
  }

  /// The largest difference of a bin, or nil without samples.
  public var maximumError: Double? { bins.compactMap { $0.gap?.magnitude }.max() }
}

extension ClassifierPredictions {
  /// How the probability of one class compares with how often it was that class.
  public func calibration(
    ofClass index: Int, binCount: Int = 10, binning: Calibration.Binning = .equalWidth
  ) -> Calibration {
    Calibration(
      checked: probabilities(ofClass: index), labels.map { $0 == index }, binCount, binning)
  }

  /// How the probability of the most probable class compares with how often it was right, the measure of Guo (2017).
  ///
  /// With two classes such a probability is never below one half, so the lower bins of equal width stay empty.
  public func confidenceCalibration(
    binCount: Int = 10, binning: Calibration.Binning = .equalWidth
  ) -> Calibration {
    let confidences = labels.indices.map { probabilities(ofSample: $0).max() ?? 0 }
    return Calibration(checked: confidences, isCorrect, binCount, binning)
  }
}
