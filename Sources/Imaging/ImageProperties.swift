import CImageCodecs
public import Foundation

/// What a file says of itself before its pixels: format, size, colours.
///
/// Reading it decodes no pixels. Such properties are worth a look before a network is trained: where they differ between
/// classes, the network can learn them instead of the picture.
public struct ImageProperties: Hashable, Sendable {
  /// A file format, told by content and not by name.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// JPEG.
    case jpeg
    /// PNG.
    case png
  }

  /// The kind of pixels in a file.
  public enum Colours: String, Hashable, Sendable, CaseIterable {
    /// One sample a pixel.
    case grey
    /// Grey and opacity.
    case greyAlpha = "grey + alpha"
    /// Red, green, blue. For JPEG, also what is stored as luminance and two colour differences.
    case rgb
    /// Red, green, blue, opacity.
    case rgba
    /// Indices into a table of colours.
    case palette
    /// Four inks.
    case cmyk
  }

  /// The format.
  public let format: Format
  /// The kind of pixels.
  public let colours: Colours
  /// Height and width in pixels.
  public let size: ImageSize
  /// Bits of a sample: 1, 2, 4, 8, 12 or 16.
  public let bitsPerSample: Int
  /// Whether a JPEG is progressive, or a PNG interlaced.
  public let isProgressive: Bool
  /// Whether an ICC colour profile is embedded, which decoding ignores.
  public let hasColourProfile: Bool
  /// The length of the file in bytes.
  public let byteCount: Int

  /// Reads the properties of the file at `url`.
  ///
  /// - Throws: `ImageError`.
  public init(contentsOf url: URL, limits: ImageLimits = ImageLimits()) throws {
    let file = try EncodedFile(contentsOf: url, limits: limits)
    try self.init(reading: file.bytes, name: file.path)
  }

  /// Reads the properties of an encoded picture in memory, which errors call `name`.
  ///
  /// - Throws: `ImageError`.
  public init(decoding bytes: some ContiguousBytes, name: String = "image") throws {
    self = try bytes.withUnsafeBytes { try ImageProperties(reading: $0, name: name) }
  }

  private init(reading bytes: UnsafeRawBufferPointer, name: String) throws {
    let unlimited = ImageLimits(maximumPixels: .max, maximumFileBytes: .max, maximumScans: .max)
    let header = try Codec.header(of: bytes, limits: unlimited, name: name)
    format = header.format == codec_jpeg ? .jpeg : .png
    colours =
      switch header.colour {
      case codec_grey: .grey
      case codec_grey_alpha: .greyAlpha
      case codec_rgb: .rgb
      case codec_rgba: .rgba
      case codec_palette: .palette
      default: .cmyk
      }
    size = ImageSize(height: Int(header.height), width: Int(header.width))
    bitsPerSample = Int(header.bits)
    isProgressive = header.progressive != 0
    hasColourProfile = header.has_profile != 0
    byteCount = bytes.count
  }
}
