public import Autograd
public import Tensor

/// In training, zeros with probability `rate` and all other values times `1 / (1 − rate)`; otherwise the input itself.
///
/// Srivastava et al., JMLR 2014, in the inverted form that leaves inference untouched.
public struct Dropout<Scalar: DifferentiableScalar>: Layer {
  /// The probability of a zero, in `0..<1`.
  public let rate: Double

  /// Creates a layer that drops with probability `rate`, in `0..<1`.
  public init(_ rate: Double) {
    require(rate >= 0 && rate < 1, "Dropout: needs a rate in 0..<1, got \(rate)")
    self.rate = rate
  }

  /// Maps any shape to itself.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    guard context.isTraining else { return input }
    return input.dropout(rate: rate, key: context.nextKey())
  }

  /// A dropout in training, nothing in use.
  public func stage(in context: inout Context) -> Stage<Scalar>? {
    context.isTraining ? .dropout(rate: rate, key: context.nextKey()) : .identity
  }

  /// The shape of the input.
  public func outputShape(for inputShape: [Int]) -> [Int] { inputShape }

  /// The rate.
  public var specification: LayerSpecification {
    LayerSpecification(kind: "Dropout", options: ["rate": .number(rate)])
  }

  init(specification: LayerSpecification) throws {
    rate = try specification.number("rate", in: 0...(1.0).nextDown)
  }
}
