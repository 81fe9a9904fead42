public import Datasets
import Evaluation
public import Foundation
import Imaging
import Layers
import Tensor
public import Training

/// What a training run has come to.
public enum TrainingProgress: Sendable {
  /// All is ready: so many films of each class take part, and these files are left out.
  case ready(training: [Int], validation: [Int], skipped: [SkippedSample])
  /// Something was decided that whoever reads the figures should know, in words.
  case note(String)
  /// A network of several begins to be trained, the first of which is 1.
  case member(Int, of: Int)
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
  ///   - patients: Who is on a film, by its path from the folder on, such as `Train/Covid/a.jpg`, or by its name alone; `nil`
  ///     where that is not known. Training that leaves films out to choose by them leaves out all films of a patient.
  ///   - report: Called on the way. What it throws ends the run.
  /// - Throws: ``RecipeError``; `DatasetError` and `ImageError` with the path and the reason; `PartitionError` where there are
  ///   fewer patients than parts; `TrainingError` where the loss is no finite number any more.
  public static func train(
    on folder: URL, recipe: TrainingRecipe = .article, workers: Int = 1,
    unreadable: UnreadableSamples = .stop, patients: [String: String]? = nil,
    report: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainingRun {
    try train(
      on: try XRayDataset(at: folder), recipe: recipe, workers: workers, unreadable: unreadable,
      patients: patients, report: report)
  }

  /// Trains a classifier on a data set, and measures it on both of its parts.
  public static func train(
    on dataset: XRayDataset, recipe: TrainingRecipe = .article, workers: Int = 1,
    unreadable: UnreadableSamples = .stop, patients: [String: String]? = nil,
    report: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainingRun {
    try recipe.validate()
    let preprocessing = recipe.preprocessing
    let training = try TrainingPart(.training, of: dataset, preprocessing, unreadable)
    let validation = try TrainingPart(.validation, of: dataset, preprocessing, unreadable)
    try report(
      .ready(
        training: training.counts, validation: validation.counts,
        skipped: training.skipped + validation.skipped))

    var provenance = try provenance(of: dataset, recipe, [training, validation])
    let trained: TrainedMembers
    if let care = recipe.care {
      let folds = try PatientFolds(
        names: training.places.map {
          dataset.path(of: training.samples.name(at: $0), in: .training)
        },
        labels: training.places.map { training.samples.label(at: $0) }, places: training.places,
        patients: patients, count: care.folds, seed: recipe.seed)
      try report(.note(folds.description))
      provenance[Provenance.patients] = folds.description
      trained = try carefulMembers(
        recipe, care, on: training, folds, dataset: dataset, workers: workers, report: report)
    } else {
      trained = try plainMembers(
        recipe, on: training, validation: validation, workers: workers, report: report)
    }

    let parts = [training, validation]
    let classifier = CovidClassifier(
      members: trained.networks, preprocessing: preprocessing, classNames: dataset.classNames,
      positiveClass: positiveClass(among: dataset.classNames), threshold: trained.threshold,
      temperature: trained.temperature, provenance: provenance, card: "")
    let evaluations = try parts.map { part in
      try part.evaluated(by: classifier, workers: workers) {
        try report(.evaluating(part.split, done: $0, count: $1))
      }
    }
    let card = ModelCard(
      classifier: classifier, recipe: recipe, counts: parts.map(\.counts),
      training: evaluations[0], validation: evaluations[1])
    return TrainingRun(
      model: classifier.with(card: card.text), recipe: recipe, dataset: dataset,
      memberHistories: trained.histories, training: evaluations[0], validation: evaluations[1],
      skipped: parts.flatMap(\.skipped))
  }

  /// Networks that are trained as the article's: on all films, for all epochs.
  private static func plainMembers(
    _ recipe: TrainingRecipe, on training: TrainingPart, validation: TrainingPart, workers: Int,
    report: (TrainingProgress) throws -> Void
  ) throws -> TrainedMembers {
    var trained = TrainedMembers(threshold: recipe.threshold)
    let preprocessing = recipe.preprocessing
    for number in 0..<recipe.members {
      if recipe.members > 1 { try report(.member(number + 1, of: recipe.members)) }
      let key = recipe.key(ofMember: number)
      var random = RandomGenerator(key: key.derived(Purpose.weights.rawValue))
      var trainer = Trainer(
        model: recipe.network(using: &random), optimizer: recipe.optimizer,
        objective: .binaryCrossEntropy)
      let history = try trainer.run(
        epochs: recipe.epochs,
        on: try training.batches(
          PreparedPixels(preprocessing, augmentation: recipe.augmentation), recipe,
          shuffleSeed: key.derived(Purpose.films.rawValue).word(at: 0), workers: workers),
        validation: try validation.batches(preprocessing.pixels, recipe, workers: workers),
        seed: key.derived(Purpose.dropout.rawValue).word(at: 0)
      ) { try report(.training($0)) }
      trained.networks.append(trainer.model)
      trained.histories.append(history)
    }
    return trained
  }

  /// Recipe, source and counts: what decides the weights, and nothing that does not.
  private static func provenance(
    of dataset: XRayDataset, _ recipe: TrainingRecipe, _ parts: [TrainingPart]
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

/// What training comes to, before it is measured.
struct TrainedMembers {
  var networks: [Sequential<Float>] = []
  var histories: [History] = []
  var threshold: Double
  var temperature: Double?
}

/// The streams of random numbers of a run, each its own.
enum Purpose: UInt64 {
  case weights, films, dropout, member
}

extension TrainingRecipe {
  /// Where all random numbers of a network come from: for the first, those of a run with one.
  func key(ofMember number: Int) -> RandomKey {
    let key = RandomKey(seed: seed)
    return number == 0 ? key : key.derived(Purpose.member.rawValue, UInt64(number))
  }
}

/// A part of a data set without the films that cannot be read, if those are to be left out.
struct TrainingPart {
  let split: XRayDataset.Split
  /// All films, those too that cannot be read.
  let samples: any SampleSource<Image>
  /// Those that take part, as places in `samples`.
  let places: [Int]
  let counts: [Int]
  let skipped: [SkippedSample]

  init(
    _ split: XRayDataset.Split, of dataset: XRayDataset, _ preprocessing: Preprocessing,
    _ unreadable: UnreadableSamples
  ) throws {
    func readable(of source: some SampleSource<Image>) throws -> ([Int], [SkippedSample]) {
      let loader = try Loader(
        source, transform: preprocessing.pixels, batchSize: 1, unreadable: unreadable)
      return (loader.samples, loader.skipped)
    }
    let samples = dataset.samples(split, for: preprocessing)
    self.split = split
    self.samples = samples
    (places, skipped) = try readable(of: samples)
    counts = places.reduce(into: dataset.classNames.map { _ in 0 }) {
      $0[samples.label(at: $1)] += 1
    }
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
        shuffled: shuffleSeed != nil, seed: shuffleSeed ?? 0, workers: workers, among: places)
    }
    return try loader(samples, transform)
  }

  func evaluated(
    by classifier: CovidClassifier, workers: Int, report: (Int, Int) throws -> Void
  ) throws -> SplitEvaluation {
    func evaluated(_ samples: some SampleSource<Image>) throws -> SplitEvaluation {
      try classifier.evaluate(
        on: samples.subset(places), named: split.rawValue, workers: workers, report: report)
    }
    return try evaluated(samples)
  }
}
