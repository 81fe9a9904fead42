import ArgumentParser
import CovidXRay
import Foundation
import Tensor

struct TrainCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract:
      "Train the article's network, or a more careful one, and write a folder with all of it.",
    discussion: """
      Both parts of the data are measured after training, without augmentation. The figures of the training images say how \
      well the network remembers them; the article's 96.4 % is such a figure.

      The folder has config.json, history.csv, loss.svg, accuracy.svg, confusion-matrix.svg, model-card.md and \
      model.safetensors. It appears when all is done. The same options and images give the same model, byte for byte, for \
      any number of threads and workers.

      --recipe sets all that follows it; options that are given as well have the last word on their part.
      """)

  @Option(
    help: """
      A folder with Train and Val in it, each with one folder of images for each of two classes. Without it, SYNTHETIC \
      phantoms are drawn.
      """)
  var data: Path?

  @Option(
    parsing: .unconditional,
    help: """
      How many SYNTHETIC phantoms of each class are drawn, 4 to 10000: four fifths to train on, a fifth to measure with. \
      As many as the article's data set has images by default.
      """)
  var phantoms: Int?

  @Option(help: "The folder to write. By default, a new one in runs, named by data and seed.")
  var out: Path?

  @Flag(help: "Replace an earlier run in the folder of --out.")
  var overwrite = false

  @Option(
    help: """
      What to compute: article, as published; or careful, which cuts films to the lungs, draws opacities, leaves a part of \
      the patients out to stop and to choose by, and averages four small networks.
      """)
  var recipe = RecipeName.article

  @Option(
    parsing: .unconditional, help: "Where all random numbers come from, 0 or more. (default: 42)")
  var seed: UInt64?

  @Option(parsing: .unconditional, help: "How many epochs, 1 or more. (article: 10)")
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Steps an epoch, 1 or more. (article: 8)")
  var stepsPerEpoch: Int?

  @Option(parsing: .unconditional, help: "Images a step, 1 or more. (default: 32)")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "The size of Adam's steps, above 0. (article: 0.001)")
  var learningRate: Double?

  @Option(
    parsing: .unconditional,
    help: """
      Height and width of the images that the network sees, \(CovidNetwork.minimumImageSize) to \
      \(TrainingRecipe.maximumImageSize). (article: 224)
      """)
  var imageSize: Int?

  @Option(
    help: """
      What happens to training images: none, article (zoom, flip), careful (no flip), wide (as careful, and farther). \
      (by default that of the recipe)
      """)
  var augmentation: Augmentation?

  @Option(
    parsing: .unconditional,
    help: """
      How many networks are trained and averaged, 1 to 64, each with random numbers of its own. (article: 1, careful: 4)
      """)
  var ensemble: Int?

  @Option(
    help: """
      In how many ways the finished model looks at an image: one, or five (slight turns and scales), which it averages. \
      (article: one, careful: five)
      """)
  var views: FilmViews?

  @OptionGroup var work: WorkOptions
  @OptionGroup var printing: PrintOptions

  /// The recipe by its name, with the options that were given.
  private var chosenRecipe: TrainingRecipe {
    var chosen = recipe == .article ? TrainingRecipe.article : .careful
    if let seed { chosen.seed = seed }
    if let epochs { chosen.epochs = epochs }
    if let stepsPerEpoch { chosen.stepsPerEpoch = stepsPerEpoch }
    if let batchSize { chosen.batchSize = batchSize }
    if let learningRate { chosen.learningRate = learningRate }
    if let imageSize { chosen.imageSize = imageSize }
    if let augmentation { chosen.augmentation = augmentation }
    if let ensemble { chosen.members = ensemble }
    if let views { chosen.views = views }
    return chosen
  }

  func validate() throws {
    do {
      try chosenRecipe.validate()
    } catch let error as RecipeError {
      throw error.asValidationError
    }
    if overwrite && out == nil { throw ValidationError("--overwrite needs --out") }
    guard let phantoms else { return }
    if data != nil { throw ValidationError("--phantoms and --data exclude each other") }
    guard 4...10_000 ~= phantoms else {
      throw ValidationError("--phantoms needs a whole number from 4 to 10000, got \(phantoms)")
    }
  }

  func execute() throws {
    let recipe = chosenRecipe
    Parallel.maximumThreads = work.threads
    let dataset = try makeDataset()
    let folder = try Failure.writing { try makeFolder() }
    let handler = InterruptionHandler { folder.discard() }
    defer { withExtendedLifetime(handler) { folder.discard() } }

    let reporter = TrainingReporter(
      dataset: dataset, recipe: recipe, data: data?.text, printing: printing)
    try reporter.begin()
    let run = try CovidClassifier.train(
      on: dataset, recipe: recipe, workers: work.workers, unreadable: work.onUnreadable.samples
    ) { try reporter.report($0) }
    try Failure.writing {
      try folder.publish(
        run,
        configuration: RunConfiguration(
          recipe: recipe, data: data?.text, onUnreadable: work.onUnreadable.rawValue,
          threads: work.threads, workers: work.workers))
    }
    try reporter.finish(run, folder: folder.url)
  }

  private func makeDataset() throws -> XRayDataset {
    guard let phantoms else { return try data.map { try XRayDataset(at: $0.url) } ?? .synthetic() }
    let validation = (phantoms + 4) / 5
    return .synthetic(training: phantoms - validation, validation: validation)
  }

  /// Room for the run: where the user wants it, or in the first folder of the default name that is free.
  private func makeFolder() throws -> RunFolder {
    // The weights, and a mebibyte for pictures and texts.
    let byteCount = 4 * chosenRecipe.parameterCount + 1 << 20
    if let out {
      do {
        return try RunFolder(at: out.url, replacingRun: overwrite, byteCount: byteCount)
      } catch let error as RunFolder.Occupied {
        throw Failure(
          code: .unwritableOutput,
          message: "\(error); --overwrite replaces it, another --out keeps it")
      }
    }
    let name = data.map { $0.url.standardizedFileURL.lastPathComponent } ?? "synthetic"
    let base = "runs/\(name)\(recipe == .article ? "" : "-careful")-seed\(chosenRecipe.seed)"
    var number = 1
    while true {
      let path = number == 1 ? base : "\(base)-\(number)"
      if !FileManager.default.fileExists(atPath: path) {
        return try RunFolder(at: URL(filePath: path), byteCount: byteCount)
      }
      number += 1
    }
  }
}

/// A recipe by its name.
enum RecipeName: String, ExpressibleByArgument, CaseIterable {
  case article, careful
}
