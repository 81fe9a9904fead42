import Autograd
import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Imaging
import Layers
import Optim
import Tensor
import Testing
import Training

@Suite("Chest-film classifier")
struct CovidClassifierTests {
  @Test("a run has a row an epoch, both parts measured, and a model that names its classes")
  func run() throws {
    let run = try Sample.syntheticRun.get()
    #expect(run.history.epochs.map(\.number) == [1, 2])
    #expect(run.history.epochs.allSatisfy { $0.loss > 0 && $0.validationLoss ?? 0 > 0 })
    #expect(run.training.count == 10 && run.training.name == "training")
    #expect(run.validation.count == 6 && run.validation.name == "validation")
    #expect(run.model.classNames == ["Covid", "Normal"] && run.model.positiveClass == "Covid")
    #expect(run.model.isSynthetic)
    // The history was measured in batches, the result film by film: equal up to rounding.
    let last = try #require(run.history.epochs.last)
    #expect(abs(try #require(last.validationLoss) - run.validation.loss) < 1e-5)
    #expect(last.validationAccuracy == run.validation.accuracy.value)
  }

  @Test("the first two lines of the interface, and predictions that agree with the evaluation")
  func predict() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe)
      let images = try ImageFolder(at: folder.appending(path: "Val"))
      var matrix = ConfusionMatrix(classNames: run.model.classNames)
      var loss = 0.0
      for file in images.files {
        let prediction = try run.model.predict(imageAt: file.url)
        let covid = try prediction.probability(of: "Covid")
        let normal = try prediction.probability(of: "Normal")
        #expect(abs(covid + normal - 1) < 1e-12)
        #expect(prediction.isPositive == (covid >= 0.5))
        matrix.add(actual: file.label, predicted: prediction.predictedClass == "Covid" ? 0 : 1)
        loss -= log(file.label == 0 ? covid : normal) / Double(images.files.count)
      }
      #expect(matrix == run.validation.confusionMatrix)
      #expect(abs(loss - run.validation.loss) < 1e-6)
      let again = try run.model.evaluate(on: images.url, named: "again", workers: 2)
      #expect(again.evaluation.confusionMatrix == matrix && again.skipped.isEmpty)
      #expect(again.evaluation.loss == run.validation.loss)
    }
  }

  @Test("dark films are told from bright ones")
  func learns() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder, training: 8, validation: 8)
      var recipe = Sample.recipe
      recipe.channels = [8, 8, 8, 8]
      recipe.denseSize = 16
      recipe.epochs = 8
      recipe.stepsPerEpoch = 8
      recipe.learningRate = 0.003
      recipe.augmentation = .none
      let run = try CovidClassifier.train(on: folder, recipe: recipe)
      #expect(run.validation.accuracy.value == 1)
    }
  }

  @Test("a class that the model does not have is refused by name")
  func unknownClass() throws {
    try Sample.withTemporaryFolder { folder in
      var random = RandomGenerator(seed: 1)
      let url = folder.appending(path: "film.png")
      try Sample.film(brightness: 100, using: &random).writePNG(to: url)
      let prediction = try Sample.syntheticRun.get().model.predict(imageAt: url)
      let error = #expect(throws: UnknownClass.self) { try prediction.probability(of: "covid") }
      #expect(error?.description == "no class \"covid\"; expected Covid or Normal")
    }
  }

  @Test("without a class Covid, the first is the positive one")
  func positiveClass() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder, classNames: ["Bacterial", "Viral"])
      var recipe = Sample.recipe
      recipe.epochs = 1
      #expect(
        try CovidClassifier.train(on: folder, recipe: recipe).model.positiveClass == "Bacterial")
    }
  }

  @Test("the same recipe gives the same file, byte for byte, for any number of workers and threads")
  func repeats() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder.appending(path: "data"), training: 5, validation: 2)
      func bytes(workers: Int, seed: UInt64 = 42) throws -> Data {
        var recipe = Sample.recipe
        recipe.seed = seed
        let run = try CovidClassifier.train(
          on: folder.appending(path: "data"), recipe: recipe, workers: workers)
        let url = folder.appending(path: "model.safetensors")
        try run.model.save(to: url)
        return try Data(contentsOf: url)
      }
      let expected = try bytes(workers: 0)
      for workers in [0, 1, 2, 4] {
        #expect(try bytes(workers: workers) == expected, "\(workers) workers")
      }
      #expect(try bytes(workers: 1, seed: 43) != expected)
      // No trace of where the films were.
      #expect(expected.range(of: Data(folder.lastPathComponent.utf8)) == nil)
    }
  }

  @Test("a file that cannot be read stops the run with its path, or is left out and listed")
  func unreadable() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let bad = folder.appending(path: "Train/Covid/bad.jpg")
      try Data("no image".utf8).write(to: bad)
      let error = #expect(throws: ImageError.self) {
        try CovidClassifier.train(on: folder, recipe: Sample.recipe)
      }
      #expect(error?.path == bad.path(percentEncoded: false))
      var announced: [String] = []
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe, unreadable: .skip) {
        if case .ready(let counts, _, let skipped) = $0 {
          #expect(counts == [3, 3])
          announced = skipped.map(\.name)
        }
      }
      #expect(run.skipped.map(\.name) == ["Covid/bad.jpg"] && announced == ["Covid/bad.jpg"])
      #expect(run.training.count == 6)
      #expect(run.model.provenance["skippedImages"] == "1")
    }
  }

  @Test(
    "what is random about a film hangs on its place in the folder, whatever is left out before it")
  func keysBehindSkippedFilms() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let train = folder.appending(path: "Train")
      try Data("no image".utf8).write(to: train.appending(path: "Covid/0.png"))
      let recipe = Sample.recipe
      let run = try CovidClassifier.train(on: folder, recipe: recipe, unreadable: .skip)

      // The same by hand, with the loader that leaves films out by itself.
      let preprocessing = Preprocessing(imageSize: recipe.imageSize)
      let key = RandomKey(seed: recipe.seed)
      var random = RandomGenerator(key: key.derived(0))
      var trainer = Trainer(
        model: CovidNetwork.model(
          imageSize: recipe.imageSize, channels: recipe.channels, denseSize: recipe.denseSize,
          using: &random) as Sequential<Float>,
        optimizer: recipe.optimizer, objective: .binaryCrossEntropy)
      let loader = try Loader(
        preprocessing.images(in: try ImageFolder(at: train)),
        transform: AugmentedPixels(.article, size: preprocessing.size, mode: .rgb),
        batchSize: recipe.batchSize, stepsPerEpoch: recipe.stepsPerEpoch, shuffled: true,
        seed: key.derived(1).word(at: 0), unreadable: .skip)
      _ = try trainer.run(
        epochs: recipe.epochs, on: loader, seed: key.derived(2).word(at: 0))
      #expect(run.skipped.map(\.name) == ["Covid/0.png"])
      #expect(run.model.network.parameterValues == trainer.model.parameterValues)
    }
  }

  @Test("a class of which nothing can be read stops the run even where files may be left out")
  func nothingReadable() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder, training: 1)
      try Data("no image".utf8).write(to: folder.appending(path: "Train/Normal/0.png"))
      let error = #expect(throws: DatasetError.self) {
        try CovidClassifier.train(on: folder, recipe: Sample.recipe, unreadable: .skip)
      }
      #expect(error?.description.contains("Normal") == true)
    }
  }

  @Test("an outside set may have one class only")
  func oneClass() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      try FileManager.default.removeItem(at: folder.appending(path: "Val/Covid"))
      let result = try Sample.syntheticRun.get().model.evaluate(
        on: folder.appending(path: "Val"), named: "outside")
      #expect(
        result.evaluation.sensitivity.value == nil && result.evaluation.specificity.count == 2)
      #expect(result.evaluation.report.contains("undefined"))
    }
  }

  @Test("what a report throws ends the run")
  func cancelled() {
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      try CovidClassifier.train(on: Sample.phantoms, recipe: Sample.recipe) {
        if case .training(.step) = $0 { throw Enough() }
      }
    }
  }

  @Test(
    "a run on the real films works",
    // The films are not part of this project.
    .enabled(
      if: ProcessInfo.processInfo.environment["COVID_DATASET"] != nil, "COVID_DATASET is not set"))
  func realFilms() throws {
    let real = URL(filePath: ProcessInfo.processInfo.environment["COVID_DATASET"] ?? "")
    try Sample.withTemporaryFolder { folder in
      // The first few of each class, by links: debug builds decode slowly.
      for path in ["Train/Covid", "Train/Normal", "Val/Covid", "Val/Normal"] {
        let target = folder.appending(path: path)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        let names = try FileManager.default.contentsOfDirectory(
          atPath: real.appending(path: path).path(percentEncoded: false)
        ).sorted().prefix(4)
        for name in names {
          try FileManager.default.createSymbolicLink(
            at: target.appending(path: name),
            withDestinationURL: real.appending(path: "\(path)/\(name)"))
        }
      }
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe, workers: 2)
      #expect(run.training.count == 8 && run.validation.count == 8)
      #expect(!run.model.isSynthetic && !run.model.card.contains("SYNTHETIC"))
    }
  }
}
