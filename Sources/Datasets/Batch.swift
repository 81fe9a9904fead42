public import Tensor

/// Some samples and their classes, ready for a training step.
public struct Batch: Sendable {
  /// The samples, of shape `[batch, …]`, usually `[batch, height, width, channels]`.
  public let images: Tensor<Float>
  /// The class of every sample, of shape `[batch]`.
  public let labels: Tensor<Int64>
  /// For every sample, its index in the source.
  public let indices: [Int]
  /// The epoch, from 0.
  public let epoch: Int
  /// The step within the epoch, from 0.
  public let step: Int

  /// The number of samples.
  public var count: Int { indices.count }

  /// The classes as numbers, of shape `[batch, 1]`: what a model with one sigmoid is compared with.
  public var binaryLabels: Tensor<Float> {
    Tensor(labels.scalars.map(Float.init), shape: [count, 1])
  }
}
