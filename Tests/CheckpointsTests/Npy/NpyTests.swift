import Checkpoints
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Npy")
struct NpyTests {
  private static func golden(_ name: String) -> URL {
    Golden.folder.appending(path: "formats/\(name).npy")
  }

  /// What `formats.py` put into the files of these names.
  static let arrays: [String: AnyTensor] = [
    "float32": AnyTensor(Tensor<Float>([0.25, 0.5, 0.75, 1, 1.25, 1.5], shape: [2, 3])),
    "float64": AnyTensor(Tensor<Double>([0.1, -.infinity, .leastNonzeroMagnitude], shape: [3])),
    "int32": AnyTensor(Tensor<Int32>([.min, .max], shape: [2, 1])),
    "int64": AnyTensor(Tensor<Int64>(1 << 53 + 1)),
    "uint8": AnyTensor(Tensor<UInt8>([], shape: [0, 4])),
    "bool": AnyTensor(Tensor<Bool>([true, false], shape: [2])),
  ]

  @Test("files of NumPy hold what was put into them", arguments: arrays.keys.sorted())
  func readsNumPy(name: String) throws {
    #expect(try Npy.read(contentsOf: Self.golden(name)) == Self.arrays[name])
    #expect(try Npy.read(bytes(of: Self.golden(name)), name: name) == Self.arrays[name])
  }

  @Test("arrays in column order come with their values in place")
  func columnOrder() throws {
    let array = try Npy.read(contentsOf: Self.golden("fortran"), as: Float.self)
    #expect(array == Tensor<Float>((0..<24).map { Float($0) }, shape: [2, 3, 4]))
    #expect(array.strides == [1, 2, 6])
  }

  @Test("versions 2 and 3 are read", arguments: [2, 3])
  func versions(version: Int) throws {
    let array = try Npy.read(contentsOf: Self.golden("version\(version)"), as: Int32.self)
    #expect(array == Tensor<Int32>([1, 2, 3, 4], shape: [2, 2]))
  }

  @Test("the same array gives the same bytes as numpy.save")
  func writesAsNumPy() throws {
    try withTemporaryFolder { folder in
      for (name, array) in Self.arrays {
        let url = folder.appending(path: "\(name).npy")
        switch array {
        case .float32(let tensor): try Npy.write(tensor, to: url)
        case .float64(let tensor): try Npy.write(tensor, to: url)
        case .int32(let tensor): try Npy.write(tensor, to: url)
        case .int64(let tensor): try Npy.write(tensor, to: url)
        case .uint8(let tensor): try Npy.write(tensor, to: url)
        case .bool(let tensor): try Npy.write(tensor, to: url)
        }
        #expect(try bytes(of: url) == bytes(of: Self.golden(name)), "\(name)")
      }
    }
  }

  @Test("views are written as the values they show")
  func stridedTensors() throws {
    try withTemporaryFolder { folder in
      let x = Tensor<Double>.ramp([3, 4, 2])
      for (name, view) in views(of: x) {
        let url = folder.appending(path: "\(name).npy")
        try Npy.write(view, to: url)
        #expect(try Npy.read(contentsOf: url, as: Double.self) == x)
      }
    }
  }

  @Test(
    "types that the library lacks are refused by name",
    arguments: [
      ("big-endian", "holds \">f4\", expected one of '<i8', '<f8', '<f4', '<i4', '|u1', '|b1'"),
      ("float16", "holds \"<f2\""), ("record", "records of several fields"),
    ])
  func otherTypes(name: String, reason: String) throws {
    let text = try #require(message { _ = try Npy.read(contentsOf: Self.golden(name)) })
    #expect(text.contains("\(name).npy: ") && text.contains(reason))
  }

  @Test("another type than the one asked for is refused")
  func wrongQuestion() {
    let text = message { _ = try Npy.read(contentsOf: Self.golden("int32"), as: Float.self) }
    #expect(text?.hasSuffix("int32.npy: holds '<i4', expected '<f4'") == true)
  }

  private static func file(
    _ header: String, dataCount: Int = 0, version: [UInt8] = [1, 0], length: Int? = nil
  ) -> [UInt8] {
    let length = length ?? header.utf8.count
    let prefix = (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(length >> (8 * $0) & 0xFF) }
    return [0x93] + Array("NUMPY".utf8) + version + prefix + Array(header.utf8)
      + [UInt8](repeating: 0, count: dataCount)
  }
  private static func header(
    _ shape: String = "(2,)", descr: String = "'<f4'", order: String = "False"
  ) -> String {
    "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  @Test(
    "corrupt files are refused, with the reason",
    arguments: [
      ([], "does not start with"),
      (Array("\u{93}NUMPY".utf8), "does not start with"),
      (Array(file(header(), dataCount: 8)[..<9]), "does not start with"),
      (file(header(), dataCount: 8, version: [4, 0]), "npy version 4.0"),
      (file(header(), dataCount: 8, version: [1, 1]), "npy version 1.1"),
      (Array(file(header(), version: [2, 0])[..<10]), "ends after 10 bytes, before its header"),
      (file(header(), length: 5000), "has a header of 5000 bytes"),
      (file(header(), version: [2, 0], length: 0xFFFF_FFFF), "a header of 4294967295 bytes"),
      (file(""), "expected '{', found the end"),
      (file("{}"), "needs the fields descr, fortran_order and shape"),
      (file("{'descr': '<f4', 'shape': (2,)}"), "needs the fields"),
      (file("{'descr': '<f4' 'shape': (2,)}"), "expected ',', found '''"),
      (file("{'shape': (2,), 'shape': (2,)}"), "\"shape\" comes twice"),
      (file("{'shapes': (2,)}"), "unknown field \"shapes\""),
      (file("{'shape"), "a string without an end"),
      (file("{'sh\\x61pe': (2,)}"), "expected plain text"),
      (file(header(order: "true"), dataCount: 8), "expected True or False, found 't'"),
      (file(header(descr: "f4"), dataCount: 8), "expected a string, found 'f'"),
      (file(header(descr: "'<f4"), dataCount: 8), "expected ',', found 'f'"),
      (file(header("(-2,)"), dataCount: 8), "expected a whole number"),
      (file(header("[2]"), dataCount: 8), "expected '(', found '['"),
      (file(header("(2,,)"), dataCount: 8), "expected a whole number"),
      (file(header("(2,)") + "x", dataCount: 8), "expected the end, found 'x'"),
      (file(header("(3,)"), dataCount: 8), "has 8 bytes of scalars, expected 12 for shape [3]"),
      (file(header("(1,)"), dataCount: 8), "has 8 bytes of scalars, expected 4"),
      (file(header("()"), dataCount: 8), "has 8 bytes of scalars, expected 4 for shape []"),
      (file(header("(4294967296, 4294967296)"), dataCount: 8), "more than any file has"),
      (file(header("(0, 4611686018427387904, 4)")), "more than any file has"),
      (file(header("(9223372036854775808,)")), "a number above"),
      (file(header("(\(String(repeating: "1,", count: 65)))"), dataCount: 4), "64 axes"),
      (file(header(descr: "'|b1'")) + [1, 7], "holds the byte 7, expected Booleans"),
    ] as [([UInt8], String)])
  func malformed(bytes: [UInt8], reason: String) throws {
    let text = try #require(message { _ = try Npy.read(bytes, name: "some/bad.npy") })
    #expect(text.hasPrefix("some/bad.npy: ") && text.contains(reason))
  }

  @Test("a file cut at any length is refused, and any flipped bit gives an error or an array")
  func damaged() throws {
    var bytes = try bytes(of: Self.golden("float32"))
    for length in bytes.indices {
      #expect(throws: CheckpointError.self) {
        try Npy.read(Array(bytes[..<length]), name: "a")
      }
    }
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        if let array = try? Npy.read(bytes, name: "a") {
          #expect(array.shape.reduce(array.elementType.byteCount, *) == 24)
        }
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test("no file has more than 64 axes")
  func tooManyAxes() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "deep.npy")
      let shape = [Int](repeating: 1, count: 65)
      let text = message { try Npy.write(Tensor<Float>.zeros(shape), to: url) }
      #expect(text?.contains("deep.npy: no npy file has 65 axes") == true)
      try Npy.write(Tensor<Float>.zeros(Array(shape.dropLast())), to: url)
      #expect(try Npy.read(contentsOf: url).shape.count == 64)
    }
  }
}
