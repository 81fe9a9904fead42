/// The part of JSON that safetensors headers are made of: objects, strings and lists of whole numbers.
///
/// Foundation's parsers keep the last of two equal keys and read numbers as floating point; both hide corrupt files.
extension TextReader {
  /// Reads an object, calling `member` with every key where its value starts.
  mutating func readObject(
    _ member: (inout TextReader, String) throws(SyntaxError) -> Void
  ) throws(SyntaxError) {
    try expect("{")
    if skip("}") { return }
    while true {
      let key = try readString()
      try expect(":")
      try member(&self, key)
      if skip("}") { return }
      try expect(",")
    }
  }

  /// Reads an object whose values are strings.
  mutating func readStringMap() throws(SyntaxError) -> [String: String] {
    var map: [String: String] = [:]
    try readObject { (reader, key) throws(SyntaxError) in
      let value = try reader.readString()
      guard map.updateValue(value, forKey: key) == nil else {
        throw reader.error("the key \(quoted(key)) comes twice")
      }
    }
    return map
  }

  /// Reads a list of strings.
  mutating func readStrings() throws(SyntaxError) -> [String] {
    try expect("[")
    var strings: [String] = []
    if skip("]") { return strings }
    while true {
      strings.append(try readString())
      if skip("]") { return strings }
      try expect(",")
    }
  }

  /// Reads a string in quotes.
  mutating func readString() throws(SyntaxError) -> String {
    try expect("\"")
    let start = position
    var utf8: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: utf8, as: UTF8.self) else {
          throw SyntaxError(position: start, reason: "a string that is not UTF-8")
        }
        skip()
        return string
      case UInt8(ascii: "\\"):
        skip()
        utf8.append(contentsOf: try readEscape().utf8)
      case 0..<0x20:
        throw error("a control character inside a string")
      default:
        utf8.append(byte)
        skip()
      }
    }
    throw SyntaxError(position: start, reason: "a string without an end")
  }

  /// What stands for a backslash and what follows it.
  private mutating func readEscape() throws(SyntaxError) -> String {
    guard let next else { throw error("a string without an end") }
    skip()
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return String(Unicode.Scalar(next))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try readUnicodeEscape()
    default: throw error("an unknown escape in a string")
    }
  }

  private mutating func readUnicodeEscape() throws(SyntaxError) -> String {
    let unit = try readHexadecimal()
    if let scalar = Unicode.Scalar(unit) { return String(scalar) }
    // What is no scalar is half of one: the other half must follow.
    guard UTF16.isLeadSurrogate(unit), skip(word: "\\u") else {
      throw error("half a surrogate pair in a string")
    }
    let trail = try readHexadecimal()
    let value = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
    guard UTF16.isTrailSurrogate(trail), let scalar = Unicode.Scalar(value) else {
      throw error("half a surrogate pair in a string")
    }
    return String(scalar)
  }

  private mutating func readHexadecimal() throws(SyntaxError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw error("expected a hexadecimal digit, found \(found)")
      }
      value = value << 4 | UInt16(digit)
      skip()
    }
    return value
  }
}

extension StringProtocol {
  /// The string in quotes, as JSON has it.
  ///
  /// Only what must be escaped is.
  var json: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\u{0}"..<"\u{20}":
        result += scalar.value < 16 ? "\\u000" : "\\u00"
        result += String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension [String: String] {
  /// The object in JSON, without spaces, its keys sorted.
  ///
  var json: String {
    let members = keys.inByteOrder.map { "\($0.json):\(self[$0, default: ""].json)" }
    return "{" + members.joined(separator: ",") + "}"
  }
}

extension Sequence<String> {
  /// Sorted by their bytes in UTF-8, as files have it everywhere, whatever Unicode version sorts here.
  var inByteOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

extension [String] {
  /// The list in JSON, without spaces.
  var json: String { "[" + map(\.json).joined(separator: ",") + "]" }
}
