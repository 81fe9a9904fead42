import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Imaging
import Layers
import Tensor
import Testing

@Suite("Ensembles and careful networks")
struct EnsembleTests {
  /// Careful networks with weights of their own.
  static func classifier(
    seeds: [UInt64], views: FilmViews = .one, temperature: Double? = nil
  ) -> CovidClassifier {
    CovidClassifier(
      members: seeds.map { seed in
        var random = RandomGenerator(seed: seed)
        return CarefulNetwork.model(channels: [3, 4], using: &random)
      },
      preprocessing: Preprocessing(
        colours: .grey, size: ImageSize(height: 24, width: 24), resizing: .area, margin: 0.05,
        intensity: .standardized, views: views),
      classNames: ["Covid", "Normal"], positiveClass: "Covid", threshold: 0.4,
      temperature: temperature, provenance: ["seed": "1"], card: "card")
  }

  static let film: Image = {
    var random = RandomGenerator(seed: 4)
    return Sample.film(brightness: 120, using: &random)
  }()

  @Test("an ensemble says the mean of what its members say, and how far they disagree")
  func mean() throws {
    let single = [1, 2, 3].map { Self.classifier(seeds: [$0]).predict(Self.film) }
    let together = Self.classifier(seeds: [1, 2, 3]).predict(Self.film)
    let values = try single.map { try $0.probability(of: "Covid") }
    let mean = values.reduce(0, +) / 3
    #expect(abs(try together.probability(of: "Covid") - mean) < 1e-15)
    #expect(together.memberProbabilities == single.map(\.probabilities))
    #expect(together.range == values.min()!...values.max()!)
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    #expect(abs(together.spread - deviation) < 1e-15 && deviation > 0)
    #expect(single[0].spread == 0 && single[0].range == values[0]...values[0])
  }

  @Test("several views are averaged, and differ from one")
  func views() {
    let one = Self.classifier(seeds: [1]).predict(Self.film).probabilities[0]
    let five = Self.classifier(seeds: [1], views: .five).predict(Self.film).probabilities[0]
    #expect(one != five && abs(one - five) < 0.2)
    let fifteen = Self.classifier(seeds: [1], views: .fifteen).predict(Self.film).probabilities[0]
    #expect(fifteen != five && abs(fifteen - five) < 0.2)
  }

  @Test("fifteen views are the five, as they are and with the tone curves at the ends of the range")
  func tones() {
    func views(_ views: FilmViews) -> [Tensor<Float>] {
      let size = ImageSize(height: 24, width: 24)
      return Preprocessing(colours: .grey, size: size, resizing: .area, views: views)
        .prepare(Self.film).views
    }
    let (five, fifteen) = (views(.five), views(.fifteen))
    #expect(five.count == 5 && fifteen.count == 15)
    #expect(Array(fifteen[..<5]) == five)
    for (index, view) in five.enumerated() {
      for (offset, logarithm) in [(5, -0.9), (10, 0.9)] {
        let curved = Tensor(
          view.scalars.map { pow($0, Float(exp(logarithm))) }, shape: view.shape)
        #expect((fifteen[offset + index] - curved).abs().max().item() < 1e-5)
      }
    }
  }

  @Test("a temperature divides the log-odds")
  func temperature() {
    let plain = Self.classifier(seeds: [1, 2]).predict(Self.film).probabilities[0]
    let cool = Self.classifier(seeds: [1, 2], temperature: 2).predict(Self.film).probabilities[0]
    let odds = log(plain / (1 - plain)) / 2
    #expect(abs(log(cool / (1 - cool)) - odds) < 1e-12 && abs(odds) > 1e-3)
  }

  @Test(
    "it comes back from its file with all that belongs to it, and predicts the same",
    arguments: [[1], [1, 2, 3]])
  func roundTrip(seeds: [UInt64]) throws {
    try Sample.withTemporaryFolder { folder in
      let model = Self.classifier(seeds: seeds, views: .five, temperature: 1.5)
      let url = folder.appending(path: "model.safetensors")
      try model.save(to: url)
      let loaded = try CovidClassifier(contentsOf: url)
      #expect(loaded.members.count == seeds.count && loaded.temperature == 1.5)
      #expect(loaded.preprocessing == model.preprocessing)
      #expect(loaded.predict(Self.film) == model.predict(Self.film))
      let copy = folder.appending(path: "copy.safetensors")
      try loaded.save(to: copy)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: url))
    }
  }

  @Test(
    "a folder gives the names, and each film what it gives alone, with any number of workers and views"
  )
  func folder() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder, training: 3, validation: 1)
      let train = folder.appending(path: "Train")
      try Data("no image".utf8).write(to: train.appending(path: "Covid/1bad.png"))
      let model = Self.classifier(seeds: [1, 2], views: .five)
      let result = try model.probabilities(of: train, workers: 0, unreadable: .skip)
      let names = [
        "Covid/0.png", "Covid/1.png", "Covid/2.png", "Normal/0.png", "Normal/1.png", "Normal/2.png",
      ]
      #expect(result.names == names && result.predictions.labels == [0, 0, 0, 1, 1, 1])
      #expect(result.skipped.map(\.name) == ["Covid/1bad.png"])
      for (index, name) in names.enumerated() {
        let alone = try model.predict(imageAt: train.appending(path: name))
        #expect(result.films[index] == alone)
        #expect(Array(result.predictions.probabilities(ofSample: index)) == alone.probabilities)
      }
      let parallel = try model.probabilities(of: train, workers: 3, unreadable: .skip)
      #expect(parallel.films == result.films && parallel.names == names)
      #expect(throws: ImageError.self) { try model.probabilities(of: train) }
    }
  }

  @Test(
    "an ensemble that does not fit together is refused, and the message says why",
    arguments: [
      (
        "\"kind\":\"Ensemble\",\"layers\":[",
        "\"kind\":\"Ensemble\",\"layers\":[{\"kind\":\"ReLU\",\"layers\":[],\"options\":{}},",
        "not alike"
      ),
      ("\"Ensemble\"", "\"Team\"", "Team, expected Sequential"),
      ("\"outputSize\":1", "\"outputSize\":2", "2 outputs, expected 1"),
      ("\"channels\":3", "\"channels\":5", "BatchNorm, does not take the 3 channels"),
      ("\"inputSize\":4", "\"inputSize\":9", "Dense, does not take the 4 values"),
      ("\"momentum\":", "\"momentum\":1", "has other options"),
    ])
  func refused(old: String, new: String, reason: String) throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = Self.classifier(seeds: [1, 2])
      try model.save(to: url)
      var metadata = try SavedModel.metadata(at: url)
      #expect(metadata.architecture.contains(old))
      metadata.architecture = metadata.architecture.replacingOccurrences(of: old, with: new)
      try SavedModel.write(model.network, metadata, to: url)
      let error = #expect(throws: CheckpointError.self) { try CovidClassifier(contentsOf: url) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "none")")
    }
  }

  @Test("weights of a member that are missing are listed with the number of the member")
  func missingMember() throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = Self.classifier(seeds: [1, 2])
      try model.save(to: url)
      try SavedModel.write(model.network, try SavedModel.metadata(at: url), to: url)
      let error = #expect(throws: StateMismatch.self) { try CovidClassifier(contentsOf: url) }
      #expect(error?.missing.contains("1.0.filter") == true)
    }
  }
}
