public import Datasets
public import Foundation
import Imaging
import Layers
import Tensor
public import Training

/// What a training run has come to.
public enum TrainingProgress: Sendable {
  /// All is ready: so many films of each class take part, and these files are left out.
  case ready(training: [Int], validation: [Int], skipped: [SkippedSample])
  /// A step or an epoch is done.
  case training(TrainingEvent)
  /// So many films of a part have been measured with the finished network.
  case evaluating(XRayDataset.Split, done: Int, count: Int)
}

extension CovidClassifier {
  /// Trains a classifier on the films of a folder, and measures it on both of its parts.
  ///
  /// - Parameters:
  ///   - folder: As ``XRayDataset`` describes.
  ///   - recipe: What to compute.
  ///   - workers: How many threads read and augment films ahead. It changes nothing but the time.
  ///   - unreadable: What to do about files that cannot be read.
  ///   - report: Called on the way. What it throws ends the run.
  /// - Throws: ``RecipeError``; `DatasetError` and `ImageError` with the path and the reason; `TrainingError` where the loss
  ///   is no finite number any more.
  public static func train(
    on folder: URL, recipe: TrainingRecipe = .article, workers: Int = 1,
    unreadable: UnreadableSamples = .stop,
    report: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainingRun {
    try train(
      on: try XRayDataset(at: folder), recipe: recipe, workers: workers, unreadable: unreadable,
      report: report)
  }

  /// Trains a classifier on a data set, and measures it on both of its parts.
  public static func train(
    on dataset: XRayDataset, recipe: TrainingRecipe = .article, workers: Int = 1,
    unreadable: UnreadableSamples = .stop,
    report: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainingRun {
    try recipe.validate()
    let preprocessing = Preprocessing(imageSize: recipe.imageSize)
    let training = try Part(.training, of: dataset, preprocessing, unreadable)
    let validation = try Part(.validation, of: dataset, preprocessing, unreadable)
    try report(
      .ready(
        training: training.counts, validation: validation.counts,
        skipped: training.skipped + validation.skipped))

    let key = RandomKey(seed: recipe.seed)
    var random = RandomGenerator(key: key.derived(Purpose.weights.rawValue))
    var trainer = Trainer(
      model: CovidNetwork.model(
        imageSize: recipe.imageSize, inputChannels: preprocessing.colours.channels,
        channels: recipe.channels, denseSize: recipe.denseSize, using: &random)
        as Sequential<Float>,
      optimizer: recipe.optimizer, objective: .binaryCrossEntropy)
    let history = try trainer.run(
      epochs: recipe.epochs,
      on: try training.batches(
        PreparedPixels(preprocessing, augmentation: recipe.augmentation),
        recipe, shuffleSeed: key.derived(Purpose.films.rawValue).word(at: 0), workers: workers),
      validation: try validation.batches(preprocessing.pixels, recipe, workers: workers),
      seed: key.derived(Purpose.dropout.rawValue).word(at: 0)
    ) { try report(.training($0)) }

    let parts = [training, validation]
    let classifier = CovidClassifier(
      members: [trainer.model], preprocessing: preprocessing, classNames: dataset.classNames,
      positiveClass: positiveClass(among: dataset.classNames), threshold: recipe.threshold,
      provenance: try provenance(of: dataset, recipe, parts), card: "")
    let evaluations = try parts.map { part in
      try part.evaluated(by: classifier, workers: workers) {
        try report(.evaluating(part.split, done: $0, count: $1))
      }
    }
    let card = ModelCard(
      classifier: classifier, recipe: recipe, counts: parts.map(\.counts),
      training: evaluations[0], validation: evaluations[1])
    return TrainingRun(
      model: classifier.with(card: card.text), recipe: recipe, dataset: dataset, history: history,
      training: evaluations[0], validation: evaluations[1], skipped: parts.flatMap(\.skipped))
  }

  /// The streams of random numbers of a run, each its own.
  private enum Purpose: UInt64 {
    case weights, films, dropout
  }

  /// Recipe, source and counts: what decides the weights, and nothing that does not.
  private static func provenance(
    of dataset: XRayDataset, _ recipe: TrainingRecipe, _ parts: [Part]
  ) throws -> [String: String] {
    [
      Provenance.synthetic: "\(dataset.isSynthetic)",
      Provenance.images: dataset.isSynthetic ? SyntheticChest.notice : "image files",
      Provenance.recipe: try CanonicalJSON.text(recipe),
      Provenance.training: ModelCard.list(parts[0].counts, dataset.classNames),
      Provenance.validation: ModelCard.list(parts[1].counts, dataset.classNames),
      Provenance.skipped: "\(parts.reduce(0) { $0 + $1.skipped.count })",
    ]
  }
}

/// A part of a data set without the films that cannot be read, if those are to be left out.
private struct Part {
  let split: XRayDataset.Split
  let samples: any SampleSource<Image>
  let counts: [Int]
  let skipped: [SkippedSample]

  init(
    _ split: XRayDataset.Split, of dataset: XRayDataset, _ preprocessing: Preprocessing,
    _ unreadable: UnreadableSamples
  ) throws {
    func readable(
      of source: some SampleSource<Image>
    ) throws -> (any SampleSource<Image>, [SkippedSample]) {
      if unreadable == .stop { return (source, []) }
      let loader = try Loader(
        source, transform: preprocessing.pixels, batchSize: 1, unreadable: .skip)
      return (source.subset(loader.samples), loader.skipped)
    }
    self.split = split
    (samples, skipped) = try readable(of: dataset.samples(split, for: preprocessing))
    counts = samples.labels.reduce(into: dataset.classNames.map { _ in 0 }) { $0[$1] += 1 }
    if let empty = counts.firstIndex(of: 0) {
      throw DatasetError(
        .nothingReadable, path: skipped.first?.name ?? split.rawValue,
        "the first of \(skipped.count) \(split.rawValue) images that cannot be read; of class "
          + "\(dataset.classNames[empty]) none can")
    }
  }

  /// The films in batches; shuffled anew in every pass, and as many an epoch as the recipe says, where there is a seed.
  func batches(
    _ transform: some SampleTransform<Image>, _ recipe: TrainingRecipe, shuffleSeed: UInt64? = nil,
    workers: Int
  ) throws -> any BatchSource {
    func loader(
      _ samples: some SampleSource<Image>, _ transform: some SampleTransform<Image>
    ) throws -> any BatchSource {
      try Loader(
        samples, transform: transform, batchSize: recipe.batchSize,
        stepsPerEpoch: shuffleSeed == nil ? nil : recipe.stepsPerEpoch,
        shuffled: shuffleSeed != nil, seed: shuffleSeed ?? 0, workers: workers)
    }
    return try loader(samples, transform)
  }

  func evaluated(
    by classifier: CovidClassifier, workers: Int, report: (Int, Int) throws -> Void
  ) throws -> SplitEvaluation {
    try classifier.evaluate(on: samples, named: split.rawValue, workers: workers, report: report)
  }
}
