/// The header of an npy file, read and checked.
///
/// The format: `\x93NUMPY`, two bytes of version, the length of the header (2 bytes, from version 2 on 4 bytes,
/// little-endian), the header (a Python dictionary with `descr`, `fortran_order` and `shape`), then the scalars.
struct NpyHeader {
  let elementType: ElementType
  let isColumnMajor: Bool
  let shape: [Int]
  /// The number of bytes before the scalars.
  let dataOffset: Int

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Ours are below 2,000 bytes, with 64 axes of 20 digits each.
  ///
  /// It bounds what a corrupt file makes a reader allocate.
  private static let maximumLength = 65536

  /// Reads the header of a file that is as long as the header says.
  init(_ source: ByteSource) throws {
    let start = try source.bytes(at: 0, count: min(12, source.count))
    guard start.starts(with: Self.magic), start.count >= 10 else {
      throw source.error("is no npy file: does not start with the bytes 93 'NUMPY' and a version")
    }
    let version = start[6]
    guard 1...3 ~= version, start[7] == 0 else {
      throw source.error("is of npy version \(version).\(start[7]), expected 1.0, 2.0 or 3.0")
    }
    let widthOfLength = version == 1 ? 2 : 4
    let textOffset = 8 + widthOfLength
    guard start.count >= textOffset else {
      throw source.error("ends after \(source.count) bytes, before its header")
    }
    let length = start[8..<textOffset].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.maximumLength, length <= source.count - textOffset else {
      throw source.error(
        "has a header of \(length) bytes, expected \(Self.maximumLength) at the most and "
          + "\(source.count - textOffset) left in the file")
    }
    dataOffset = textOffset + length
    let fields: NpyFields
    do {
      fields = try NpyFields(source.bytes(at: textOffset, count: length))
    } catch let error as SyntaxError {
      throw source.error("is no npy file, its header at \(error.description)")
    }
    guard let type = ElementType.allCases.first(where: { $0.npyName == fields.descr }) else {
      let known = ElementType.allCases.map { "'\($0.npyName)'" }.joined(separator: ", ")
      throw source.error("holds \(quoted(fields.descr)), expected one of \(known)")
    }
    (elementType, shape, isColumnMajor) = (type, fields.shape, fields.isColumnMajor)
    let needed = byteCount(of: shape, elementSize: type.byteCount)
    guard needed == source.count - dataOffset else {
      throw source.error(
        "has \(source.count - dataOffset) bytes of scalars, expected "
          + "\(needed.map { "\($0)" } ?? "more than any file has") for shape \(shape)")
    }
  }

  /// The first bytes of a file in row order, just as NumPy writes them.
  static func bytes(for type: ElementType, shape: [Int]) -> [UInt8] {
    let sizes = shape.map { "\($0)" }
    let tuple = sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.joined(separator: ", ")))"
    var text = "{'descr': '\(type.npyName)', 'fortran_order': False, 'shape': \(tuple), }"
    // NumPy leaves room for the first axis to grow to 21 digits.
    text += String(repeating: " ", count: sizes.first.map { 21 - $0.utf8.count } ?? 0)
    // The scalars start at a multiple of 64 bytes, and the header ends in a line feed.
    let prefixLength = magic.count + 4
    text += String(repeating: " ", count: 63 - (prefixLength + text.utf8.count) % 64) + "\n"
    let length = text.utf8.count
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}

/// The dictionary in the header of an npy file.
private struct NpyFields {
  var descr = ""
  var isColumnMajor = false
  var shape: [Int] = []

  init(_ text: [UInt8]) throws(SyntaxError) {
    var reader = TextReader(text)
    var seen: Set<String> = []
    try reader.expect("{")
    while !reader.skip("}") {
      let key = try reader.readPythonString()
      try reader.expect(":")
      reader.skipWhitespace()
      switch key {
      case "descr":
        guard reader.next != UInt8(ascii: "[") else {
          throw reader.error("records of several fields, expected one type of scalar")
        }
        descr = try reader.readPythonString()
      case "fortran_order":
        isColumnMajor = reader.skip(word: "True")
        guard isColumnMajor || reader.skip(word: "False") else {
          throw reader.error("expected True or False, found \(reader.found)")
        }
      case "shape":
        try reader.expect("(")
        shape = try reader.readSizes(before: ")", allowsTrailingComma: true)
      default:
        throw reader.error("an unknown field \(quoted(key))")
      }
      guard seen.insert(key).inserted else {
        throw reader.error("the field \(quoted(key)) comes twice")
      }
      if reader.skip("}") { break }
      try reader.expect(",")
    }
    try reader.expectEnd()
    guard seen.count == 3 else {
      throw reader.error("needs the fields descr, fortran_order and shape")
    }
  }
}

extension TextReader {
  /// Reads a string in single or double quotes, of printable ASCII without escapes.
  fileprivate mutating func readPythonString() throws(SyntaxError) -> String {
    skipWhitespace()
    guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("expected a string, found \(found)")
    }
    skip()
    var string = ""
    while let byte = next, byte != quote {
      guard 0x20...0x7E ~= byte, byte != UInt8(ascii: "\\") else {
        throw error("expected plain text in a string, found \(found)")
      }
      string.unicodeScalars.append(Unicode.Scalar(byte))
      skip()
    }
    guard next != nil else { throw error("a string without an end") }
    skip()
    return string
  }
}
