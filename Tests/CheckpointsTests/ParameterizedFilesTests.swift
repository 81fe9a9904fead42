import Autograd
import Checkpoints
import Foundation
import Tensor
import Testing

@Suite("Models in files")
struct ParameterizedFilesTests {
  private static func values<Scalar>(_ model: Model<Scalar>) -> [[Scalar]] {
    model.parameters.map(\.parameter.value.scalars)
  }

  @Test("a model comes back as it was, weights and statistics, under paths")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let saved = Model<Float>(phase: 3)
      try saved.save(to: url, metadata: ["step": "7"])
      var loaded = Model<Float>()
      let identities = loaded.parameters.map(\.parameter.id)
      #expect(Self.values(loaded) != Self.values(saved))
      try loaded.load(from: url)
      #expect(Self.values(loaded) == Self.values(saved))
      #expect(loaded.parameters.map(\.parameter.id) == identities)
      #expect(loaded.parts[0].mean.kind == .statistic && !loaded.parts[0].mean.isTrainable)
      let file = try Safetensors(contentsOf: url)
      #expect(file.names == ["0.mean", "0.weight", "1.mean", "1.weight", "scale"])
      #expect(file.entries["1.weight"]?.description == "F32 [3, 1, 2]")
      #expect(file.metadata == ["step": "7"])
    }
  }

  @Test("a model in Double is saved in Double")
  func doublePrecision() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let saved = Model<Double>(phase: 3)
      try saved.save(to: url)
      var loaded = Model<Double>()
      try loaded.load(from: url)
      #expect(Self.values(loaded) == Self.values(saved))
      #expect(try Safetensors(contentsOf: url).entries["scale"]?.dtype == "F64")
    }
  }

  @Test("loaded parameters are alone with their memory: the first step copies nothing")
  func uniqueStorage() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>(phase: 3).save(to: url)
      var model = Model<Float>()
      try model.load(from: url)
      var shared: [String] = []
      model.updateParameters { parameter, path in
        if !parameter.value.isUniquelyReferencedAndContiguous() { shared.append(path) }
      }
      #expect(shared.isEmpty)
    }
  }

  @Test("equal models give equal files")
  func deterministicBytes() throws {
    try withTemporaryFolder { folder in
      let urls = ["a", "b"].map { folder.appending(path: $0) }
      for url in urls { try Model<Float>(phase: 2).save(to: url, metadata: ["b": "1", "a": "2"]) }
      #expect(try bytes(of: urls[0]) == bytes(of: urls[1]))
    }
  }

  @Test("another architecture lists every difference, and changes nothing")
  func otherArchitecture() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>([[2, 3], [4, 1, 2], [2, 2]]).save(to: url)
      var model = Model<Float>([[2, 3], [3, 2]], phase: 5)
      let before = Self.values(model)
      let mismatch = #expect(throws: StateMismatch.self) { try model.load(from: url) }
      #expect(mismatch?.missing == [])
      #expect(mismatch?.unexpected == ["2.mean", "2.weight"])
      #expect(mismatch?.different.map(\.name) == ["1.mean", "1.weight"])
      #expect(
        mismatch?.description == """
          \(url.path(percentEncoded: false)): does not hold the tensors asked for
            unexpected (2):
              "2.mean"
              "2.weight"
            different (2):
              "1.mean": expected F32 [3], found F32 [4]
              "1.weight": expected F32 [3, 2], found F32 [4, 1, 2]
          """)
      #expect(Self.values(model) == before)

      var larger = Model<Float>([[2, 3], [4, 1, 2], [2, 2], [1, 1]])
      #expect(
        #expect(throws: StateMismatch.self) { try larger.load(from: url) }?.missing
          == ["3.mean", "3.weight"])
    }
  }

  @Test("a model of another precision is refused by type")
  func otherPrecision() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>().save(to: url)
      var model = Model<Double>(phase: 5)
      let before = Self.values(model)
      let mismatch = #expect(throws: StateMismatch.self) { try model.load(from: url) }
      #expect(mismatch?.different.count == 5)
      #expect(mismatch?.different.last?.description == "\"scale\": expected F64 [], found F32 []")
      #expect(Self.values(model) == before)
    }
  }

  @Test("a list of many differences is cut, and says by how many")
  func manyDifferences() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>([]).save(to: url)
      var model = Model<Float>([[Int]](repeating: [1], count: 100))
      let mismatch = #expect(throws: StateMismatch.self) { try model.load(from: url) }
      #expect(mismatch?.missing.count == 200)
      let text = mismatch?.description ?? ""
      #expect(text.contains("missing (200):") && text.hasSuffix("… and 176 more"))
      #expect(text.split(separator: "\n").count == 27)
    }
  }

  @Test("a file that breaks off while it is read changes nothing")
  func cutWhileLoading() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>([[500, 3], [40, 4]]).save(to: url)
      let file = try Safetensors(contentsOf: url)
      let length = try bytes(of: url).count
      #expect(truncate(url.path(percentEncoded: false), length - 1) == 0)
      var model = Model<Float>([[500, 3], [40, 4]], phase: 5)
      let before = Self.values(model)
      #expect(throws: CheckpointError.self) { try model.load(from: file) }
      #expect(Self.values(model) == before)
    }
  }

  @Test("two parameters under one path stop the program")
  func pathTwice() async throws {
    struct Twins: Parameterized {
      typealias Scalar = Float
      var first = Parameter(Tensor<Float>(1))
      var second = Parameter(Tensor<Float>(2))
      mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
        visitor.visit(&first, "weight")
        visitor.visit(&second, "weight")
      }
    }
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Twins().parameterValues }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("parameterValues: two parameters have the path weight"))
  }

  @Test("an optimizer's state goes the same way: tensors by path, and scalars beside them")
  func optimizerState() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "optimizer.safetensors")
      var state = Model<Float>(phase: 4).parameterValues.mapValues { AnyTensor($0) }
      state["step"] = AnyTensor(Tensor<Int64>(1 << 60 + 1))
      try Safetensors.write(state, metadata: ["optimizer": "Adam"], to: url)
      let file = try Safetensors(contentsOf: url)
      #expect(try file.tensors() == state)
      #expect(try file.tensor("step", as: Int64.self).item() == 1 << 60 + 1)
    }
  }
}
