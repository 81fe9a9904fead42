/// What is wrong with a text, and where.
struct SyntaxError: Error {
  /// The number of bytes before the fault.
  let position: Int
  let reason: String

  var description: String { "byte \(position): \(reason)" }
}

/// A walk over the bytes of a short text in a notation with punctuation, names and whole numbers.
///
/// Base of the two readers of headers: JSON in safetensors, Python literals in npy. Neither nests, so nothing here recurses.
struct TextReader {
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The byte that comes next, `nil` at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func error(_ reason: String) -> SyntaxError { SyntaxError(position: position, reason: reason) }

  /// How messages call what comes next.
  var found: String {
    guard let next else { return "the end" }
    return 0x21...0x7E ~= next
      ? "'\(Character(Unicode.Scalar(next)))'" : "the byte \(next)"
  }

  mutating func skip(_ count: Int = 1) { position += count }

  mutating func skipWhitespace() {
    while let next, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D {
      position += 1
    }
  }

  /// Steps over `character`, and spaces before it; `false` where something else comes.
  mutating func skip(_ character: Character) -> Bool {
    skipWhitespace()
    guard let next, next == character.asciiValue else { return false }
    position += 1
    return true
  }

  /// Steps over `character`, and spaces before it.
  mutating func expect(_ character: Character) throws(SyntaxError) {
    if !skip(character) { throw error("expected '\(character)', found \(found)") }
  }

  /// Throws unless nothing but spaces is left.
  mutating func expectEnd() throws(SyntaxError) {
    skipWhitespace()
    guard next == nil else { throw error("expected the end, found \(found)") }
  }

  /// Steps over `word` where it comes next.
  mutating func skip(word: StaticString) -> Bool {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if matches { position += word.utf8CodeUnitCount }
    return matches
  }

  /// A whole number of zero or more.
  mutating func readWholeNumber() throws(SyntaxError) -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while let next, 0x30...0x39 ~= next {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowToo) = tens.addingReportingOverflow(Int(next - 0x30))
      guard !overflow, !overflowToo else {
        throw SyntaxError(position: start, reason: "a number above \(Int.max)")
      }
      value = sum
      position += 1
    }
    guard position > start else {
      throw error("expected a whole number of 0 or more, found \(found)")
    }
    guard bytes[start] != 0x30 || position == start + 1 else {
      throw SyntaxError(position: start, reason: "a number with zeros in front")
    }
    // A fraction or an exponent would otherwise be reported as missing punctuation.
    if let next, next == 0x2E || next | 0x20 == 0x65 {
      throw SyntaxError(position: start, reason: "expected a whole number, found a fraction")
    }
    return value
  }

  /// The sizes of a shape: whole numbers with commas between them, before `end`.
  ///
  /// - Parameter allowsTrailingComma: As Python does, and asks for where there is one element only.
  mutating func readSizes(
    before end: Character, allowsTrailingComma: Bool
  ) throws(SyntaxError) -> [Int] {
    var sizes: [Int] = []
    if skip(end) { return sizes }
    while true {
      guard sizes.count < Self.maximumRank else {
        throw error("a shape of more than \(Self.maximumRank) axes")
      }
      sizes.append(try readWholeNumber())
      if skip(end) { return sizes }
      try expect(",")
      if allowsTrailingComma, skip(end) { return sizes }
    }
  }

  /// NumPy's own limit.
  static let maximumRank = 64
}

/// The number of bytes of a tensor, `nil` where it or the strides of its shape would not fit into an `Int`.
func byteCount(of shape: [Int], elementSize: Int) -> Int? {
  // Sizes of zero count as one: `[0, 2⁶²]` holds nothing, and yet its strides overflow.
  var extent = elementSize
  for size in shape {
    let (product, overflow) = extent.multipliedReportingOverflow(by: max(size, 1))
    if overflow { return nil }
    extent = product
  }
  return shape.contains(0) ? 0 : extent
}
