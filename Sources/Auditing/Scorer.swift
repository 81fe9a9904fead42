import Evaluation
import Foundation
import Imaging
import Tensor

/// Fits on the first part, and scores on every part.
struct Scorer {
  let images: [AuditedImage]
  let partCount: Int
  let classNames: [String]
  let positive: Int
  let intervals: Intervals

  /// A property's result, with how often its rule is right outside the first part, or at all if there is no other.
  struct PropertyAnswers {
    let property: AuditReport.Property
    let rate: Intervals.Rate
  }

  /// A simple model's result, with what it got right of all images, and how often outside the first part.
  struct BaselineAnswers {
    let baseline: AuditReport.Baseline
    let seesContent: Bool
    let isCorrect: [Bool]
    let rate: Intervals.Rate
  }

  /// A model's result, with what it got right of all images, and how often outside the first part.
  struct ModelAnswers {
    let model: AuditReport.Model
    let isCorrect: [Bool]
    let rate: Intervals.Rate
  }

  init(images: [AuditedImage], partCount: Int, classNames: [String], positive: Int) {
    self.images = images
    self.partCount = partCount
    self.classNames = classNames
    self.positive = positive
    intervals = Intervals(images)
  }

  func places(inPart part: Int) -> [Int] {
    images.indices.filter { images[$0].part == part }
  }

  /// The images outside the first part.
  var outside: [Int] { images.indices.filter { images[$0].part > 0 } }

  /// Every property with its rule, in the order of `AuditedProperty.all`.
  func properties() -> [PropertyAnswers] {
    AuditedProperty.all.map { property in
      let values = images.map(property.value)
      let training = places(inPart: 0)
      let rule = PropertyRule(
        training.map { values[$0] }, labels: training.map { images[$0].label },
        classNames: classNames)
      let isCorrect = zip(values, images).map { rule.guess($0) == $1.label }
      let scores = (0..<partCount).map { part in
        AuditReport.Score(intervals.rate(isCorrect, at: places(inPart: part)))
      }
      return PropertyAnswers(
        property: AuditReport.Property(
          name: property.name, rule: rule.text, scores: scores,
          overall: Proportion(isCorrect.count { $0 }, of: isCorrect.count)),
        rate: intervals.rate(isCorrect, at: partCount > 1 ? outside : Array(images.indices)))
    }
  }

  /// A simple model, fitted and scored.
  func answers(of model: SimpleModel) throws -> BaselineAnswers {
    let training = places(inPart: 0).map { images[$0] }
    let features = model.matrix(training)
    let classifier = try LinearClassifier(
      model.classifier, features: features, labels: training.map(\.label),
      classCount: classNames.count, standardized: model.isStandardized)
    let all = model.matrix(images)
    let predicted = classifier.predictedClasses(for: all)
    let isCorrect = zip(predicted, images).map { $0 == $1.label }
    let scores = try self.scores(
      isCorrect, classifier.scores(ofClass: positive, for: all))
    return BaselineAnswers(
      baseline: AuditReport.Baseline(
        name: model.name, method: model.method, featureCount: features.shape[1], scores: scores),
      seesContent: model.seesContent, isCorrect: isCorrect,
      rate: intervals.rate(isCorrect, at: outside))
  }

  /// A model, asked about all images in every visibility.
  ///
  /// The classes of the model are those of the images, in any order.
  func answers(
    of model: AuditedModel, _ progress: (DatasetAudit.Progress) throws -> Void
  ) throws -> [ModelAnswers] {
    let training = places(inPart: 0)
    // What hides the rest is the same for all images, so that it tells nothing of any.
    let mean = training.map { images[$0].thumbnail.mean }.mean
    let grey = UInt8((255 * mean).rounded())
    let order = classNames.map { name in model.classNames.firstIndex(of: name) ?? 0 }
    var probabilities = Visibility.allCases.map { _ in [[Double]]() }
    for (index, file) in images.enumerated() {
      let image = try Image(contentsOf: file.url)
      for (place, visibility) in Visibility.allCases.enumerated() {
        let answer = try model.probabilities(visibility.shown(of: image, grey: grey))
        require(
          answer.count == order.count,
          "AuditedModel: \(answer.count) probabilities, but \(order.count) classes")
        probabilities[place].append(order.map { answer[$0] })
      }
      try progress(.asking(done: index + 1, count: images.count))
    }
    return try zip(Visibility.allCases, probabilities).map { visibility, rows in
      let predictions = try ClassifierPredictions(
        probabilities: rows, labels: images.map(\.label), classNames: classNames)
      let isCorrect = zip(predicted(predictions, model, order), images).map { $0 == $1.label }
      let scores = try self.scores(isCorrect, predictions.probabilities(ofClass: positive))
      return ModelAnswers(
        model: AuditReport.Model(visibility: visibility, scores: scores), isCorrect: isCorrect,
        rate: intervals.rate(isCorrect, at: outside))
    }
  }

  private func predicted(
    _ predictions: ClassifierPredictions, _ model: AuditedModel, _ order: [Int]
  ) -> [Int] {
    guard let threshold = model.threshold,
      let index = order.firstIndex(of: threshold.classIndex)
    else { return predictions.predictedClasses }
    return predictions.probabilities(ofClass: index).map {
      $0 >= threshold.probability ? index : 1 - index
    }
  }

  private func scores(_ isCorrect: [Bool], _ scores: [Double]) throws -> [AuditReport.Score] {
    let isPositive = images.map { $0.label == positive }
    return try (0..<partCount).map { part in
      let places = places(inPart: part)
      let (area, interval, method) = try intervals.area(scores, isPositive: isPositive, at: places)
      return AuditReport.Score(
        intervals.rate(isCorrect, at: places), area: area, areaInterval: interval.value,
        areaIntervalMethod: interval.value.map { _ in method }, note: interval.reason)
    }
  }
}

extension AuditReport.Score {
  /// The score of a rate, with an area if it has one.
  init(
    _ rate: Intervals.Rate, area: Double? = nil, areaInterval: ConfidenceInterval? = nil,
    areaIntervalMethod: Metric.IntervalMethod? = nil, note: String? = nil
  ) {
    self.init(
      accuracy: rate.share, accuracyInterval: rate.interval, accuracyIntervalMethod: rate.method,
      area: area, areaInterval: areaInterval, areaIntervalMethod: areaIntervalMethod, note: note)
  }
}
