import Autograd
public import Datasets
import Evaluation
public import Foundation
import Imaging
public import Layers
public import Tensor

/// A trained network that tells two kinds of chest films apart, with all that is needed to use it as it was meant.
///
/// ```swift
/// let run = try CovidClassifier.train(on: folder, recipe: .article)
/// let probability = try run.model.predict(imageAt: url).probability(of: "Covid")
/// ```
///
/// Films reach the network through ``preprocessing`` alone, which is saved with the weights.
public struct CovidClassifier: Sendable {
  /// The network: from ``Preprocessing/shape`` to the probability of the second class.
  public let network: Sequential<Float>
  /// What happens to a film before the network sees it.
  public let preprocessing: Preprocessing
  /// The two classes; the place of a name is its number.
  public let classNames: [String]
  /// The class that ``threshold`` speaks of: "Covid" if there is such a class, or else the first.
  public let positiveClass: String
  /// The probability of the positive class from which on a film counts as positive.
  public let threshold: Double
  /// Where the weights come from: recipe, images, counts.
  public let provenance: [String: String]
  /// What the model is for, what it was trained on, how it did, and what it must not be used for, in Markdown.
  public let card: String
  private let prepared: PreparedModel<Float>

  init(
    network: Sequential<Float>, preprocessing: Preprocessing, classNames: [String],
    positiveClass: String, threshold: Double, provenance: [String: String], card: String
  ) {
    self.network = network
    self.preprocessing = preprocessing
    self.classNames = classNames
    self.positiveClass = positiveClass
    self.threshold = threshold
    self.provenance = provenance
    self.card = card
    prepared = network.prepared(for: preprocessing.shape)
  }

  /// The same classifier with another card.
  func with(card: String) -> CovidClassifier {
    CovidClassifier(
      network: network, preprocessing: preprocessing, classNames: classNames,
      positiveClass: positiveClass, threshold: threshold, provenance: provenance, card: card)
  }

  /// The class that figures are about: "Covid" if there is such a class, or else the first.
  static func positiveClass(among classNames: [String]) -> String {
    classNames.contains("Covid") ? "Covid" : classNames[0]
  }

  /// Whether the model was trained on phantoms drawn in code, and says nothing about patients.
  public var isSynthetic: Bool { provenance[Provenance.synthetic] == "true" }

  /// The probabilities for the film in a file.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func predict(imageAt url: URL) throws -> Prediction {
    prediction(for: try preprocessing.tensor(at: url))
  }

  /// Measures the classifier on films with known classes, one at a time, just as it predicts.
  ///
  /// - Parameters:
  ///   - folder: A folder for each class, of the names that the classifier knows. One of them may be missing.
  ///   - name: What the films are called in the result.
  ///   - workers: How many threads read films ahead.
  ///   - unreadable: What to do about files that cannot be read.
  ///   - report: Called after every film, with the number done and the number of all.
  /// - Returns: The figures, and the files that were left out.
  /// - Throws: `DatasetError` and `ImageError` with the path and the reason.
  public func evaluate(
    on folder: URL, named name: String, workers: Int = 1,
    unreadable: UnreadableSamples = .stop,
    report: (_ done: Int, _ count: Int) throws -> Void = { _, _ in }
  ) throws -> (evaluation: SplitEvaluation, skipped: [SkippedSample]) {
    let images = preprocessing.images(in: try ImageFolder(at: folder, classNames: classNames))
    let loader = try singles(of: images, workers: workers, unreadable: unreadable)
    return (try evaluate(on: loader, named: name, report: report), loader.skipped)
  }

  /// Measures the classifier on any samples of the right size.
  func evaluate(
    on samples: some SampleSource<Image>, named name: String, workers: Int,
    report: (_ done: Int, _ count: Int) throws -> Void
  ) throws -> SplitEvaluation {
    try evaluate(
      on: try singles(of: samples, workers: workers, unreadable: .stop), named: name,
      report: report)
  }

  private func evaluate(
    on loader: Loader<some SampleSource<Image>, ScaledPixels>, named name: String,
    report: (_ done: Int, _ count: Int) throws -> Void
  ) throws -> SplitEvaluation {
    var loss = WeightedMean()
    var probabilities: [[Double]] = []
    var labels: [Int] = []
    let names = loader.samples.map { loader.source.name(at: $0) }
    let batches = loader.batches(epoch: 0)
    while let batch = try batches.next() {
      let prediction = prediction(for: batch.images)
      guard prediction.probabilities.allSatisfy(\.isFinite) else {
        throw UnusablePrediction(name: names[labels.count])
      }
      labels.append(Int(batch.labels.scalars[0]))
      probabilities.append(prediction.probabilities)
      let probability = Tensor(Float(prediction.probabilities[1])).reshaped(to: [1, 1])
      loss.add(
        Double(binaryCrossEntropy(probability, targets: batch.binaryLabels).item()), count: 1)
      try report(labels.count, loader.sampleCount)
    }
    return SplitEvaluation(
      name: name, loss: loss.value ?? .nan, positiveClass: positiveClass, threshold: threshold,
      predictions: try ClassifierPredictions(
        probabilities: probabilities, labels: labels, classNames: classNames),
      sampleNames: names)
  }

  /// Films one by one.
  ///
  /// In batches the sums would be added up in another order, and the last digits would not be those of a prediction.
  private func singles<Source: SampleSource<Image>>(
    of source: Source, workers: Int, unreadable: UnreadableSamples
  ) throws -> Loader<Source, ScaledPixels> {
    try Loader(
      source, transform: preprocessing.scaling, batchSize: 1, workers: workers,
      prefetchedBatches: 4 * max(workers, 1), unreadable: unreadable)
  }

  /// What the network says about one film, of ``Preprocessing/shape``.
  private func prediction(for film: Tensor<Float>) -> Prediction {
    let second = Double(prepared(film).item())
    return Prediction(
      classNames: classNames, probabilities: [1 - second, second], positiveClass: positiveClass,
      threshold: threshold)
  }
}

/// The names under which a model file says where its weights come from.
enum Provenance {
  static let synthetic = "synthetic"
  static let recipe = "recipe"
  static let images = "images"
  static let training = "trainingImages"
  static let validation = "validationImages"
  static let skipped = "skippedImages"
}
