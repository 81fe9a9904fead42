import Autograd
import Datasets
import Evaluation
public import Layers
import Tensor

/// How a model does on one set of samples, without dropout or augmentation of its own.
public struct Evaluated: Sendable {
  /// The mean loss over all samples.
  public let loss: Double
  /// The probability of every class, for each sample in the order of the batches.
  public let probabilities: [[Double]]
  /// The class of each sample.
  public let labels: [Int]
  /// Each sample's index in its source.
  public let indices: [Int]

  /// The most probable class of each sample, the first of several.
  public var predicted: [Int] {
    probabilities.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
  }

  /// The share of samples whose most probable class is theirs.
  public var accuracy: Double {
    Double(zip(predicted, labels).count { $0 == $1 }) / Double(max(labels.count, 1))
  }
}

/// Runs `model` as it is used over one pass of `batches`.
///
/// Every sample counts the same, in however many batches they come.
///
/// - Throws: What a batch throws that cannot be read.
public func evaluate(
  _ model: some Layer<Float>, objective: Objective, on batches: any BatchSource
) throws -> Evaluated {
  var loss = WeightedMean()
  var probabilities: [[Double]] = []
  var labels: [Int] = []
  var indices: [Int] = []
  let stream = batches.batches(epochs: 0..<1)
  while let batch = try stream.next() {
    let outputs = model(batch.images)
    loss.add(Double(objective.loss(.init(outputs), batch).item()), count: batch.count)
    let rows = objective.probabilities(outputs)
    let classes = rows.shape[1]
    let scalars = rows.scalars
    for row in 0..<batch.count {
      probabilities.append(scalars[row * classes..<(row + 1) * classes].map(Double.init))
    }
    labels += batch.labels.scalars.map(Int.init)
    indices += batch.indices
  }
  return Evaluated(
    loss: loss.value ?? .nan, probabilities: probabilities, labels: labels, indices: indices)
}
