import Foundation
import Imaging
import Tensor

/// Files beside the tests, and pictures made in code.
enum Fixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Files")

  static func url(_ name: String) -> URL { folder.appending(path: name) }

  static func bytes(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }

  /// The lines of a table after its header, each as a dictionary of column names.
  static func table(_ name: String) -> [[String: String]] {
    guard let text = try? String(contentsOf: url(name), encoding: .utf8) else { return [] }
    let lines = text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    guard let header = lines.first else { return [] }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
  }

  /// A folder of its own for one test, removed afterwards.
  static func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "imaging-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

/// The films that lie beside the project: the folder that the environment variable `COVID_DATASET` names.
///
/// They are not part of it, so tests that need them are skipped where it is unset.
enum RealImages {
  static let folder: URL? = {
    let path = ProcessInfo.processInfo.environment["COVID_DATASET"] ?? ""
    return path.isEmpty ? nil : URL(filePath: path)
  }()
}

extension Image {
  /// A picture whose sample at row, column and channel is `value`, cut to 8 bits.
  init(
    _ height: Int, _ width: Int, _ mode: ColourMode = .rgb,
    value: (_ row: Int, _ column: Int, _ channel: Int) -> Int
  ) {
    var samples: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<mode.channels {
          samples.append(UInt8(truncatingIfNeeded: value(row, column, channel)))
        }
      }
    }
    self.init(Tensor(samples, shape: [height, width, mode.channels]))
  }

  /// The CRC-32 of the samples, row by row, in the form that the tables have it.
  var checkSum: String {
    let sum = pixels.withUnsafeScalars { CheckSum.crc32(of: UnsafeRawBufferPointer($0)) }
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// CRC-32 as PNG and zlib have it.
enum CheckSum {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1
    }
  }

  static func crc32(of bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      guard let start = bytes.baseAddress else { return 0 }
      var sum = UInt32.max
      for i in 0..<bytes.count {
        let byte = start.load(fromByteOffset: i, as: UInt8.self)
        sum = table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8
      }
      return ~sum
    }
  }
}
