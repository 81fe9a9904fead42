public import Datasets
import Foundation
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
    write(image, parameters: augmentation.parameters(key: key), key: key, to: target)
  }

  /// Writes the image changed by `parameters`.
  ///
  /// One resampling, linear, with the nearest pixel of the edge beyond it, in floating point; the division by 255 comes
  /// after it, as in Keras. Sharpness, contrast and exposure follow, and grain, whose numbers come from `key`.
  package func write(
    _ image: Image, parameters: Augmentation.Parameters, key: RandomKey = RandomKey(seed: 0),
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    require(
      image.pixels.shape == outputShape,
      "AugmentedPixels: needs an image of shape \(outputShape), got \(image.pixels.shape)")
    image.resample(by: parameters.map(for: size), scaledBy: 1 / 255, to: target)
    if parameters.sharpness != 1 { sharpen(target, by: parameters.sharpness) }
    defer { expose(target, parameters, key) }
    let (contrast, brightness) = (parameters.contrast, parameters.brightness)
    guard contrast != 1 || brightness != 0, let pixels = target.baseAddress else { return }
    let offset = 0.5 - 0.5 * contrast + brightness
    for i in 0..<target.count { pixels[i] = max(0, min(1, pixels[i] * contrast + offset)) }
  }

  /// Multiplies the difference of every sample from the mean of its 3 × 3 neighbours, those beyond an edge being its own.
  private func sharpen(_ target: UnsafeMutableBufferPointer<Float>, by sharpness: Float) {
    let (height, width, channels) = (size.height, size.width, outputShape[2])
    let original = Array(target)
    for row in 0..<height {
      let rows = (max(row - 1, 0), row, min(row + 1, height - 1))
      for column in 0..<width {
        let columns = (max(column - 1, 0), column, min(column + 1, width - 1))
        for channel in 0..<channels {
          func line(_ row: Int) -> Float {
            let start = row * width
            return original[(start + columns.0) * channels + channel]
              + original[(start + columns.1) * channels + channel]
              + original[(start + columns.2) * channels + channel]
          }
          let mean = (line(rows.0) + line(rows.1) + line(rows.2)) / 9
          let index = (row * width + column) * channels + channel
          target[index] = mean + (original[index] - mean) * sharpness
        }
      }
    }
  }

  /// Applies gradients, gamma and grain, none of which the article has.
  private func expose(
    _ target: UnsafeMutableBufferPointer<Float>, _ parameters: Augmentation.Parameters,
    _ key: RandomKey
  ) {
    let (rows, columns) = (parameters.rowGradient, parameters.columnGradient)
    let (gamma, grain) = (parameters.gamma, parameters.grain)
    guard rows != 0 || columns != 0 || gamma != 1 || grain != 0 else { return }
    let (height, width, channels) = (size.height, size.width, outputShape[2])
    let grainKey = key.derived(1)
    var block = SIMD4<UInt32>(repeating: 0)
    for row in 0..<height {
      let down = rows * (2 * (Float(row) + 0.5) / Float(height) - 1)
      for column in 0..<width {
        let light = down + columns * (2 * (Float(column) + 0.5) / Float(width) - 1)
        for channel in 0..<channels {
          let index = (row * width + column) * channels + channel
          var value = pow(max(0, min(1, target[index])), gamma) + light
          if grain != 0 {
            if index & 3 == 0 { block = grainKey.block(at: UInt64(index >> 2)) }
            value += grain * (Float(block[index & 3] >> 8) * 0x1p-23 - 1)
          }
          target[index] = max(0, min(1, value))
        }
      }
    }
  }
}
