import Tensor

/// The receiver operating characteristic: sensitivity against the share of false alarms, as the threshold falls.
public struct ROCCurve: Sendable, Hashable {
  /// What calling positive every score of `threshold` or more gives.
  public struct Point: Sendable, Hashable {
    /// The lowest score that is called positive.
    ///
    /// Infinite in the first point, where nothing is.
    public let threshold: Double
    /// The positives that are called positive.
    public let truePositives: Proportion
    /// The negatives that are called positive.
    public let falsePositives: Proportion

    /// The share of positives that are found, in `0...1`.
    public var sensitivity: Double { truePositives.value ?? 0 }
    /// The share of negatives that are called positive, in `0...1`: one minus specificity.
    public var falsePositiveRate: Double { falsePositives.value ?? 0 }
    /// The share of negatives that are called negative, in `0...1`.
    public var specificity: Double { 1 - falsePositiveRate }
    /// Youden's index (1950), sensitivity plus specificity minus 1, in `-1...1`.
    public var youdenIndex: Double { sensitivity - falsePositiveRate }
    /// The negatives that are called negative.
    public var trueNegatives: Proportion {
      Proportion(falsePositives.count - falsePositives.successes, of: falsePositives.count)
    }
  }

  /// The points from (0, 0) to (1, 1), one for every distinct score after the first, thresholds falling.
  public let points: [Point]

  /// The area under the curve, by trapezoids: the share of pairs of a positive and a negative in which the positive has the
  /// higher score, ties counted half.
  public var area: Double {
    // In whole numbers of half pairs, so that the sum is exact.
    var halfPairs = 0.0
    for (left, right) in zip(points, points.dropFirst()) {
      let width = right.falsePositives.successes - left.falsePositives.successes
      let heights = right.truePositives.successes + left.truePositives.successes
      halfPairs += Double(width) * Double(heights)
    }
    return halfPairs / 2 / Double(points[0].truePositives.count)
      / Double(points[0].falsePositives.count)
  }

  /// The point of the greatest Youden index, the one of the higher threshold among equals.
  ///
  /// It weighs a missed positive as heavily as a false alarm. Chosen and judged on the same samples it looks better than it is:
  /// choose on validation samples, judge on test samples.
  public var youdenPoint: Point {
    var best = points[0]
    for point in points where point.youdenIndex > best.youdenIndex { best = point }
    return best
  }

  /// The point of the highest threshold that finds at least the share `sensitivity` of positives.
  ///
  /// - Precondition: `sensitivity` lies in `0...1`.
  public func point(forSensitivity sensitivity: Double) -> Point {
    require(
      sensitivity >= 0 && sensitivity <= 1,
      "point(forSensitivity:): needs a sensitivity in 0...1, got \(sensitivity)")
    // The last point finds all.
    return points.first { $0.sensitivity >= sensitivity } ?? points[points.count - 1]
  }
}

extension BinaryScores {
  /// The ROC curve, not defined without samples of both kinds.
  public func rocCurve() -> Statistic<ROCCurve> {
    if let reason = missingClass { return .undefined(reason: "ROC curve: \(reason)") }
    let (positives, negatives) = (positiveCount, negativeCount)
    let counts =
      [(threshold: Double.infinity, truePositives: 0, falsePositives: 0)]
      + countsByThreshold()
    return .defined(
      ROCCurve(
        points: counts.map {
          ROCCurve.Point(
            threshold: $0.threshold, truePositives: Proportion($0.truePositives, of: positives),
            falsePositives: Proportion($0.falsePositives, of: negatives))
        }))
  }
}
