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

  /// A simple model's result, with what it got right outside the first part.
  struct BaselineAnswers {
    let baseline: AuditReport.Baseline
    let seesContent: Bool
    let isCorrectOutside: [Bool]
  }

  /// A model's result, with what it got right outside the first part.
  struct ModelAnswers {
    let model: AuditReport.Model
    let isCorrectOutside: [Bool]
  }

  private func places(inPart part: Int) -> [Int] {
    images.indices.filter { images[$0].part == part }
  }

  /// What was got right outside the first part, or in it if there is no other.
  private func outside(_ isCorrect: [Bool]) -> [Bool] {
    images.indices.filter { images[$0].part > 0 }.map { isCorrect[$0] }
  }

  /// Every property with its rule, in the order of `AuditedProperty.all`.
  func properties() -> [AuditReport.Property] {
    AuditedProperty.all.map { property in
      let values = images.map(property.value)
      let training = places(inPart: 0)
      let rule = PropertyRule(
        training.map { values[$0] }, labels: training.map { images[$0].label },
        classNames: classNames)
      let isCorrect = zip(values, images).map { rule.guess($0) == $1.label }
      let scores = (0..<partCount).map { part in
        let places = places(inPart: part)
        return AuditReport.Score(
          Proportion(places.count { isCorrect[$0] }, of: places.count), area: nil)
      }
      return AuditReport.Property(
        name: property.name, rule: rule.text, scores: scores,
        overall: Proportion(isCorrect.count { $0 }, of: isCorrect.count))
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
      seesContent: model.seesContent, isCorrectOutside: outside(isCorrect))
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
        model: AuditReport.Model(visibility: visibility, scores: scores),
        isCorrectOutside: outside(isCorrect))
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
    try (0..<partCount).map { part in
      let places = places(inPart: part)
      let binary = try BinaryScores(
        places.map { scores[$0] }, isPositive: places.map { images[$0].label == positive })
      return AuditReport.Score(
        Proportion(places.count { isCorrect[$0] }, of: places.count), area: binary.areaUnderROC())
    }
  }
}

extension AuditReport.Score {
  /// The score of a rate, with an area if it has one or could have one.
  init(_ accuracy: Proportion, area: Statistic<AreaUnderROC>?) {
    self.init(
      accuracy: accuracy, accuracyInterval: accuracy.clopperPearsonInterval(),
      area: area?.value?.value, areaInterval: area?.value?.interval.value,
      note: area?.reason ?? area?.value?.interval.reason)
  }
}
