public import Tensor

/// What lies beyond the edge of a picture.
public enum FillMode: Hashable, Sendable {
  /// The nearest pixel of the edge, on and on: `a a a | a b c d | d d d`.
  case nearest
  /// One value, in units of the samples, from the centre of the outermost pixels outwards: `k k k | a b c d | k k k`.
  case constant(Float)
  /// The picture mirrored in its edge: `c b a | a b c d | d c b`.
  case reflect
}

extension Image {
  /// Resamples by `transform` with linear interpolation, in one pass, to floating-point samples times `scale`.
  ///
  /// Equal to `scipy.ndimage.affine_transform` of order 1, and so to Keras' augmentation, up to rounding in `Float`.
  ///
  /// - Parameters:
  ///   - transform: From new positions to old ones.
  ///   - size: The new size; that of this picture by default.
  ///   - fill: What lies beyond the edges.
  ///   - scale: 1 keeps the range `0...255`, 1/255 gives `0...1`.
  ///   - target: Room for `height · width · channels` samples, row by row.
  public func resample(
    by transform: AffineMap, size: ImageSize? = nil, fill: FillMode = .nearest,
    scaledBy scale: Float = 1, to target: UnsafeMutableBufferPointer<Float>
  ) {
    let size = size ?? self.size
    let rowLength = size.width * channels
    require(
      target.count == size.height * rowLength,
      "resample: needs room for \(size) pixels of \(channels) samples, got \(target.count)")
    guard mode == .grey || width > 1 else {
      // The loop for RGB reads two neighbouring pixels at a time.
      return tensor().resample(by: transform, size: size, fill: fill, scaledBy: scale, to: target)
    }
    let sampler = BilinearSampler(
      source: self.size, target: size, transform: transform, fill: fill, scale: scale)
    pixels.withUnsafeScalars { source in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      for row in 0..<size.height {
        let line = to + row * rowLength
        if mode == .grey {
          sampler.writeGreyRow(row, from: from, to: line, count: size.width)
        } else {
          sampler.writeRGBRow(row, from: from, to: line, count: size.width)
        }
      }
    }
  }

  /// The picture resampled by `transform` with linear interpolation, rounded to 8 bits.
  ///
  /// As `resample(by:size:fill:scaledBy:to:)`.
  public func resampled(
    by transform: AffineMap, size: ImageSize? = nil, fill: FillMode = .nearest
  ) -> Image {
    let size = size ?? self.size
    return Image(size: size, mode: mode) { result in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: result.count) { samples in
        resample(by: transform, size: size, fill: fill, to: samples)
        for i in 0..<result.count {
          // A fill value may lie outside of the range of a sample, or be no number.
          result[i] = UInt8(max(0, min(255, samples[i].rounded())))
        }
      }
    }
  }
}

extension Tensor where Scalar == Float {
  /// A picture of floating-point samples, resampled by `transform` with linear interpolation.
  ///
  /// As `Image.resample(by:size:fill:scaledBy:to:)`, for any number of channels.
  ///
  /// - Precondition: The shape is `[height, width, channels]`, none of them zero.
  public func resampled(
    by transform: AffineMap, size: ImageSize? = nil, fill: FillMode = .nearest
  ) -> Tensor {
    require(
      rank == 3 && count > 0,
      "resampled: needs shape [height, width, channels], none of them zero, got \(shape)")
    let size = size ?? ImageSize(height: shape[0], width: shape[1])
    return Tensor(shape: [size.height, size.width, shape[2]]) {
      resample(by: transform, size: size, fill: fill, scaledBy: 1, to: $0)
    }
  }

  fileprivate func resample(
    by transform: AffineMap, size: ImageSize, fill: FillMode, scaledBy scale: Float,
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    let (source, channels) = (ImageSize(height: shape[0], width: shape[1]), shape[2])
    let sampler = BilinearSampler(
      source: source, target: size, transform: transform, fill: fill, scale: scale)
    withUnsafeScalars { scalars in
      guard let from = scalars.baseAddress, let to = target.baseAddress else { return }
      for row in 0..<size.height {
        sampler.writeRow(
          row, from: from, channels: channels, to: to + row * size.width * channels,
          count: size.width)
      }
    }
  }
}
