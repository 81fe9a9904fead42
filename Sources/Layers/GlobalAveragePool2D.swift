public import Autograd
public import Tensor

/// The mean of every channel over the whole image.
///
/// A classifier that ends with it has no weight of its own for any place. Lin et al., ICLR 2014.
public struct GlobalAveragePool2D<Scalar: DifferentiableScalar>: Layer {
  /// Creates the layer.
  public init() {}

  /// Maps `[batch, height, width, channels]` to `[batch, channels]`.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    requireImages(input.shape)
    return input.mean(alongAxes: [1, 2])
  }

  /// `[batch, channels]`.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    requireImages(inputShape)
    return [inputShape[0], inputShape[3]]
  }

  private func requireImages(_ shape: [Int]) {
    require(
      shape.count == 4 && shape[1] > 0 && shape[2] > 0,
      "GlobalAveragePool2D: needs [batch, height, width, channels] with pixels, got shape \(shape)")
  }

  /// The kind alone.
  public var specification: LayerSpecification { LayerSpecification(kind: "GlobalAveragePool2D") }
}
