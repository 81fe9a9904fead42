import CImageCodecs
public import Foundation
import Tensor

extension Image {
  /// Reads a JPEG or PNG file.
  ///
  /// The pixels are those that Pillow gives for `Image.open(path).convert(mode)`: alpha is dropped, palettes are looked up,
  /// profiles, gamma and orientation are ignored, and grey comes from colour by ITU-R 601-2,
  /// `(19595 R + 38470 G + 7471 B + 32768) >> 16`. 16 bits are cut to the high 8, for grey too (where Pillow would cut off
  /// everything above 255). A truncated file throws; damage that the decoders can get over passes, as in Pillow.
  ///
  /// - Parameters:
  ///   - url: A file. Its format is told by its content.
  ///   - mode: Grey or RGB, whatever the file holds.
  ///   - size: The size to resize to, if any.
  ///   - method: How to resize. With `.nearest` the whole picture never is in memory, unless the file is interlaced.
  ///   - limits: Bounds on what the file may ask for.
  /// - Throws: `ImageError` with the path and the reason.
  public init(
    contentsOf url: URL, as mode: ColourMode = .rgb, resizedTo size: ImageSize? = nil,
    by method: ResizeMethod = .nearest, limits: ImageLimits = ImageLimits()
  ) throws {
    let file = try EncodedFile(contentsOf: url, limits: limits)
    self = try Image.decoded(
      file.bytes, as: mode, size: size, method: method, limits: limits, name: file.path)
  }

  /// Decodes a JPEG or PNG in memory.
  ///
  /// As `init(contentsOf:as:resizedTo:by:limits:)`; errors call it `name`.
  ///
  /// - Throws: `ImageError` with the name and the reason.
  public init(
    decoding bytes: some ContiguousBytes, as mode: ColourMode = .rgb,
    resizedTo size: ImageSize? = nil, by method: ResizeMethod = .nearest,
    limits: ImageLimits = ImageLimits(), name: String = "image"
  ) throws {
    self = try bytes.withUnsafeBytes {
      try Image.decoded($0, as: mode, size: size, method: method, limits: limits, name: name)
    }
  }

  private static func decoded(
    _ bytes: UnsafeRawBufferPointer, as mode: ColourMode, size: ImageSize?, method: ResizeMethod,
    limits: ImageLimits, name: String
  ) throws -> Image {
    let header = try Codec.header(of: bytes, limits: limits, name: name)
    let fileSize = ImageSize(height: Int(header.height), width: Int(header.width))

    // Sampling takes single pixels, so the decoder keeps those alone.
    let samples = method == .nearest && size != nil && size != fileSize
    let target = samples ? size ?? fileSize : fileSize
    let rows = samples ? nearestIndices(from: fileSize.height, to: target.height) : nil
    let columns = samples ? nearestIndices(from: fileSize.width, to: target.width) : nil
    let image = try Image(size: target, mode: mode) { buffer in
      // A picture has at least one pixel, so that there is memory.
      guard let base = buffer.baseAddress else { return }
      try Codec.decode(
        bytes, rows: rows, columns: columns, size: target, channels: mode.channels,
        limits: limits, name: name, to: base)
    }
    guard let size, size != target else { return image }
    return image.resized(to: size, by: method)
  }
}
