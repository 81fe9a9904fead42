import Autograd
import Checkpoints
import CovidXRay
import Foundation
import Imaging
import Layers
import Tensor
import Testing

@Suite("Saved chest-film classifier")
struct CovidClassifierFilesTests {
  @Test("a saved model comes back with all that belongs to it, and predicts the same")
  func roundTrip() throws {
    try Sample.withTemporaryFolder { folder in
      let model = try Sample.syntheticRun.get().model
      let url = folder.appending(path: "model.safetensors")
      try model.save(to: url)
      let loaded = try CovidClassifier(contentsOf: url)
      #expect(loaded.classNames == model.classNames)
      #expect(loaded.positiveClass == model.positiveClass && loaded.threshold == model.threshold)
      #expect(loaded.preprocessing == model.preprocessing)
      #expect(loaded.provenance == model.provenance && loaded.card == model.card)
      #expect(loaded.isSynthetic)
      #expect(loaded.network.parameterValues == model.network.parameterValues)

      var random = RandomGenerator(seed: 3)
      let film = folder.appending(path: "film.png")
      try Sample.film(brightness: 128, using: &random).writePNG(to: film)
      #expect(try loaded.predict(imageAt: film) == model.predict(imageAt: film))

      let copy = folder.appending(path: "copy.safetensors")
      try loaded.save(to: copy)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: url))
    }
  }

  /// A model file spoilt in one way, and what the message about it must have.
  struct Spoilt: Sendable, CustomTestStringConvertible {
    typealias Change = @Sendable (inout SavedModel.Metadata, inout Sequential<Float>) -> Void

    let message: String
    let change: Change

    init(_ message: String, _ change: @escaping Change) {
      self.message = message
      self.change = change
    }

    var testDescription: String { message }
  }

  private static let spoilt: [Spoilt] = [
    Spoilt("3 classes") { metadata, _ in metadata.classNames.append("Viral") },
    Spoilt("no positive class") { metadata, _ in
      metadata.positiveClass = nil
      metadata.threshold = nil
    },
    Spoilt("preprocessing") { metadata, _ in metadata.preprocessing = "resize" },
    Spoilt("unknown step \"crop\"") { metadata, _ in
      replace("{", "{\"crop\":1,", in: &metadata.preprocessing)
    },
    Spoilt("no readable architecture") { metadata, _ in metadata.architecture = "{" },
    // Another image size: what the poolings leave is not what the dense layer takes.
    Spoilt("layer 15, Dense, does not take") { metadata, _ in
      replace("\"height\":24", "\"height\":64", in: &metadata.preprocessing)
      replace("\"width\":24", "\"width\":64", in: &metadata.preprocessing)
    },
    Spoilt("images of 24 × 4096") { metadata, _ in
      replace("\"width\":24", "\"width\":4096", in: &metadata.preprocessing)
    },
    // Terabytes, had they been believed.
    Spoilt("layer 15, Dense, has") { metadata, _ in
      replace("\"outputSize\":5", "\"outputSize\":16000000", in: &metadata.architecture)
    },
    Spoilt("layer 1, ReLU, has other options") { metadata, _ in
      replace(
        #"{"kind":"ReLU","layers":[],"options":{}"#,
        #"{"kind":"ReLU","layers":[],"options":{"slope":0.1}"#, in: &metadata.architecture)
    },
    Spoilt("layer 19 is Softmax, expected Sigmoid") { metadata, _ in
      replace("\"Sigmoid\"", "\"Softmax\"", in: &metadata.architecture)
    },
    Spoilt("0.bias holds numbers that are not finite") { _, network in
      network.updateParameters { parameter, path in
        if path == "0.bias" { parameter.value = .init(repeating: .nan, shape: parameter.shape) }
      }
    },
  ]

  @Test("what is not such a model is refused, and the message says why", arguments: spoilt)
  func refused(spoilt: Spoilt) throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = try Sample.syntheticRun.get().model
      try model.save(to: url)
      var metadata = try SavedModel.metadata(at: url)
      var network = model.network
      spoilt.change(&metadata, &network)
      try SavedModel.write(network, metadata, to: url)
      let error = #expect(throws: CheckpointError.self) { try CovidClassifier(contentsOf: url) }
      let text = error?.description ?? "none"
      #expect(text.contains(spoilt.message), "\(text)")
      #expect(text.hasPrefix(url.path(percentEncoded: false)))
    }
  }

  @Test("a model of other layers is refused with the tensors that are missing and unexpected")
  func otherLayers() throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Sample.syntheticRun.get().model.save(to: url)
      var metadata = try SavedModel.metadata(at: url)
      var random = RandomGenerator(seed: 1)
      let other = Sequential<Float> {
        Flatten()
        Dense(inputSize: 24 * 24 * 3, outputSize: 1, using: &random)
        Sigmoid()
      }
      let encoded = try JSONEncoder().encode(other.specification)
      metadata.architecture = String(decoding: encoded, as: UTF8.self)
      try SavedModel.write(other, metadata, to: url)
      let error = #expect(throws: CheckpointError.self) { try CovidClassifier(contentsOf: url) }
      let text = error?.description ?? ""
      #expect(text.contains("another architecture: 3 layers, expected 20"))
      #expect(
        text.contains("missing tensors: 0.bias") && text.contains("unexpected tensors: 1.bias"))
    }
  }

  @Test("weights that are not those of the architecture are listed, all of them")
  func otherWeights() throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = try Sample.syntheticRun.get().model
      try model.save(to: url)
      let metadata = try SavedModel.metadata(at: url)
      try SavedModel.write(model.network[..<15], metadata, to: url)
      let error = #expect(throws: StateMismatch.self) { try CovidClassifier(contentsOf: url) }
      #expect(error?.missing == ["15.bias", "15.weight", "18.bias", "18.weight"])
    }
  }

  @Test("a plain safetensors file, and what is none, are refused by path")
  func noModel() throws {
    try Sample.withTemporaryFolder { folder in
      let plain = folder.appending(path: "plain.safetensors")
      try Sample.syntheticRun.get().model.network.save(to: plain)
      let text = folder.appending(path: "text.safetensors")
      try Data("weights".utf8).write(to: text)
      for url in [plain, text, folder, folder.appending(path: "none")] {
        let error = #expect(throws: CheckpointError.self) { try CovidClassifier(contentsOf: url) }
        #expect(error?.path.contains(url.lastPathComponent) == true)
      }
    }
  }
}

/// Replaces a text in the architecture or preprocessing, which must be there.
private func replace(_ old: String, _ new: String, in text: inout String) {
  #expect(text.contains(old))
  text = text.replacingOccurrences(of: old, with: new)
}
