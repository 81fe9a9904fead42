import Checkpoints
import Foundation
import Tensor
import TestSupport
import Testing

/// Every corrupt file ends in an error that says what is wrong, never in a crash or in a tensor of foreign bytes.
@Suite("Malformed safetensors")
struct MalformedSafetensorsTests {
  private static func one(
    _ dtype: String = "\"F32\"", _ shape: String = "[2]", _ offsets: String = "[0,8]"
  ) -> String {
    "{\"x\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
  }
  private static func two(_ first: String, _ second: String, dtype: String = "U8") -> String {
    func entry(_ offsets: String) -> String {
      "{\"dtype\":\"\(dtype)\",\"shape\":[4],\"data_offsets\":\(offsets)}"
    }
    return "{\"a\":\(entry(first)),\"b\":\(entry(second))}"
  }

  @Test(
    "corrupt headers are refused, with the reason",
    arguments: [
      // The JSON.
      ("", 0, "expected '{', found the end"),
      (" {}", 0, "expected '{', found the byte 32"),
      ("[]", 0, "expected '{', found '['"),
      ("{", 0, "expected '\"', found the end"),
      ("{}}", 0, "expected the end, found '}'"),
      ("{\"x\"}", 0, "expected ':', found '}'"),
      ("{\"x\":1}", 0, "expected '{', found '1'"),
      ("{\"x\":{}}", 0, "needs the fields dtype, shape and data_offsets"),
      ("{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "needs the fields"),
      ("{\"x\":{\"dtype\":{}}}", 0, "expected '\"', found '{'"),
      ("{\"x\":{\"strides\":[1]}}", 0, "unknown field \"strides\""),
      ("{\"\\u00\":{}}", 0, "expected a hexadecimal digit"),
      ("{\"\\ud800\":{}}", 0, "half a surrogate pair"),
      ("{\"\\ud800\\u0041\":{}}", 0, "half a surrogate pair"),
      ("{\"\\udc00\":{}}", 0, "half a surrogate pair"),
      ("{\"\\x\":{}}", 0, "unknown escape"),
      ("{\"a\nb\":{}}", 0, "control character"),
      ("{\"abc", 0, "a string without an end"),
      ("{\"abc\\", 0, "a string without an end"),
      ("{\"__metadata__\":{\"a\":1}}", 0, "expected '\"', found '1'"),
      ("{\"__metadata__\":\"text\"}", 0, "expected '{', found '\"'"),
      ("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "the key \"a\" comes twice"),
      ("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "\"__metadata__\" comes twice"),
      (two("[0,4]", "[4,8]").replacing("\"b\"", with: "\"a\""), 8, "\"a\" comes twice"),
      (one("\"F32\",\"dtype\":\"F32\""), 8, "\"dtype\" comes twice"),
      (String(repeating: "{\"x\":", count: 100_000), 0, "unknown field \"x\""),
      (one("\"F32\"", String(repeating: "[", count: 100_000)), 0, "expected a whole number"),
      // The numbers.
      (one("\"F32\"", "[-2]"), 8, "expected a whole number of 0 or more, found '-'"),
      (one("\"F32\"", "[2.0]"), 8, "found a fraction"),
      (one("\"F32\"", "[2e0]"), 8, "found a fraction"),
      (one("\"F32\"", "[02]"), 8, "zeros in front"),
      (one("\"F32\"", "[\"2\"]"), 8, "expected a whole number"),
      (one("\"F32\"", "[2,]"), 8, "expected a whole number"),
      (one("\"F32\"", "2"), 8, "expected '['"),
      (one("\"F32\"", "[9223372036854775808]"), 8, "a number above"),
      (one("\"F32\"", "[99999999999999999999999]"), 8, "a number above"),
      (
        one("\"F32\"", "[\([String](repeating: "1", count: 65).joined(separator: ","))]", "[0,4]"),
        4, "more than 64 axes"
      ),
      (one("\"F32\"", "[2]", "[8,0]"), 8, "ends before it starts"),
      (one("\"F32\"", "[2]", "[0]"), 8, "expected ','"),
      (one("\"F32\"", "[2]", "[0,8,8]"), 8, "expected ']'"),
      // Shapes, types and places.
      (one("\"F32\"", "[3]"), 8, "tensor \"x\" of F32 [3] has 8 bytes, expected 12"),
      (one("\"F64\""), 8, "has 8 bytes, expected 16"),
      (one("\"F32\"", "[]"), 8, "has 8 bytes, expected 4"),
      (one("\"F32\"", "[4294967296,4294967296]"), 8, "expected more than any file has"),
      (one("\"F64\"", "[1152921504606846976]"), 8, "expected more than any file has"),
      (one("\"F32\"", "[0,4611686018427387904,4]", "[0,0]"), 0, "expected more than any file has"),
      (one("\"F32\"", "[4611686018427387904,4,0]", "[0,0]"), 0, "expected more than any file has"),
      (one("\"F32\"", "[2]", "[4,12]"), 12, "leaves a gap: starts at byte 4, expected 0"),
      (two("[0,4]", "[5,9]"), 9, "\"b\" leaves a gap: starts at byte 5, expected 4"),
      (two("[0,4]", "[3,7]"), 7, "\"b\" overlaps the one before it: starts at byte 3, expected 4"),
      (two("[0,4]", "[0,4]"), 4, "\"b\" overlaps"),
      (two("[0,4]", "[3,7]", dtype: "X9"), 7, "\"b\" overlaps"),
      (one(), 7, "has 7 bytes of tensors, its header describes 8: the file was cut short"),
      (one(), 9, "has 9 bytes of tensors, its header describes 8: something was appended"),
      ("{}", 1, "something was appended"),
      (one("\"X9\"", "[2]", "[0,9007199254740993]"), 8, "describes 9007199254740993"),
      (one("\"X9\"", "[2]", "[0,9223372036854775807]"), 8, "describes 9223372036854775807"),
    ] as [(String, Int, String)])
  func headers(header: String, dataCount: Int, reason: String) throws {
    let text = try #require(
      message {
        _ = try Safetensors(safetensors(header, dataCount: dataCount), name: "some/bad.safetensors")
      })
    #expect(text.hasPrefix("some/bad.safetensors: "))
    #expect(text.contains(reason))
    #expect(text.utf8.count < 400)
  }

  @Test(
    "lengths of the header that cannot be are refused before anything is allocated",
    arguments: [
      (100_000_001, "a header of 100000001 bytes, expected 100000000"),
      (Int.max, "a header of 9223372036854775807 bytes"),
      (3, "ends after 10 bytes, inside its header of 3 bytes"),
      (1, "expected '\"', found the end"),
    ])
  func headerLengths(length: Int, reason: String) {
    let bytes = safetensors("{}", length: length)
    #expect(message { _ = try Safetensors(bytes, name: "a") }?.contains(reason) == true)
    let largest = [UInt8](repeating: 0xFF, count: 9)
    #expect(
      message { _ = try Safetensors(largest, name: "a") }?.contains("18446744073709551615") == true)
  }

  @Test("a name or text that is not UTF-8 is refused")
  func encoding() {
    for wrong in [[0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80]] as [[UInt8]] {
      var bytes = safetensors("{\"__metadata__\":{\"a\":\"\"}}")
      bytes.insert(contentsOf: wrong, at: bytes.count - 3)
      bytes[0] += UInt8(wrong.count)
      #expect(
        message { _ = try Safetensors(bytes, name: "a") }?.contains("is not UTF-8") == true)
    }
  }

  @Test("a byte that is no Boolean is refused before it becomes one")
  func booleans() throws {
    var bytes = safetensors(Self.one("\"BOOL\"", "[3]", "[0,3]"), dataCount: 3)
    #expect(
      try Safetensors(bytes, name: "a").tensor("x", as: Bool.self).scalars == [false, false, false])
    bytes[bytes.count - 1] = 2
    let file = try Safetensors(bytes, name: "a")
    let text = message { _ = try file.tensor("x", as: Bool.self) }
    #expect(text == "a: tensor \"x\" holds the byte 2, expected Booleans, which are 0 or 1")
  }

  @Test("escapes in names and spaces between are read as JSON has them")
  func validEscapes() throws {
    let header =
      " \n{ \"\\u00e4\\ud83e\\ude7b\\/\\b\" : { \"data_offsets\" :\t[ 0 , 2 ],\"dtype\":\"U8\" ,\r\n"
      + "\"shape\":[ 1 ,2 ] } } "
    let file = try Safetensors(safetensors(String(header.dropFirst(2)), dataCount: 2), name: "a")
    #expect(file.names == ["ä🩻/\u{8}"])
    #expect(file.entries["ä🩻/\u{8}"]?.shape == [1, 2])
  }

  @Test("names in messages cannot steer a terminal")
  func namesInMessages() throws {
    let name = "\u{1B}[2J\u{202E}" + String(repeating: "x", count: 1000)
    let header = "{\"\(name.replacing("\u{1B}", with: "\\u001b"))\":{\"a\":1}}"
    let file = try Safetensors(
      safetensors(
        header.replacing(
          "{\"a\":1}", with: "{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}"),
        dataCount: 1), name: "a")
    #expect(file.names == [name])
    for text in [
      message { _ = try file.tensor("y") },
      message { _ = try file.tensors(matching: ["y": []], as: UInt8.self) },
    ] {
      #expect(text?.contains("\\u{1b}[2J\\u{202e}xxx") == true)
      #expect(text?.contains("\u{1B}") == false && (text?.utf8.count ?? 0) < 300)
    }
  }

  private static func sample() throws -> [UInt8] {
    try bytes(of: Golden.folder.appending(path: "formats/tensors.safetensors"))
  }

  @Test("a file cut at any length is refused")
  func truncation() throws {
    let whole = try Self.sample()
    for length in 0..<whole.count {
      #expect(
        throws: CheckpointError.self, "cut to \(length) bytes",
        performing: { try Safetensors(Array(whole[..<length]), name: "a") })
    }
  }

  /// Reads all that can be read, and checks that it is no more than there is.
  private func read(_ bytes: [UInt8]) {
    guard let file = try? Safetensors(bytes, name: "a") else { return }
    let sizes = file.names.map { name -> Int in
      guard let tensor = try? file.tensor(name) else { return 0 }
      return tensor.shape.reduce(tensor.elementType.byteCount, *)
    }
    #expect(sizes.reduce(0, +) <= bytes.count)
  }

  @Test("any flipped bit gives an error or tensors inside the file")
  func flippedBits() throws {
    var bytes = try Self.sample()
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        read(bytes)
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test("thousands of random changes give errors or tensors inside the file")
  func randomChanges() throws {
    let whole = try Self.sample()
    // Bytes that matter to the header are drawn more often than chance would have them.
    let alphabet = Array("{}[]\",:\\0123456789eE.-+ nul".utf8)
    var random = RandomGenerator(seed: 2)
    for _ in 0..<4000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        case 2: bytes.remove(at: index)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
        }
      }
      read(bytes)
    }
  }
}
