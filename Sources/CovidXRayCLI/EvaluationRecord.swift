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
    self.skipped = skipped
  }
}
