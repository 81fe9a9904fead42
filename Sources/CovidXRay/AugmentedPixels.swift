public import Datasets
public import Imaging
public import Tensor

/// Images as numbers in `0...1`, changed at random by an ``Augmentation``.
///
/// ```swift
/// let films = SyntheticChests(.training, seed: 42)
/// let loader = try Loader(
///   films, transform: AugmentedPixels(.article, size: films.size, mode: films.mode), batchSize: 32,
///   shuffled: true, seed: 42, workers: 2)
/// ```
public struct AugmentedPixels: SampleTransform {
  /// What changes.
  public let augmentation: Augmentation
  /// The size of the images, before and after.
  public let size: ImageSize
  /// The shape of one image, `[height, width, channels]`.
  public let outputShape: [Int]

  /// A transform for images of one size and mode.
  public init(_ augmentation: Augmentation, size: ImageSize, mode: Image.ColourMode) {
    self.augmentation = augmentation
    self.size = size
    outputShape = [size.height, size.width, mode.channels]
  }

  /// Draws parameters from the key and writes the image changed by them.
  public func write(_ image: Image, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>) {
    guard augmentation != .none else {
      return ScaledPixels(size: size, mode: image.mode).write(image, key: key, to: target)
    }
    write(image, parameters: augmentation.parameters(key: key), to: target)
  }

  /// Writes the image changed by `parameters`.
  ///
  /// One resampling, linear, with the nearest pixel of the edge beyond it, in floating point; the division by 255 comes
  /// after it, as in Keras.
  package func write(
    _ image: Image, parameters: Augmentation.Parameters,
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    require(
      image.pixels.shape == outputShape,
      "AugmentedPixels: needs an image of shape \(outputShape), got \(image.pixels.shape)")
    image.resample(by: parameters.map(for: size), scaledBy: 1 / 255, to: target)
    let (contrast, brightness) = (parameters.contrast, parameters.brightness)
    guard contrast != 1 || brightness != 0, let pixels = target.baseAddress else { return }
    let offset = 0.5 - 0.5 * contrast + brightness
    for i in 0..<target.count { pixels[i] = max(0, min(1, pixels[i] * contrast + offset)) }
  }
}
