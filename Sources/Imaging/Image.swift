public import Tensor

/// A picture of 8 bits a sample, grey or RGB.
///
/// A value type on a tensor's storage: copies and conversions to `Tensor<UInt8>` cost nothing until one of them is written
/// to.
///
/// ```swift
/// let film = try Image(contentsOf: url, as: .grey)
/// let input = film.resized(to: ImageSize(height: 224, width: 224), by: .area).tensor(scaledBy: 1 / 255)
/// ```
public struct Image: Sendable, Equatable {
  /// What the samples of a pixel mean.
  public enum ColourMode: String, Sendable, CaseIterable, Codable {
    /// One sample a pixel, black at 0.
    case grey
    /// Red, green and blue.
    case rgb

    /// Samples a pixel, 1 or 3.
    public var channels: Int { self == .grey ? 1 : 3 }
  }

  /// The samples in `0...255`, of shape `[height, width, channels]`, in row-major order without gaps.
  public let pixels: Tensor<UInt8>

  /// The picture whose samples are `pixels`.
  ///
  /// - Parameter pixels: Of shape `[height, width, channels]`, with 1 or 3 channels and at least one pixel.
  public init(_ pixels: Tensor<UInt8>) {
    let shape = pixels.shape
    require(
      shape.count == 3 && shape[0] > 0 && shape[1] > 0 && (shape[2] == 1 || shape[2] == 3),
      "Image: needs shape [height, width, 1 or 3] with at least one pixel, got \(shape)")
    self.pixels = pixels.contiguous()
  }

  /// A picture whose samples `initialize` writes, all of them, row by row.
  ///
  /// - Parameters:
  ///   - size: One pixel or more.
  ///   - mode: Grey or RGB.
  ///   - initialize: Receives uninitialized memory of `height · width · channels` samples, and must leave none of it so.
  public init(
    size: ImageSize, mode: ColourMode,
    initializingWith initialize: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    pixels = try Tensor(
      shape: [size.height, size.width, mode.channels], initializingWith: initialize)
  }

  /// The number of rows, 1 or more.
  public var height: Int { pixels.shape[0] }
  /// The number of columns, 1 or more.
  public var width: Int { pixels.shape[1] }
  /// Samples a pixel, 1 or 3.
  public var channels: Int { pixels.shape[2] }
  /// Height and width.
  public var size: ImageSize { ImageSize(height: height, width: width) }
  /// Grey or RGB.
  public var mode: ColourMode { channels == 1 ? .grey : .rgb }

  /// The samples as floating-point numbers, times `scale`, of shape `[height, width, channels]`.
  ///
  /// - Parameter scale: 1 keeps the range `0...255`, 1/255 gives `0...1`.
  public func tensor(scaledBy scale: Float = 1) -> Tensor<Float> {
    pixels.withUnsafeScalars { source in
      Tensor<Float>(shape: pixels.shape) { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for i in 0..<source.count { to[i] = Float(from[i]) * scale }
      }
    }
  }
}

/// The height and width of a picture, in pixels.
public struct ImageSize: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The number of rows, 1 or more.
  public let height: Int
  /// The number of columns, 1 or more.
  public let width: Int

  /// A size of at least one pixel.
  public init(height: Int, width: Int) {
    require(
      height >= 1 && width >= 1, "ImageSize: needs at least one pixel, got \(height) × \(width)")
    self.height = height
    self.width = width
  }

  /// Height × width, such as `"224 × 224"`.
  public var description: String { "\(height) × \(width)" }
}
