public import Autograd
public import Tensor

/// `max(x, 0)`.
public struct ReLU<Scalar: DifferentiableScalar>: Layer {
  /// Creates the layer.
  public init() {}

  /// Maps any shape to itself.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.relu()
  }

  /// A rectification.
  public func stage(in context: inout Context) -> Stage<Scalar>? { .relu }

  /// The shape of the input.
  public func outputShape(for inputShape: [Int]) -> [Int] { inputShape }
}

/// `1 / (1 + e⁻ˣ)`.
public struct Sigmoid<Scalar: DifferentiableScalar>: Layer {
  /// Creates the layer.
  public init() {}

  /// Maps any shape to itself.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.sigmoid()
  }

  /// The shape of the input.
  public func outputShape(for inputShape: [Int]) -> [Int] { inputShape }
}

/// The softmax along the last axis.
public struct Softmax<Scalar: DifferentiableScalar>: Layer {
  /// Creates the layer.
  public init() {}

  /// Maps `[…, classes]` to itself, each row to probabilities that sum to 1.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.softmax()
  }

  /// The shape of the input.
  public func outputShape(for inputShape: [Int]) -> [Int] { inputShape }
}

/// All axes but the first made one.
public struct Flatten<Scalar: DifferentiableScalar>: Layer {
  /// Creates the layer.
  public init() {}

  /// Maps `[batch, …]` to `[batch, count]`, the last axis running fastest.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.reshaped(to: outputShape(for: input.shape))
  }

  /// `[batch, count]`.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    require(!inputShape.isEmpty, "Flatten: needs a batch axis, got shape []")
    return [inputShape[0], inputShape.dropFirst().reduce(1, *)]
  }
}

extension ReLU {
  /// The kind alone.
  public var specification: LayerSpecification { LayerSpecification(kind: "ReLU") }
}
extension Sigmoid {
  /// The kind alone.
  public var specification: LayerSpecification { LayerSpecification(kind: "Sigmoid") }
}
extension Softmax {
  /// The kind alone.
  public var specification: LayerSpecification { LayerSpecification(kind: "Softmax") }
}
extension Flatten {
  /// The kind alone.
  public var specification: LayerSpecification { LayerSpecification(kind: "Flatten") }
}
