public import Datasets
public import Evaluation
public import Foundation
public import Imaging
import Layers
import Tensor

/// What a classifier says about a whole set of films.
public struct FilmPredictions: Sendable {
  /// The name of every film, in order: its path from the folder on.
  public let names: [String]
  /// What is said about every film, in that order.
  public let films: [Prediction]
  /// The probabilities with the actual classes, in that order.
  public let predictions: ClassifierPredictions
  /// The files that were left out because they cannot be read.
  public let skipped: [SkippedSample]
}

extension CovidClassifier {
  /// What the classifier says about all films of a folder, each just as ``predict(imageAt:)`` says it.
  ///
  /// - Parameters:
  ///   - folder: A folder for each class, of the names that the classifier knows. One of them may be missing.
  ///   - workers: How many threads read films ahead.
  ///   - unreadable: What to do about files that cannot be read.
  ///   - report: Called after every film, with the number done and the number of all.
  /// - Returns: The films in the order of their paths, class by class.
  /// - Throws: `DatasetError` and `ImageError` with the path and the reason.
  public func probabilities(
    of folder: URL, workers: Int = 1, unreadable: UnreadableSamples = .stop,
    report: (_ done: Int, _ count: Int) throws -> Void = { _, _ in }
  ) throws -> FilmPredictions {
    let images = preprocessing.images(in: try ImageFolder(at: folder, classNames: classNames))
    return try probabilities(
      of: images, workers: workers, unreadable: unreadable, report: report)
  }

  /// What the classifier says about films from anywhere.
  ///
  /// - Parameters:
  ///   - films: Films of the size that the networks take, as ``Preprocessing/images(in:)`` and ``Preprocessing/image(at:)``
  ///     give them; labels are places in ``classNames``.
  ///   - workers: How many threads read films ahead.
  ///   - unreadable: What to do about films that cannot be read.
  ///   - report: Called after every film, with the number done and the number of all.
  /// - Throws: `DatasetError`, and what a film throws that cannot be read.
  public func probabilities(
    of films: some SampleSource<Image>, workers: Int = 1, unreadable: UnreadableSamples = .stop,
    report: (_ done: Int, _ count: Int) throws -> Void = { _, _ in }
  ) throws -> FilmPredictions {
    // One by one: in batches the sums would be added up in another order, and the last digits would not be those of a
    // prediction.
    let loader = try Loader(
      films, transform: PreparedPixels(preprocessing, views: preprocessing.views), batchSize: 1,
      workers: workers, prefetchedBatches: 4 * max(workers, 1), unreadable: unreadable)
    var (names, predictions, labels) = ([String](), [Prediction](), [Int]())
    let batches = loader.batches(epoch: 0)
    while let batch = try batches.next() {
      let views = batch.images.reshaped(to: [-1] + preprocessing.shape)
      let (name, prediction) = (
        films.name(at: batch.indices[0]),
        prediction(for: (0..<views.shape[0]).map { views[$0] })
      )
      guard prediction.probabilities.allSatisfy(\.isFinite) else {
        throw UnusablePrediction(name: name)
      }
      predictions.append(prediction)
      labels.append(Int(batch.labels.scalars[0]))
      names.append(name)
      try report(predictions.count, loader.sampleCount)
    }
    return FilmPredictions(
      names: names, films: predictions,
      predictions: try ClassifierPredictions(
        probabilities: predictions.map(\.probabilities), labels: labels, classNames: classNames),
      skipped: loader.skipped)
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
    let films = try probabilities(
      of: folder, workers: workers, unreadable: unreadable, report: report)
    return (evaluation(of: films, named: name), films.skipped)
  }

  /// Measures the classifier on any samples of the right size.
  func evaluate(
    on samples: some SampleSource<Image>, named name: String, workers: Int,
    report: (_ done: Int, _ count: Int) throws -> Void
  ) throws -> SplitEvaluation {
    evaluation(
      of: try probabilities(of: samples, workers: workers, report: report), named: name)
  }

  /// The figures of films at the threshold of the classifier.
  private func evaluation(of films: FilmPredictions, named name: String) -> SplitEvaluation {
    var loss = WeightedMean()
    for (prediction, label) in zip(films.films, films.predictions.labels) {
      let probability = Tensor([Float(prediction.probabilities[1])], shape: [1, 1])
      let target = Tensor([Float(label)], shape: [1, 1])
      loss.add(Double(binaryCrossEntropy(probability, targets: target).item()), count: 1)
    }
    return SplitEvaluation(
      name: name, loss: loss.value ?? .nan, positiveClass: positiveClass, threshold: threshold,
      predictions: films.predictions, sampleNames: films.names)
  }
}
