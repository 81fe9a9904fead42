public import Autograd
public import Tensor

/// The largest value of every window, channel by channel.
public struct MaxPool2D<Scalar: DifferentiableScalar>: Layer {
  /// Size, strides and padding.
  ///
  /// Padding takes no part in the maximum.
  public let window: Window2D

  /// Creates a layer with a square window that moves by its own size, or by `stride`.
  public init(_ size: Int, stride: Int? = nil, padding: Padding = .valid) {
    window = Window2D(size, stride: stride ?? size, padding: padding)
  }

  /// Creates a layer with any window.
  public init(window: Window2D) { self.window = window }

  /// Maps `[batch, height, width, channels]` to `[batch, outputHeight, outputWidth, channels]`.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.maxPooled(window)
  }

  /// A pooling.
  public func stage(in context: inout Context) -> Stage<Scalar>? { .maxPool(window) }

  /// `[batch, outputHeight, outputWidth, channels]`.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    window.outputShape(for: inputShape, channels: inputShape.last ?? 0)
  }

  /// The geometry.
  public var specification: LayerSpecification {
    LayerSpecification(kind: "MaxPool2D", options: window.specificationOptions)
  }

  init(specification: LayerSpecification) throws {
    window = try Window2D(specification: specification)
  }
}
