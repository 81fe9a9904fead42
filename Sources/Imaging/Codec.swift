import CImageCodecs
import Foundation

/// The C codecs as Swift sees them: buffers in, `ImageError` out.
enum Codec {
  /// What stands before the pixels.
  static func header(
    of bytes: UnsafeRawBufferPointer, limits: ImageLimits, name: String
  ) throws -> codec_header {
    var header = codec_header()
    try check(name) { message in
      codec_read_header(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, codec_limits(limits),
        &header, message)
    }
    return header
  }

  /// Decodes the pixels at `rows` and `columns`, ascending indices, to `target`.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, rows: [Int32]?, columns: [Int32]?, size: ImageSize,
    channels: Int, limits: ImageLimits, name: String, to target: UnsafeMutablePointer<UInt8>
  ) throws {
    try check(name) { message in
      withOptionalPointer(rows) { rows in
        withOptionalPointer(columns) { columns in
          let grid = codec_grid(
            rows: rows, columns: columns, row_count: Int32(size.height),
            column_count: Int32(size.width))
          return codec_decode(
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
            codec_limits(limits), grid, Int32(channels), target, message)
        }
      }
    }
  }

  /// Calls `body` and throws what it left in the message, unless it came to `codec_ok`.
  static func check(
    _ name: String, _ body: (UnsafeMutablePointer<codec_message>) -> codec_status
  ) throws {
    var message = codec_message()
    let status = body(&message)
    if status == codec_ok { return }
    let text = withUnsafeBytes(of: message.text) { buffer in
      String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    let reason: ImageError.Reason =
      switch status {
      case codec_unreadable: .inaccessible
      case codec_unknown_format: .unknownFormat
      case codec_unsupported: .unsupported
      case codec_too_large: .tooLarge
      default: .damaged
      }
    throw ImageError(reason, path: name, text)
  }

  private static func withOptionalPointer<Result>(
    _ array: [Int32]?, _ body: (UnsafePointer<Int32>?) -> Result
  ) -> Result {
    guard let array else { return body(nil) }
    return array.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

extension codec_limits {
  fileprivate init(_ limits: ImageLimits) {
    self.init(
      maximum_pixels: Int64(limits.maximumPixels),
      maximum_scans: Int32(clamping: limits.maximumScans))
  }
}

/// The bytes of a file, read in one piece.
struct EncodedFile: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  let path: String
  private let start: UnsafeMutablePointer<UInt8>

  /// Reads a regular file within the limit.
  ///
  /// A named pipe or a directory throws; nothing waits.
  init(contentsOf url: URL, limits: ImageLimits) throws {
    let path = url.isFileURL ? url.path(percentEncoded: false) : url.absoluteString
    guard url.isFileURL else {
      throw ImageError(.inaccessible, path: path, "not the URL of a file")
    }
    var buffer: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Codec.check(path) { message in
      codec_read_file(path, Int64(limits.maximumFileBytes), &buffer, &count, message)
    }
    guard let buffer else { throw ImageError(.inaccessible, path: path, "no bytes") }
    start = buffer
    bytes = UnsafeRawBufferPointer(start: buffer, count: count)
    self.path = path
  }

  deinit { codec_free(start) }
}
