public import Imaging
public import Tensor

/// How a sample becomes the numbers that a model sees: scaling, augmentation, cropping.
///
/// Everything random comes from the key, which is that of (seed, pass, sample). So the result does not depend on which
/// thread makes it, or when.
public protocol SampleTransform<Sample>: Sendable {
  /// What it transforms.
  associatedtype Sample

  /// The shape of the result for one sample, such as `[224, 224, 3]`.
  var outputShape: [Int] { get }

  /// Writes the result.
  ///
  /// - Parameters:
  ///   - sample: What the source returned.
  ///   - key: The source of everything random.
  ///   - target: Room for exactly the scalars of `outputShape`, in row-major order; not initialized.
  func write(_ sample: Sample, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>)
}

/// Images as numbers, without augmentation: each sample times one factor.
public struct ScaledPixels: SampleTransform {
  /// The shape of one image, `[height, width, channels]`.
  public let outputShape: [Int]
  /// The factor, 1/255 to get `0...1`.
  public let scale: Float

  /// Scales images of one size and mode.
  public init(size: ImageSize, mode: Image.ColourMode, scale: Float = 1 / 255) {
    outputShape = [size.height, size.width, mode.channels]
    self.scale = scale
  }

  /// Scales images as `source` has them.
  public init(for source: LabeledImages, scale: Float = 1 / 255) {
    self.init(size: source.size, mode: source.mode, scale: scale)
  }

  /// Writes the samples of an image times `scale`.
  public func write(_ image: Image, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>) {
    require(
      image.pixels.shape == outputShape,
      "ScaledPixels: needs an image of shape \(outputShape), got \(image.pixels.shape)")
    image.pixels.withUnsafeScalars { source in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      let scale = scale
      for i in 0..<source.count { to[i] = Float(from[i]) * scale }
    }
  }
}

/// Tensors as they are.
public struct UnchangedTensors: SampleTransform {
  /// The shape of one sample.
  public let outputShape: [Int]

  /// Passes samples of `shape` on.
  public init(shape: [Int]) { outputShape = shape }

  /// Copies the sample.
  public func write(
    _ sample: Tensor<Float>, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>
  ) {
    require(
      sample.shape == outputShape,
      "UnchangedTensors: needs a sample of shape \(outputShape), got \(sample.shape)")
    sample.withUnsafeScalars { _ = target.initialize(from: $0) }
  }
}

/// A transform made of a closure.
public struct ClosureTransform<Sample>: SampleTransform {
  /// The shape of the result for one sample.
  public let outputShape: [Int]
  private let body: @Sendable (Sample, RandomKey, UnsafeMutableBufferPointer<Float>) -> Void

  /// A transform to `outputShape` that `body` performs as `SampleTransform.write(_:key:to:)` says.
  public init(
    outputShape: [Int],
    _ body: @escaping @Sendable (Sample, RandomKey, UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    self.outputShape = outputShape
    self.body = body
  }

  /// Calls the closure.
  public func write(
    _ sample: Sample, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>
  ) {
    body(sample, key, target)
  }
}
