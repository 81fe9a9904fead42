import CImageCodecs
public import Foundation
public import Tensor

/// PNG files: the lossless way to write a picture.
public enum PNG {
  /// Encodes samples of `0...255`.
  ///
  /// - Parameter pixels: Of shape `[height, width, channels]`, 1 channel for grey, 3 for RGB, 4 for RGB and opacity.
  /// - Returns: A PNG file of 8 bits a sample.
  public static func encoded(_ pixels: Tensor<UInt8>) throws -> Data {
    let shape = pixels.shape
    require(
      shape.count == 3 && shape[0] > 0 && shape[1] > 0 && [1, 3, 4].contains(shape[2])
        && shape[0] <= Int32.max && shape[1] <= Int32.max,
      "PNG.encoded: needs shape [height, width, 1, 3 or 4] with at least one pixel, got \(shape)")
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Codec.check("PNG") { message in
      pixels.withUnsafeScalars { scalars in
        codec_encode_png(
          scalars.baseAddress, Int32(shape[1]), Int32(shape[0]), Int32(shape[2]), &bytes, &count,
          message)
      }
    }
    defer { codec_free(bytes) }
    return Data(UnsafeBufferPointer(start: bytes, count: count))
  }
}

extension Image {
  /// The picture as a PNG file of 8 bits a sample.
  public func pngData() throws -> Data { try PNG.encoded(pixels) }

  /// Writes the picture as a PNG file, complete or not at all.
  ///
  /// - Throws: `ImageError` with the path when the file cannot be written.
  public func writePNG(to url: URL) throws {
    let data = try pngData()
    do {
      try data.write(to: url, options: .atomic)
    } catch {
      throw ImageError(
        .inaccessible, path: url.path(percentEncoded: false),
        "cannot be written: \(error.localizedDescription)")
    }
  }
}
