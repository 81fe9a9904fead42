import Tensor

/// Scores of samples of which it is known whether they are positive; the higher the score, the more positive.
///
/// Scores may be probabilities, logits or any ranking: curves and areas depend on their order alone. Ties are allowed and
/// treated as ties. Infinities are allowed; what is not a number cannot be ranked and is refused.
public struct BinaryScores: Sendable, Hashable {
  /// The score of every sample.
  public let scores: [Double]
  /// Whether each sample is positive.
  public let isPositive: [Bool]

  /// Scores with their truth, sample by sample.
  ///
  /// - Throws: `InvalidScores` when a score is not a number.
  /// - Precondition: Both lists are equally long.
  public init(_ scores: [Double], isPositive: [Bool]) throws {
    require(
      scores.count == isPositive.count,
      "BinaryScores: \(scores.count) scores, but \(isPositive.count) truths")
    if let index = scores.firstIndex(where: \.isNaN) {
      throw InvalidScores("the score of sample \(index) is not a number")
    }
    self.scores = scores
    self.isPositive = isPositive
  }

  /// The number of positive samples.
  public var positiveCount: Int { isPositive.count { $0 } }
  /// The number of negative samples.
  public var negativeCount: Int { isPositive.count { !$0 } }

  /// The samples at `indices`, in that order and as often as they are named there.
  ///
  /// - Precondition: Every index names a sample.
  public func selecting(_ indices: [Int]) -> BinaryScores {
    require(
      indices.allSatisfy(scores.indices.contains),
      "BinaryScores.selecting: an index is outside 0..<\(scores.count)")
    return BinaryScores(
      ranked: indices.map { scores[$0] }, isPositive: indices.map { isPositive[$0] })
  }

  /// Equally many scores and truths, the scores known to be numbers.
  init(ranked scores: [Double], isPositive: [Bool]) {
    self.scores = scores
    self.isPositive = isPositive
  }

  /// Why no curve of true against false positives can be drawn, or nil when there are samples of both kinds.
  var missingClass: String? {
    if scores.isEmpty { return "there are no samples" }
    if positiveCount == 0 { return "none of the \(scores.count) samples is positive" }
    if negativeCount == 0 { return "all \(scores.count) samples are positive" }
    return nil
  }

  /// The counts of true and false positives at every distinct score, taken as a threshold, from the highest to the lowest.
  func countsByThreshold() -> [(threshold: Double, truePositives: Int, falsePositives: Int)] {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var result: [(threshold: Double, truePositives: Int, falsePositives: Int)] = []
    var (truePositives, falsePositives) = (0, 0)
    for (position, index) in order.enumerated() {
      if isPositive[index] { truePositives += 1 } else { falsePositives += 1 }
      // Samples of one score pass the threshold together.
      if position + 1 < order.count, scores[order[position + 1]] == scores[index] { continue }
      result.append((scores[index], truePositives, falsePositives))
    }
    return result
  }
}

/// Scores or probabilities that no evaluation can use, such as one that is not a number.
public struct InvalidScores: Error, Hashable, CustomStringConvertible {
  /// Which sample is at fault, what was expected and what came.
  public let description: String

  init(_ description: String) { self.description = description }
}
