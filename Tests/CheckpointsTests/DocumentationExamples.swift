import Autograd
import Checkpoints
import Foundation
import Layers
import Tensor
import Testing

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  private static func smallModel(seed: UInt64) -> Sequential<Float> {
    var random = RandomGenerator(seed: seed)
    return Sequential<Float> {
      Dense(inputSize: 2, outputSize: 3, using: &random)
      ReLU()
      Dense(inputSize: 3, outputSize: 2, using: &random)
    }
  }

  @Test("landing page: a model goes to a file and comes back")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = Self.smallModel(seed: 1)
      var same = Self.smallModel(seed: 2)
      #expect(same.parameterValues != model.parameterValues)
      try model.save(to: url)
      try same.load(from: url)
      #expect(same.parameterValues == model.parameterValues)

      let file = try Safetensors(contentsOf: url)
      let weight = try file.tensor("0.weight", as: Float.self)
      #expect(weight == model.parameterValues["0.weight"])
    }
  }

  @Test("landing page: tensors of several types in one file")
  func types() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "state.safetensors")
      let weight = Tensor<Float>([1, 2], shape: [2])
      try Safetensors.write(
        ["weight": AnyTensor(weight), "step": AnyTensor(Tensor<Int64>(7))], to: url)
      let step = try Safetensors(contentsOf: url).tensor("step").typed(as: Int64.self)
      #expect(step?.item() == 7)
    }
  }

  @Test("article: a saved model is rebuilt from what it says about itself")
  func savedModel() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = Self.smallModel(seed: 1)

      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      try SavedModel.write(
        model,
        SavedModel.Metadata(
          architecture: String(decoding: try encoder.encode(model.specification), as: UTF8.self),
          preprocessing: "two numbers, each divided by 100", classNames: ["cat", "dog"],
          positiveClass: "dog", threshold: 0.5, training: ["seed": "42"],
          card: "An example. It has not learnt anything."),
        to: url)

      let saved = try SavedModel(contentsOf: url)
      let specification = try JSONDecoder().decode(
        LayerSpecification.self, from: Data(saved.metadata.architecture.utf8))
      var loaded = try Sequential<Float>(specification: specification)
      try saved.restore(&loaded)

      #expect(loaded.parameterValues == model.parameterValues)
      #expect(saved.metadata.threshold == 0.5)
      let input = Tensor<Float>([0.3, -0.4], shape: [1, 2])
      #expect(loaded(input) == model(input))
    }
  }

  @Test("article: weights of another architecture are refused, and the model is as it was")
  func mismatch() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try SavedModel.write(
        Self.smallModel(seed: 1),
        SavedModel.Metadata(architecture: "", preprocessing: "", classNames: ["cat", "dog"]),
        to: url)
      var random = RandomGenerator(seed: 3)
      var other = Sequential<Float> { Dense(inputSize: 2, outputSize: 4, using: &random) }
      let before = other.parameterValues
      let error = #expect(throws: StateMismatch.self) {
        try SavedModel(contentsOf: url).restore(&other)
      }
      #expect(error?.unexpected == ["2.bias", "2.weight"])
      #expect(error?.different.map(\.name) == ["0.bias", "0.weight"])
      #expect(other.parameterValues == before)
    }
  }
}
