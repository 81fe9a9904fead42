public import Autograd
public import Tensor

/// One step of a forward pass that a layer lets its container run together with its neighbours.
///
/// It holds geometry, the parameters as recorded operands, and the random key that the layer has drawn; run on its own or as
/// part of a stretch it gives the same result up to rounding.
public enum Stage<Scalar: DifferentiableScalar>: Sendable {
  /// A convolution, with its bias if it has one.
  case convolution(filter: Variable<Scalar>, bias: Variable<Scalar>?, window: Window2D)
  /// `max(x, 0)`.
  case relu
  /// The largest value of every window.
  case maxPool(Window2D)
  /// Zeros with a probability of `rate`, with the random numbers at `key`.
  case dropout(rate: Double, key: RandomKey)
  /// Nothing: dropout in use.
  case identity

  /// The stage on its own.
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    switch self {
    case .convolution(let filter, let bias, let window):
      input.convolution(filter, bias: bias, window)
    case .relu: input.relu()
    case .maxPool(let window): input.maxPooled(window)
    case .dropout(let rate, let key): input.dropout(rate: rate, key: key)
    case .identity: input
    }
  }
}
