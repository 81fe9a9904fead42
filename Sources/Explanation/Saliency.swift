public import Tensor

/// How much the score would move with each pixel: `max over channels |∂score/∂x|` (Simonyan et al., 2014).
public struct Saliency: AttributionMethod {
  /// Creates the method.
  public init() {}

  /// The map, of the size of the picture: strengths of 0 and more, in units of the score for each unit of a pixel.
  public func map<Scalar>(
    of score: ClassScore<Scalar>, at input: Tensor<Scalar>
  ) -> AttributionMap {
    requirePicture(input, "Saliency")
    return strengths(ofGradient: score.gradient(at: input))
  }
}

/// Saliency with a calmer gradient: the mean of those at several noisy copies of the picture (Smilkov et al., 2017).
public struct SmoothGrad: AttributionMethod {
  /// How many copies, 1 or more.
  public let samples: Int
  /// The standard deviation of the noise, as a fraction of the range of the picture's values.
  public let noise: Double
  /// Which noise: the same seed gives the same map.
  public let seed: UInt64
  /// How many copies the model takes at once.
  public let batchSize: Int

  /// Creates the method.
  public init(samples: Int = 25, noise: Double = 0.15, seed: UInt64 = 0, batchSize: Int = 5) {
    require(
      samples > 0 && noise >= 0 && noise.isFinite && batchSize > 0,
      "SmoothGrad: needs samples and a batchSize of 1 or more and a noise of 0 or more, got "
        + "\(samples), \(batchSize), \(noise)")
    self.samples = samples
    self.noise = noise
    self.seed = seed
    self.batchSize = batchSize
  }

  /// The map, as that of ``Saliency``.
  public func map<Scalar>(
    of score: ClassScore<Scalar>, at input: Tensor<Scalar>
  ) -> AttributionMap {
    requirePicture(input, "SmoothGrad")
    var random = RandomGenerator(seed: seed)
    let deviation = Scalar(noise) * (input.max() - input.min()).item()
    let shape = Array(input.shape.dropFirst())
    var sum = Tensor<Scalar>.zeros(input.shape)
    for start in stride(from: 0, to: samples, by: batchSize) {
      let count = min(batchSize, samples - start)
      let copies = input + .normal([count] + shape, standardDeviation: deviation, using: &random)
      sum = sum + score.gradient(at: copies).sum(alongAxis: 0, keepingDimensions: true)
    }
    return strengths(ofGradient: sum.scaled(by: 1 / Scalar(samples)))
  }
}

/// The largest magnitude over the channels of a gradient of one picture.
private func strengths<Scalar: DifferentiableScalar>(
  ofGradient gradient: Tensor<Scalar>
) -> AttributionMap {
  AttributionMap(gradient.abs().max(alongAxis: -1)[0].converted(), isSigned: false)
}
