import CovidXRay
import Evaluation

/// The record of one set of images, measured without augmentation.
struct EvaluationRecord: Encodable {
  /// A rate with its counts and its exact 95 % interval.
  struct Rate: Encodable {
    let value: Double?
    let successes: Int
    let count: Int
    let lower: Double
    let upper: Double

    init(_ rate: Proportion) {
      let interval = rate.clopperPearsonInterval()
      value = rate.value
      successes = rate.successes
      count = rate.count
      lower = interval.lower
      upper = interval.upper
    }
  }

  let event = "evaluation"
  let synthetic: Bool
  let split: String
  let count: Int
  let loss: Double
  let positiveClass: String
  let accuracy: Rate
  let sensitivity: Rate
  let specificity: Rate
  /// Rows are actual classes, columns predicted ones.
  let confusionMatrix: ConfusionMatrix
  /// Every figure with its interval, or the reason why it has none; nil for those that `train` prints.
  let summary: EvaluationSummary?
  let skipped: [String]

  init(_ evaluation: SplitEvaluation, isSynthetic: Bool, skipped: [String]) {
    synthetic = isSynthetic
    split = evaluation.name
    count = evaluation.count
    loss = evaluation.loss
    positiveClass = evaluation.positiveClass
    accuracy = Rate(evaluation.accuracy)
    sensitivity = Rate(evaluation.sensitivity)
    specificity = Rate(evaluation.specificity)
    confusionMatrix = evaluation.confusionMatrix
    summary = nil
    self.skipped = skipped
  }

  init(_ evaluation: FilmEvaluation, isSynthetic: Bool, skipped: [String]) {
    let matrix = evaluation.summary.confusionMatrix
    synthetic = isSynthetic
    split = evaluation.films.name
    count = evaluation.films.count
    loss = evaluation.films.loss
    positiveClass = evaluation.films.positiveClass
    accuracy = Rate(matrix.accuracy)
    sensitivity = Rate(matrix.sensitivity(ofClass: evaluation.positiveIndex))
    specificity = Rate(matrix.specificity(ofClass: evaluation.positiveIndex))
    confusionMatrix = matrix
    summary = evaluation.summary
    self.skipped = skipped
  }
}
