/// The header of a safetensors file, read and checked.
struct SafetensorsHeader {
  /// The bytes before the header, which hold its length.
  static let prefixLength = 8
  /// The limit of the reference implementation: it bounds what a corrupt file makes a reader allocate.
  static let maximumLength = 100_000_000

  private(set) var entries: [String: Safetensors.Entry] = [:]
  private(set) var metadata: [String: String] = [:]

  /// The length of the header, which is inside the file.
  static func length(in source: ByteSource) throws -> Int {
    guard source.count >= prefixLength else {
      throw source.error(
        "is no safetensors file: has \(source.count) bytes, needs \(prefixLength) at the least")
    }
    let prefix = try source.bytes(at: 0, count: prefixLength)
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= maximumLength else {
      throw source.error(
        "is no safetensors file: a header of \(length) bytes, expected \(maximumLength) at the most"
      )
    }
    guard Int(length) <= source.count - prefixLength else {
      throw source.error(
        "ends after \(source.count) bytes, inside its header of \(length) bytes")
    }
    return Int(length)
  }

  /// Reads the JSON of the header.
  init(_ text: [UInt8]) throws(SyntaxError) {
    var reader = TextReader(text)
    guard reader.next == UInt8(ascii: "{") else {
      throw reader.error("expected '{', found \(reader.found)")
    }
    var entries: [String: Safetensors.Entry] = [:]
    var metadata: [String: String]?
    try reader.readObject { (reader, name) throws(SyntaxError) in
      let start = reader.position
      let isNew: Bool
      if name == Self.metadataName {
        isNew = metadata == nil
        metadata = try reader.readStringMap()
      } else {
        isNew = entries.updateValue(try reader.readEntry(), forKey: name) == nil
      }
      guard isNew else {
        throw SyntaxError(position: start, reason: "the name \(quoted(name)) comes twice")
      }
    }
    try reader.expectEnd()
    self.entries = entries
    self.metadata = metadata ?? [:]
  }

  /// The name that no tensor can have.
  static let metadataName = "__metadata__"

  /// Throws unless the tensors follow each other without gaps from the start of the data to its end, and each has the size
  /// of its shape.
  static func check(
    _ entries: [String: Safetensors.Entry], dataCount: Int, in source: ByteSource
  ) throws {
    // Empty tensors share their place with others, so the end and the name decide too: messages are always the same.
    let order = entries.sorted {
      let (a, b) = ($0.value.byteRange, $1.value.byteRange)
      if a.lowerBound != b.lowerBound { return a.lowerBound < b.lowerBound }
      if a.upperBound != b.upperBound { return a.upperBound < b.upperBound }
      return $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }
    var end = 0
    for (name, entry) in order {
      let range = entry.byteRange
      guard range.lowerBound == end else {
        let fault = range.lowerBound < end ? "overlaps the one before it" : "leaves a gap"
        throw source.error(
          "tensor \(quoted(name)) \(fault): starts at byte \(range.lowerBound), expected \(end)")
      }
      if let type = entry.elementType {
        let needed = byteCount(of: entry.shape, elementSize: type.byteCount)
        guard range.count == needed else {
          throw source.error(
            "tensor \(quoted(name)) of \(entry.description) has \(range.count) bytes, "
              + "expected \(needed.map { "\($0)" } ?? "more than any file has")")
        }
      }
      end = range.upperBound
    }
    guard end == dataCount else {
      throw source.error(
        "has \(dataCount) bytes of tensors, its header describes \(end): "
          + (dataCount < end ? "the file was cut short" : "something was appended"))
    }
  }
}

extension TextReader {
  /// Reads what stands under the name of a tensor.
  fileprivate mutating func readEntry() throws(SyntaxError) -> Safetensors.Entry {
    let start = position
    var dtype: String?
    var shape: [Int]?
    var range: Range<Int>?
    try readObject { (reader, key) throws(SyntaxError) in
      let isNew: Bool
      switch key {
      case "dtype":
        isNew = dtype == nil
        dtype = try reader.readString()
      case "shape":
        isNew = shape == nil
        try reader.expect("[")
        shape = try reader.readSizes(before: "]", allowsTrailingComma: false)
      case "data_offsets":
        isNew = range == nil
        range = try reader.readRange()
      default:
        throw reader.error("an unknown field \(quoted(key))")
      }
      guard isNew else { throw reader.error("the field \(quoted(key)) comes twice") }
    }
    guard let dtype, let shape, let range else {
      throw SyntaxError(
        position: start, reason: "a tensor needs the fields dtype, shape and data_offsets")
    }
    return Safetensors.Entry(dtype: dtype, shape: shape, byteRange: range)
  }

  private mutating func readRange() throws(SyntaxError) -> Range<Int> {
    try expect("[")
    let start = try readWholeNumber()
    try expect(",")
    let end = try readWholeNumber()
    guard start <= end else { throw error("a tensor that ends before it starts") }
    try expect("]")
    return start..<end
  }
}
