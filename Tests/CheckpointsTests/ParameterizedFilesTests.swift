import Autograd
import Checkpoints
import Foundation
import Layers
import Optim
import Tensor
import TestSupport
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

  @Test("training goes on from a file as if it had never stopped")
  func resumedTraining() throws {
    func network(seed: UInt64) -> Sequential<Float> {
      var random = RandomGenerator(seed: seed)
      return Sequential {
        Dense(inputSize: 4, outputSize: 5, using: &random)
        BatchNorm(channels: 5)
        ReLU()
        Dense(inputSize: 5, outputSize: 2, using: &random)
      }
    }
    func train(_ model: inout Sequential<Float>, _ optimizer: inout Adam<Float>, steps: Range<Int>)
    {
      for step in steps {
        var random = RandomGenerator(seed: UInt64(step))
        optimizer.step(&model, random: &random) { model, context in
          let images = Variable(Tensor<Float>.ramp([6, 4], phase: Double(step)))
          let labels = Tensor<Int64>([0, 1, 1, 0, 1, 0], shape: [6])
          return softmaxCrossEntropy(model(images, in: &context), labels: labels)
        }
      }
    }
    var model = network(seed: 1)
    var optimizer = Adam<Float>(learningRate: 0.1)
    train(&model, &optimizer, steps: 0..<3)
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "checkpoint.safetensors")
      let state = optimizer.state(for: model)
      var tensors: [String: AnyTensor] = [
        "optimizer/step": AnyTensor(Tensor(Int64(state.stepCount)))
      ]
      for (path, value) in model.parameterValues { tensors["model/\(path)"] = AnyTensor(value) }
      for (path, value) in state.tensors { tensors["optimizer/slots/\(path)"] = AnyTensor(value) }
      try Safetensors.write(tensors, to: url)

      let file = try Safetensors(contentsOf: url)
      var resumedModel = network(seed: 2)
      var resumedOptimizer = Adam<Float>(learningRate: 0.1)
      try resumedModel.load(from: file.part("model"))
      let steps = try file.part("optimizer").tensor("step", as: Int64.self).item()
      try resumedOptimizer.restore(
        OptimizerState(
          stepCount: Int(steps),
          tensors: file.part("optimizer").part("slots").tensors(as: Float.self)),
        for: resumedModel)
      #expect(resumedModel.parameterValues == model.parameterValues)

      train(&model, &optimizer, steps: 3..<6)
      train(&resumedModel, &resumedOptimizer, steps: 3..<6)
      #expect(resumedModel.parameterValues == model.parameterValues)
      #expect(
        resumedOptimizer.state(for: resumedModel).tensors == optimizer.state(for: model).tensors)
    }
  }

  @Test("a part of a file is called by its name in the file")
  func parts() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      try Safetensors.write(
        ["a/x": Tensor<Float>(1), "a/b/x": Tensor<Float>(2), "ab/x": Tensor<Float>(3)],
        metadata: ["m": "n"], to: url)
      let part = try Safetensors(contentsOf: url).part("a")
      #expect(part.names == ["b/x", "x"] && part.metadata == ["m": "n"])
      #expect(part.part("b").names == ["x"] && part.part("c").names.isEmpty)
      #expect(try part.part("b").tensor("x", as: Float.self).item() == 2)
      #expect(message { _ = try part.tensor("y") }?.contains("has no tensor \"a/y\"") == true)
      #expect(message { _ = try part.tensors(as: Double.self) }?.contains("\"a/b/x\"") == true)
      var model = Model<Float>([])
      let mismatch = #expect(throws: StateMismatch.self) { try model.load(from: part) }
      #expect(mismatch?.missing == ["a/scale"] && mismatch?.unexpected == ["a/b/x", "a/x"])
    }
  }
}
