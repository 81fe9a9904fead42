/// Precision against sensitivity (recall), as the threshold falls.
public struct PrecisionRecallCurve: Sendable, Hashable {
  /// What calling positive every score of `threshold` or more gives.
  public struct Point: Sendable, Hashable {
    /// The lowest score that is called positive.
    public let threshold: Double
    /// The positives that are called positive.
    public let recalled: Proportion
    /// Of the samples called positive, those that are.
    public let correct: Proportion

    /// The share of positives that are found, in `0...1`.
    public var recall: Double { recalled.value ?? 0 }
    /// The share right of the samples called positive, in `0...1`.
    ///
    /// At least one sample is.
    public var precision: Double { correct.value ?? 1 }
  }

  /// One point for every distinct score, thresholds falling.
  public let points: [Point]
  /// The share of positives among all samples: the precision of a ranking by chance.
  public let prevalence: Proportion

  /// The area under the curve as average precision, `Σ (Rᵢ − Rᵢ₋₁) Pᵢ` with `R₀ = 0`.
  ///
  /// Trapezoids would interpolate precision linearly, which no threshold attains (Davis and Goadrich, ICML 2006).
  public var averagePrecision: Double {
    var sum = 0.0
    var previous = 0.0
    for point in points {
      sum += (point.recall - previous) * point.precision
      previous = point.recall
    }
    return sum
  }
}

extension BinaryScores {
  /// The precision-recall curve, not defined without positive samples.
  public func precisionRecallCurve() -> Statistic<PrecisionRecallCurve> {
    let positives = positiveCount
    guard positives > 0 else {
      return .undefined(reason: "precision-recall curve: \(missingClass ?? "no positive sample")")
    }
    return .defined(
      PrecisionRecallCurve(
        points: countsByThreshold().map {
          PrecisionRecallCurve.Point(
            threshold: $0.threshold, recalled: Proportion($0.truePositives, of: positives),
            correct: Proportion($0.truePositives, of: $0.truePositives + $0.falsePositives))
        }, prevalence: Proportion(positives, of: scores.count)))
  }
}
