public import Tensor

/// The score's difference to that of a baseline, dealt out over the pixels (Sundararajan et al., ICML 2017).
///
/// `(x − x′) · ∫₀¹ ∂score/∂x (x′ + α(x − x′)) dα`, the channels of a pixel added up. Together the pixels get all of the
/// difference and no more, `Σ = score(x) − score(x′)` (completeness), up to the error of the integral: the mean at the middles of
/// equal steps, whose error falls with the square of their number where the score is smooth.
public struct IntegratedGradients: AttributionMethod {
  /// How many steps the way from the baseline is cut into, 1 or more.
  public let steps: Int
  /// The value of all pixels of the baseline, as the model takes them.
  public let baseline: Double
  /// How many points of the way the model takes at once.
  public let batchSize: Int

  /// Creates the method.
  ///
  /// - Parameters:
  ///   - steps: 1 or more.
  ///   - baseline: The value of all pixels where nothing is to be seen. 0 is black where pixels are `0...1`.
  ///   - batchSize: 1 or more.
  public init(steps: Int = 50, baseline: Double = 0, batchSize: Int = 5) {
    require(
      steps > 0 && batchSize > 0 && baseline.isFinite,
      "IntegratedGradients: needs steps and a batchSize of 1 or more and a finite baseline, got "
        + "\(steps), \(batchSize), \(baseline)")
    self.steps = steps
    self.baseline = baseline
    self.batchSize = batchSize
  }

  /// The map, of the size of the picture: signed, in units of the score.
  public func map<Scalar>(
    of score: ClassScore<Scalar>, at input: Tensor<Scalar>
  ) -> AttributionMap {
    requirePicture(input, "IntegratedGradients")
    let way = input - Scalar(baseline)
    var sum = Tensor<Scalar>.zeros(input.shape)
    for start in stride(from: 0, to: steps, by: batchSize) {
      let middles = (start..<min(start + batchSize, steps)).map {
        (Scalar($0) + 0.5) / Scalar(steps)
      }
      let points = Tensor(middles, shape: [middles.count, 1, 1, 1]) * way + Scalar(baseline)
      sum = sum + score.gradient(at: points).sum(alongAxis: 0, keepingDimensions: true)
    }
    let shares = way * sum.scaled(by: 1 / Scalar(steps))
    return AttributionMap(shares.sum(alongAxis: -1)[0].converted(), isSigned: true)
  }
}
