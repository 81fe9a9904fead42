import Datasets
import Evaluation
import Foundation
import Imaging
import Layers
import Optim
import Tensor
import Training

extension CovidClassifier {
  /// Networks that are trained with care, each without one part of the patients.
  ///
  /// The part that is left out ends the training: the weights are those of the epoch with the smallest loss on it. What the
  /// networks say of the parts that they were not trained on chooses temperature and threshold.
  static func carefulMembers(
    _ recipe: TrainingRecipe, _ care: TrainingRecipe.Care, on part: TrainingPart,
    _ folds: PatientFolds, dataset: XRayDataset, workers: Int,
    report: (TrainingProgress) throws -> Void
  ) throws -> TrainedMembers {
    func train(
      on films: some SampleSource<Image>, positive: Int
    ) throws -> TrainedMembers {
      var trained = TrainedMembers(threshold: recipe.threshold)
      // What is said of a film by those networks that were not trained on it.
      var said: [Int: [Double]] = [:]
      for number in 0..<recipe.members {
        if recipe.members > 1 { try report(.member(number + 1, of: recipe.members)) }
        let (learning, testing) = folds.places(leavingOut: number % care.folds)
        let (network, history) = try member(
          number, recipe, care,
          learning: CarefulFilms(films, among: learning, positive: positive, care: care),
          testing: CarefulFilms(films, among: testing, positive: positive, care: care),
          workers: workers, report: report)
        trained.networks.append(network)
        trained.histories.append(history)
        let alone = CovidClassifier(
          members: [network], preprocessing: recipe.preprocessing, classNames: dataset.classNames,
          positiveClass: dataset.classNames[positive], threshold: 0.5, provenance: [:], card: "")
        let predictions = try alone.probabilities(of: films.subset(testing), workers: workers)
          .predictions
        for (place, probability) in zip(testing, predictions.probabilities(ofClass: positive)) {
          said[place, default: []].append(probability)
        }
      }
      let held = said.keys.sorted()
      let isPositive = held.map { films.label(at: $0) == positive }
      let positives = zip(held, isPositive).filter(\.1).map(\.0)
      let clear = Set(
        try CarefulFilms.clearestFirst(positives, of: films)
          .prefix(Int(care.clearShare * Double(positives.count))))
      let point = try operatingPoint(
        forSensitivity: care.targetSensitivity,
        probabilities: held.map { place in
          let values = said[place] ?? []
          return values.reduce(0, +) / Double(values.count)
        }, isPositive: isPositive, isLeftAside: held.map(clear.contains))
      trained.temperature = point.temperature
      trained.threshold = point.threshold ?? recipe.threshold
      return trained
    }
    let positive = dataset.classNames.firstIndex(of: positiveClass(among: dataset.classNames)) ?? 0
    return try train(on: part.samples, positive: positive)
  }

  private static func member(
    _ number: Int, _ recipe: TrainingRecipe, _ care: TrainingRecipe.Care,
    learning: CarefulFilms<some SampleSource<Image>>,
    testing: CarefulFilms<some SampleSource<Image>>, workers: Int,
    report: (TrainingProgress) throws -> Void
  ) throws -> (Sequential<Float>, History) {
    let key = recipe.key(ofMember: number)
    let preprocessing = recipe.preprocessing
    var random = RandomGenerator(key: key.derived(Purpose.weights.rawValue))
    var trainer = Trainer(
      model: recipe.network(using: &random), optimizer: recipe.optimizer,
      objective: .smoothed(by: Float(care.labelSmoothing)),
      schedule: .cosine(
        from: recipe.learningRate, to: recipe.learningRate / 100,
        steps: recipe.epochs * recipe.stepsPerEpoch),
      earlyStopping: EarlyStopping(patience: care.patience))
    let history = try trainer.run(
      epochs: recipe.epochs,
      on: try Loader(
        learning,
        transform: CarefulPixels(
          pixels: PreparedPixels(preprocessing, augmentation: recipe.augmentation),
          drawsSoftTissue: recipe.augmentation != .none),
        batchSize: recipe.batchSize, stepsPerEpoch: recipe.stepsPerEpoch, shuffled: true,
        seed: key.derived(Purpose.films.rawValue).word(at: 0), workers: workers),
      // The same drawings after every epoch: they hang on seed, pass and film, and it always is the first pass.
      validation: try Loader(
        testing, transform: CarefulPixels(pixels: preprocessing.pixels, drawsSoftTissue: false),
        batchSize: recipe.batchSize, workers: workers),
      seed: key.derived(Purpose.dropout.rawValue).word(at: 0)
    ) { try report(.training($0)) }
    return (trainer.model, history)
  }

  /// Temperature and threshold by films that the networks had not been trained on; `nil` where these films cannot tell.
  ///
  /// - Parameters:
  ///   - sensitivity: What the threshold is to reach.
  ///   - probabilities: Of the positive class.
  ///   - isPositive: The truth.
  ///   - isLeftAside: The films that the threshold does not heed, though the temperature does.
  package static func operatingPoint(
    forSensitivity sensitivity: Double, probabilities: [Double], isPositive: [Bool],
    isLeftAside: [Bool]
  ) throws -> (temperature: Double?, threshold: Double?) {
    // Single precision can say 0 or 1, which have no log-odds.
    let logits = probabilities.map { probability in
      let inside = min(max(probability, 1e-7), 1 - 1e-7)
      return log(inside / (1 - inside))
    }
    let temperature = try TemperatureScaling.fitted(
      logits: logits.map { [0, $0] }, labels: isPositive.map { $0 ? 1 : 0 }
    ).value?.temperature
    let heeded = logits.indices.filter { !isLeftAside[$0] }
    let scores = try BinaryScores(
      heeded.map { 1 / (1 + exp(-logits[$0] / (temperature ?? 1))) },
      isPositive: heeded.map { isPositive[$0] })
    let point = scores.rocCurve().value?.point(forSensitivity: sensitivity)
    return (temperature, point.map { min($0.threshold, 1) })
  }
}

extension Objective {
  /// Two classes told apart by one probability, with targets moved towards each other: `s / 2` and `1 − s / 2`.
  ///
  /// Measured without: the probabilities are those that are compared with the labels.
  static func smoothed(by smoothing: Float) -> Objective {
    Objective(
      loss: {
        Layers.binaryCrossEntropy(
          $0, targets: $1.binaryLabels * (1 - smoothing) + 0.5 * smoothing)
      },
      probabilities: Objective.binaryCrossEntropy.probabilities)
  }
}

/// The films to train on in parts, so that no patient is in two of them.
package struct PatientFolds: CustomStringConvertible {
  /// What is known of patients, and how the films were divided.
  package let description: String
  private let places: [Int]
  private let partition: Partition

  /// - Parameters:
  ///   - names: The path of every film from the folder of the data set on.
  ///   - labels: The class of every film.
  ///   - places: What a film is called in the answer.
  ///   - patients: Who is on a film, by path or by name alone.
  ///   - count: How many parts, 2 or more.
  ///   - seed: The same seed gives the same parts.
  /// - Throws: `PartitionError` where a class has fewer patients than there are parts.
  package init(
    names: [String], labels: [Int], places: [Int], patients: [String: String]?, count: Int,
    seed: UInt64
  ) throws {
    // A film of nobody known is a patient of its own, whose name no table can have.
    let known = names.map { name -> String? in
      let parts = name.split(separator: "/").map(String.init)
      // From the folder on; as an inner folder names it; by the name alone.
      let keys = [name, parts.dropFirst().joined(separator: "/"), parts.last ?? name]
      return patients.flatMap { table in keys.lazy.compactMap { table[$0] }.first }
    }
    let groups: [String] = zip(names, known).map { name, patient in
      patient.map { "=\($0)" } ?? "?\(name)"
    }
    partition = try Partition(
      into: .folds(count), labels: labels, groups: groups, seed: seed)
    self.places = places
    let strangers = known.count { $0 == nil }
    if patients == nil {
      description = """
        Patients are not known: every film counts as a patient of its own, so films of one patient may be both trained on and \
        chosen by.
        """
    } else {
      description = """
        \(names.count) films of \(Set(groups).count) patients in \(count) parts, no patient in two\
        \(strangers == 0 ? "." : "; of \(strangers) films the patient is not known, each counts as one of its own.")
        """
    }
  }

  /// The films outside a part, and those inside.
  package func places(leavingOut part: Int) -> (learning: [Int], testing: [Int]) {
    (
      partition.indices(outsidePart: part).map { places[$0] },
      partition.indices(inPart: part).map { places[$0] }
    )
  }
}
