public import Datasets

/// Where training gets its batches: a loader, whatever it reads from.
public protocol BatchSource: Sendable {
  /// Batches an epoch.
  var stepsPerEpoch: Int { get }
  /// The number of samples that take part.
  var sampleCount: Int { get }
  /// The batches of some epochs, one after the other.
  func batches(epochs: Range<Int>) -> BatchStream
}

extension Loader: BatchSource {}
