public import Tensor

/// Samples that lie in memory as one tensor, with their classes.
public struct TensorSamples: SampleSource {
  /// The samples, of shape `[count, …]`.
  public let images: Tensor<Float>
  private let classes: [Int]

  /// The rows of `images` as samples.
  ///
  /// - Parameters:
  ///   - images: Of shape `[count, …]`, usually `[count, height, width, channels]`.
  ///   - labels: The class of every sample, from 0.
  public init(images: Tensor<Float>, labels: [Int]) {
    require(
      images.shape.first == labels.count && labels.allSatisfy { $0 >= 0 },
      "TensorSamples: needs as many labels of 0 or more as samples, got \(labels.count) labels"
        + " and shape \(images.shape)")
    self.images = images.contiguous()
    classes = labels
  }

  /// The shape of one sample.
  public var sampleShape: [Int] { Array(images.shape.dropFirst()) }
  /// The number of samples.
  public var count: Int { classes.count }
  /// The class of a sample.
  public func label(at index: Int) -> Int { classes[index] }

  /// A sample, of shape `sampleShape`: a view that shares the memory of `images`.
  public func sample(at index: Int) -> Tensor<Float> {
    var layout = Layout(contiguous: sampleShape)
    layout.offset = images.layout.offset + index * layout.count
    return Tensor(storage: images.storage, layout: layout)
  }
}
