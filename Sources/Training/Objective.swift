public import Autograd
public import Datasets
import Layers
public import Tensor

/// What a classifier is trained for: the loss of its outputs, and the probabilities that they stand for.
public struct Objective: Sendable {
  /// The mean loss of a batch.
  public let loss: @Sendable (_ outputs: Variable<Float>, _ batch: Batch) -> Variable<Float>
  /// The probability of every class for each row of outputs, `[batch, classes]`.
  public let probabilities: @Sendable (_ outputs: Tensor<Float>) -> Tensor<Float>

  /// An objective of any form.
  public init(
    loss: @escaping @Sendable (_ outputs: Variable<Float>, _ batch: Batch) -> Variable<Float>,
    probabilities: @escaping @Sendable (_ outputs: Tensor<Float>) -> Tensor<Float>
  ) {
    self.loss = loss
    self.probabilities = probabilities
  }

  /// Two classes told apart by one probability, that of class 1: for models that end with a sigmoid, outputs `[batch, 1]`.
  public static let binaryCrossEntropy = Objective(
    loss: { Layers.binaryCrossEntropy($0, targets: $1.binaryLabels) },
    probabilities: { .concatenated([1 - $0, $0], alongAxis: 1) })

  /// Any number of classes, for models that end with one logit for each, outputs `[batch, classes]`.
  public static func softmaxCrossEntropy(labelSmoothing: Float = 0) -> Objective {
    Objective(
      loss: {
        Layers.softmaxCrossEntropy($0, labels: $1.labels, labelSmoothing: labelSmoothing)
      },
      probabilities: { $0.softmax() })
  }

  /// How many rows of `outputs` are most probable in the class of their label.
  func correctCount(_ outputs: Tensor<Float>, _ batch: Batch) -> Int {
    let predicted = probabilities(outputs).argMax(alongAxis: 1).scalars
    return zip(predicted, batch.labels.scalars).count { $0 == $1 }
  }
}
