import Foundation

/// PNG files put together in code, right and wrong.
enum PNGBytes {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// Length, name, content and check sum.
  static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    let sum = body.withUnsafeBytes { CheckSum.crc32(of: $0) }
    return bigEndian(content.count) + body + bigEndian(Int(sum))
  }

  static func header(
    width: Int, height: Int, bits: UInt8 = 8, colour: UInt8 = 0, interlace: UInt8 = 0
  ) -> [UInt8] {
    chunk("IHDR", bigEndian(width) + bigEndian(height) + [bits, colour, 0, 0, interlace])
  }
}
