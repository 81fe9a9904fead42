import Checkpoints
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Safetensors")
struct SafetensorsTests {
  /// What `formats.py` put into `tensors.safetensors`.
  static let tensors: [String: AnyTensor] = [
    "float32": AnyTensor(
      Tensor<Float>([1.5, -0.0, .infinity, .leastNormalMagnitude / 8, 3e38, -7], shape: [2, 3])),
    "float64": AnyTensor(
      Tensor<Double>([0.1, -.infinity, .leastNonzeroMagnitude, .pi], shape: [4])),
    "int32": AnyTensor(Tensor<Int32>([.min, .max], shape: [2, 1])),
    "int64": AnyTensor(Tensor<Int64>([.min, .max, 1 << 53 + 1], shape: [3])),
    "uint8": AnyTensor(Tensor<UInt8>([0, 127, 255], shape: [3])),
    "bool": AnyTensor(Tensor<Bool>([true, false, true], shape: [1, 3])),
    "rank 0": AnyTensor(Tensor<Float>(2.5)),
    "empty": AnyTensor(Tensor<Double>([], shape: [2, 0, 3])),
    "Ünï \"quoted\" \\ \n\t\u{8}\u{C}\u{1} 🩻": AnyTensor(Tensor<Int32>([42], shape: [1])),
  ]
  static let metadata = ["naïve \"key\"": "text\nof two lines, ä, 🩻"]
  static let golden = Golden.folder.appending(path: "formats/tensors.safetensors")

  @Test("a file of the Python library holds what was put into it")
  func readsPython() throws {
    let file = try Safetensors(contentsOf: Self.golden)
    #expect(file.metadata == Self.metadata)
    #expect(try file.tensors() == Self.tensors)
    #expect(try file.tensor("float32", as: Float.self).scalars[1].sign == .minus)
  }

  @Test("the same tensors give the same bytes as the Python library")
  func writesAsPython() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "tensors.safetensors")
      try Safetensors.write(Self.tensors, metadata: Self.metadata, to: url)
      #expect(try bytes(of: url) == bytes(of: Self.golden))
      #expect(try fileNames(in: folder) == ["tensors.safetensors"])
    }
  }

  @Test("what is written comes back, in memory as from a file, for every type")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      let metadata = ["a": "", "": "b", "tab\tand \u{7F}": "\u{0}\u{1F}\\/"]
      try Safetensors.write(Self.tensors, metadata: metadata, to: url)
      for file in [try Safetensors(contentsOf: url), try Safetensors(bytes(of: url), name: "a")] {
        #expect(try file.tensors() == Self.tensors)
        #expect(file.metadata == metadata)
        #expect(Set(file.names) == Set(Self.tensors.keys))
      }
      let file = try Safetensors(contentsOf: url)
      #expect(try file.tensor("int64", as: Int64.self).scalars == [.min, .max, 1 << 53 + 1])
      #expect(try file.tensor("rank 0", as: Float.self).shape == [])
      #expect(try file.tensor("empty", as: Double.self).shape == [2, 0, 3])
      #expect(file.entries["int32"]?.description == "I32 [2, 1]")
    }
  }

  @Test("every bit of what is not a number comes back")
  func notANumber() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "nan.safetensors")
      let patterns: [UInt32] = [0x7FC0_0000, 0x7F80_0001, 0xFFFF_FFFF]
      try Safetensors.write(
        ["x": Tensor(patterns.map { Float(bitPattern: $0) }, shape: [3])], to: url)
      let read = try Safetensors(contentsOf: url).tensor("x", as: Float.self)
      #expect(read.scalars.map(\.bitPattern) == patterns)
    }
  }

  @Test("a view is written as the values it shows")
  func stridedTensors() throws {
    try withTemporaryFolder { folder in
      let x = Tensor<Float>.ramp([3, 4, 2])
      for (name, view) in views(of: x) {
        let url = folder.appending(path: "\(name).safetensors")
        try Safetensors.write(["x": view], to: url)
        #expect(try Safetensors(contentsOf: url).tensor("x", as: Float.self) == x)
        #expect(
          try bytes(of: url) == bytes(of: folder.appending(path: "contiguous.safetensors")))
      }
      let row = Tensor<Int32>([1, 2], shape: [2]).broadcast(to: [3, 2])
      let url = folder.appending(path: "broadcast.safetensors")
      try Safetensors.write(["x": row], to: url)
      #expect(
        try Safetensors(contentsOf: url).tensor("x", as: Int32.self).scalars == [1, 2, 1, 2, 1, 2])
    }
  }

  @Test("equal input gives equal bytes, in whatever order it was put together")
  func deterministicBytes() throws {
    try withTemporaryFolder { folder in
      let names = (0..<50).map { "\($0)" }
      let files = try [names, names.reversed(), names.shuffled()].enumerated().map { index, names in
        let url = folder.appending(path: "\(index).safetensors")
        try Safetensors.write(
          Dictionary(uniqueKeysWithValues: names.map { ($0, Tensor<UInt8>(UInt8($0) ?? 0)) }),
          metadata: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }), to: url)
        return try bytes(of: url)
      }
      #expect(files[0] == files[1] && files[0] == files[2])
    }
  }

  @Test("every tensor starts at a multiple of the size of its scalars, whatever the header")
  func alignment() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      for length in 0..<9 {
        let tensors: [String: AnyTensor] = [
          "a": AnyTensor(Tensor<UInt8>.zeros([3])), "b": AnyTensor(Tensor<Float>.zeros([3])),
          "c": AnyTensor(Tensor<Int64>.zeros([3])),
        ]
        try Safetensors.write(
          tensors, metadata: ["m": String(repeating: "x", count: length)], to: url)
        #expect(try bytes(of: url)[0] % 8 == 0)
        for entry in try Safetensors(contentsOf: url).entries.values {
          #expect(entry.byteRange.lowerBound % (entry.elementType?.byteCount ?? 0) == 0)
        }
      }
    }
  }

  @Test("a file of no tensors is a file")
  func noTensors() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "none.safetensors")
      try Safetensors.write([String: AnyTensor](), to: url)
      #expect(try bytes(of: url) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
      #expect(try Safetensors(contentsOf: url).tensors().isEmpty)
    }
  }

  @Test("types that the library lacks are listed, and refused by name when they are asked for")
  func otherTypes() throws {
    let file = try Safetensors(
      contentsOf: Golden.folder.appending(path: "formats/other-types.safetensors"))
    #expect(file.names == ["byte", "half", "single"])
    #expect(file.entries["half"]?.dtype == "F16")
    #expect(file.entries["half"]?.shape == [3])
    #expect(try file.tensor("single", as: Float.self).scalars == [0.5])
    for body in [
      { _ = try file.tensor("half") }, { _ = try file.tensor("half", as: Float.self) },
      { _ = try file.tensors(matching: ["single": [1]], as: Float.self) },
    ] as [() throws -> Void] {
      let text = try #require(message(of: body))
      #expect(text.contains("other-types.safetensors") && text.contains("half"))
    }
    #expect(message { _ = try file.tensor("half") }?.contains("\"F16\"") == true)
  }

  @Test("asking for a tensor that is not there, or of another type, names both")
  func wrongQuestions() throws {
    let file = try Safetensors(contentsOf: Self.golden)
    let absent = try #require(message { _ = try file.tensor("bias", as: Float.self) })
    #expect(absent.contains("tensors.safetensors: has no tensor \"bias\""))
    #expect(absent.contains("\"float32\""))
    let other = try #require(message { _ = try file.tensor("float32", as: Double.self) })
    #expect(other.contains("holds \"F32\", expected \"F64\""))
  }

  @Test("names and shapes that do not match are listed together, and nothing is read")
  func matching() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "state.safetensors")
      let state = ["a": Tensor<Float>.zeros([2]), "b": .zeros([3]), "old": .zeros([1])]
      try Safetensors.write(state, to: url)
      let file = try Safetensors(contentsOf: url)
      #expect(
        try file.tensors(matching: ["a": [2], "b": [3], "old": [1]], as: Float.self) == state)
      let mismatch = #expect(throws: StateMismatch.self) {
        try file.tensors(matching: ["a": [2], "b": [4], "new": [1]], as: Float.self)
      }
      #expect(mismatch?.missing == ["new"])
      #expect(mismatch?.unexpected == ["old"])
      #expect(mismatch?.different.map(\.name) == ["b"])
      let text = mismatch?.description ?? ""
      #expect(text.contains("state.safetensors"))
      #expect(text.contains("\"b\": expected F32 [4], found F32 [3]"))
    }
  }

  @Test("no tensor can have the name of the metadata, and no shape too many axes")
  func refusedTensors() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "refused.safetensors")
      let named = message { try Safetensors.write(["__metadata__": Tensor<Float>(1)], to: url) }
      #expect(named?.contains("\"__metadata__\"") == true)
      let deep = Tensor<Float>.zeros([Int](repeating: 1, count: 65))
      let text = message { try Safetensors.write(["deep": deep], to: url) }
      #expect(text?.contains("refused.safetensors: tensor \"deep\" has 65 axes") == true)
      let left = try fileNames(in: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("a file that was replaced while open still gives the tensors it had")
  func replacedWhileOpen() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      try Safetensors.write(["x": Tensor<Float>(1)], to: url)
      let file = try Safetensors(contentsOf: url)
      try Safetensors.write(["x": Tensor<Float>(2)], to: url)
      #expect(try file.tensor("x", as: Float.self).item() == 1)
      #expect(try Safetensors(contentsOf: url).tensor("x", as: Float.self).item() == 2)
    }
  }
}
