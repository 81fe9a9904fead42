public import Datasets
public import Evaluation
public import Foundation
import Tensor

/// A recipe trained and measured several times, over folds, over seeds, or over both, to see how much its figures vary.
///
/// With folds, all films of a data set, whatever part they were in, are dealt out anew, stratified and by patient where patients
/// are known. Every film is then measured once for each seed, by the network that has not seen it, nor its patient.
///
/// ```swift
/// let plan = CrossValidation(recipe: .article, folds: 5, seeds: [1, 2, 3])
/// let result = try plan.run(on: folder, patients: table.patient(of:))
/// print(result.evaluation.text)
/// ```
public struct CrossValidation: Sendable {
  /// What every run computes, but for its seed.
  public let recipe: TrainingRecipe
  /// The number of folds, two or more; nil to train on the training part and measure on the validation part every time.
  public let folds: Int?
  /// The seed of every repetition, for the folds and for the training.
  public let seeds: [UInt64]
  /// How intervals are found.
  public let settings: EvaluationSummary.Settings

  /// A plan.
  ///
  /// - Precondition: There is one seed or more, no seed twice, and two folds or more where there are folds.
  public init(
    recipe: TrainingRecipe, folds: Int?, seeds: [UInt64],
    settings: EvaluationSummary.Settings = .init()
  ) {
    require(
      !seeds.isEmpty && Set(seeds).count == seeds.count,
      "CrossValidation: needs different seeds, got \(seeds)")
    require(folds.map { $0 >= 2 } ?? true, "CrossValidation: needs two folds or more")
    self.recipe = recipe
    self.folds = folds
    self.seeds = seeds
    self.settings = settings
  }

  /// A run that has been measured.
  public struct Run: Sendable {
    /// Where its random numbers came from.
    public let seed: UInt64
    /// The fold that it was measured on, from 0; nil without folds.
    public let fold: Int?
    /// The films that it was measured on, with all figures.
    public let films: FilmEvaluation
  }

  /// What a cross-validation has come to.
  public struct Result: Sendable {
    /// All runs, with the spread of their figures.
    public let evaluation: RepeatedEvaluation
    /// The runs.
    public let runs: [Run]
    /// For every seed, all films, each as the network says that has not seen it; empty without folds.
    public let pooled: [FilmEvaluation]
    /// The number of patients, nil where they are not known.
    public var patientCount: Int? {
      (pooled.first ?? runs.first?.films).flatMap { $0.patients.map { Set($0).count } }
    }
  }

  /// Trains and measures all runs.
  ///
  /// - Parameters:
  ///   - url: A data set as ``XRayDataset`` describes it.
  ///   - patients: The patient of a film by its path from `url` on, or by its name, where patients are known.
  ///   - workers: How many threads read films ahead.
  ///   - unreadable: What to do about files that cannot be read.
  ///   - report: Called on the way with the seed, the fold and what happens. What it throws ends it all.
  ///   - finished: Called with every run that has been measured.
  /// - Throws: `PartitionError` where a class has fewer patients than there are folds; what
  ///   `CovidClassifier.train` throws.
  public func run(
    on url: URL, patients: ((String) -> String?)? = nil, workers: Int = 1,
    unreadable: UnreadableSamples = .stop,
    report: (_ seed: UInt64, _ fold: Int?, TrainingProgress) throws -> Void = { _, _, _ in },
    finished: (Run) throws -> Void = { _ in }
  ) throws -> Result {
    let dataset = try XRayDataset(at: url)
    var runs: [Run] = []
    var pooled: [FilmEvaluation] = []
    for seed in seeds {
      var recipe = recipe
      recipe.seed = seed
      let parts = try parts(of: dataset, in: url, seed: seed, patients)
      var films: [SplitEvaluation] = []
      for (fold, part) in parts.enumerated() {
        let fold = folds == nil ? nil : fold
        let result = try CovidClassifier.train(
          on: part, recipe: recipe, workers: workers, unreadable: unreadable,
          patients: patients.map { part.patients($0) }
        ) { try report(seed, fold, $0) }
        let name = fold.map { "fold \($0 + 1), seed \(seed)" } ?? "validation, seed \(seed)"
        let evaluation = result.validation.named(name)
        films.append(evaluation)
        let run = Run(
          seed: seed, fold: fold,
          films: FilmEvaluation(evaluation, patients: patients, settings: settings))
        runs.append(run)
        try finished(run)
      }
      if folds != nil {
        pooled.append(
          FilmEvaluation(
            try SplitEvaluation(joining: films, named: "all folds, seed \(seed)"),
            patients: patients, settings: settings))
      }
    }
    return Result(
      evaluation: RepeatedEvaluation(
        runs.map { .init(seed: $0.seed, fold: $0.fold, summary: $0.films.summary) },
        pooled: pooled.map(\.summary)),
      runs: runs, pooled: pooled)
  }

  /// What is trained and measured on, once for each fold.
  private func parts(
    of dataset: XRayDataset, in url: URL, seed: UInt64, _ patients: ((String) -> String?)?
  ) throws -> [XRayDataset] {
    guard let folds, case .folders(let training, let validation) = dataset.origin else {
      return [dataset]
    }
    let all = ImageFolder.joined([training, validation], in: url)
    let groups = all.files.map { file in
      patients?(file.path).map { "patient \($0)" } ?? "film \(file.path)"
    }
    let partition = try Partition(
      into: .folds(folds), labels: all.files.map(\.label), groups: groups, seed: seed)
    return (0..<folds).map { fold in
      XRayDataset(
        training: all.selecting(partition.indices(outsidePart: fold)),
        validation: all.selecting(partition.indices(inPart: fold)))
    }
  }
}

extension SplitEvaluation {
  /// The same under another name.
  func named(_ name: String) -> SplitEvaluation {
    SplitEvaluation(
      name: name, loss: loss, positiveClass: positiveClass, threshold: threshold,
      predictions: predictions, sampleNames: sampleNames)
  }

  /// The films of several sets, of one classifier each, as one set with the threshold of the first.
  ///
  /// Where a classifier has another threshold, its log-odds are shifted by the difference, so that every film is called what it
  /// was called.
  ///
  /// - Precondition: There is one or more, with the same classes.
  init(joining sets: [SplitEvaluation], named name: String) throws {
    let predictions = try sets.map { try $0.shifted(toThreshold: sets[0].threshold) }
    var loss = WeightedMean()
    for set in sets { loss.add(set.loss, count: set.count) }
    self.init(
      name: name, loss: loss.value ?? .nan, positiveClass: sets[0].positiveClass,
      threshold: sets[0].threshold,
      predictions: try ClassifierPredictions(
        probabilities: predictions.flatMap { set in
          (0..<set.count).map { Array(set.probabilities(ofSample: $0)) }
        }, labels: predictions.flatMap(\.labels), classNames: predictions[0].classNames),
      sampleNames: sets.flatMap(\.sampleNames))
  }

  /// The probabilities with log-odds shifted so that those at the threshold come to lie at another.
  private func shifted(toThreshold other: Double) throws -> ClassifierPredictions {
    guard other != threshold, let positive = predictions.classNames.firstIndex(of: positiveClass)
    else { return predictions }
    func logOdds(_ probability: Double) -> Double {
      let inside = min(max(probability, 1e-12), 1 - 1e-12)
      return log(inside / (1 - inside))
    }
    let shift = logOdds(other) - logOdds(threshold)
    return try ClassifierPredictions(
      probabilities: predictions.probabilities(ofClass: positive).map { probability in
        let moved = 1 / (1 + exp(-logOdds(probability) - shift))
        // Rounding must not carry a film over the threshold.
        return probability >= threshold ? max(moved, other) : min(moved, other.nextDown)
      }, ofClass: positive, labels: predictions.labels, classNames: predictions.classNames)
  }
}
