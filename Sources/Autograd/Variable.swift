public import Tensor

/// A tensor in a computation whose derivatives may be asked for.
///
/// Operations on variables compute the same values as those on tensors, and record how to differentiate them wherever an
/// input is recorded. Nothing is recorded for constants, so that inference costs what it costs on tensors.
///
/// ```swift
/// let x = Variable(tracking: Tensor<Float>([1, 2, 3], shape: [3]))
/// let loss = (x * x).sum()
/// let gradient = loss.gradients()[x]     // [2, 4, 6]
/// ```
public struct Variable<Scalar: DifferentiableScalar>: Sendable {
  /// The value.
  public internal(set) var value: Tensor<Scalar>
  package let node: Node<Scalar>?

  package init(value: Tensor<Scalar>, node: Node<Scalar>?) {
    self.value = value
    self.node = node
  }

  /// A constant: nothing is recorded for it.
  public init(_ value: Tensor<Scalar>) {
    self.init(value: value, node: nil)
  }

  /// A leaf whose gradient is wanted.
  public init(tracking value: Tensor<Scalar>) {
    self.init(value: value, node: Node(parameter: nil))
  }

  /// The result of an operation that is not made of others.
  ///
  /// - Parameters:
  ///   - value: What the operation computed from the values of `inputs`.
  ///   - inputs: The operands. Where none of them is recorded, the result is a constant and `pullback` is dropped.
  ///   - keeping: What the pullback reads. It must capture no variable, and no tensor that `keeping` could name.
  ///   - pullback: Takes `∂L/∂value` and returns `∂L/∂input` for each input, in the operations of `Variable`.
  public init(
    _ value: Tensor<Scalar>, from inputs: [Variable], keeping: Keeping,
    pullback: @escaping Pullback<Scalar>
  ) {
    self.value = value
    guard inputs.contains(where: { $0.node != nil }) else {
      node = nil
      return
    }
    node = Node(
      body: Node.Body(
        inputs: inputs.map(\.node),
        keptInputs: inputs.enumerated().map { index, input in
          keeping.containsInput(index) ? input.value : nil
        },
        keptOutput: keeping.contains(.output) ? value : nil, pullback: pullback))
  }

  /// Whether derivatives with respect to something can be taken through this variable.
  public var isRecorded: Bool { node != nil }

  /// The same value as a constant.
  public func detached() -> Variable { Variable(value) }

  /// The size of every axis.
  public var shape: [Int] { value.shape }
  /// The number of axes.
  public var rank: Int { value.rank }
  /// The number of scalars.
  public var count: Int { value.count }
  /// The scalar of a variable that holds exactly one.
  public func item() -> Scalar { value.item() }
}

extension Variable: CustomStringConvertible {
  /// The value, printed as a tensor.
  public var description: String { String(describing: value) }
}
