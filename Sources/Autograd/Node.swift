import Synchronization
public import Tensor

/// What a pullback may read, named when an operation is recorded.
///
/// The least that will do.
public struct Keeping: OptionSet, Sendable {
  /// Bit 0 for the output, bit `i + 1` for input `i`.
  public let rawValue: UInt32
  /// A choice by its bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The value that the operation returned.
  public static let output = Keeping(rawValue: 1)
  /// The values of all inputs.
  public static let inputs = Keeping(rawValue: ~1)
  /// Nothing: the formula needs the upstream gradient only.
  public static let nothing: Keeping = []
  /// The value of the input at `index`, which is below 31.
  public static func input(_ index: Int) -> Keeping {
    require(index >= 0 && index < 31, "Keeping: cannot name the input \(index), only 0 to 30")
    return Keeping(rawValue: 2 << UInt32(index))
  }

  /// Whether the value of the input at `index` is kept.
  ///
  /// Those beyond the 31st are kept all or none.
  func containsInput(_ index: Int) -> Bool {
    index < 31 ? contains(.input(index)) : isSuperset(of: .inputs)
  }
}

/// The values that an operation kept for its pullback.
///
/// In a plain sweep they are constants. In a sweep that records they are the variables of the forward pass, so that a
/// pullback written with the operations of ``Variable`` has derivatives itself.
public struct Saved<Scalar: DifferentiableScalar> {
  package let inputs: [Variable<Scalar>?]
  package let keptOutput: Variable<Scalar>?
  /// Whether derivatives may be taken of what the pullback returns, so that it must be made of variables' operations.
  public let isRecording: Bool
  /// For each input, whether its gradient is wanted.
  ///
  /// Those that are not may be `nil`.
  public let needed: [Bool]

  /// The input at `index`, which `keeping:` must have named.
  public func input(_ index: Int) -> Variable<Scalar> {
    guard let input = inputs[index] else {
      // A bug in an operation: which inputs it keeps and reads is written in its code, and no data change it.
      fatalError("Saved: the operation did not keep its input \(index)")
    }
    return input
  }

  /// The value that the operation returned, which `keeping:` must have named.
  public var output: Variable<Scalar> {
    // As above: written in the operation's code.
    guard let keptOutput else { fatalError("Saved: the operation did not keep its output") }
    return keptOutput
  }
}

/// One gradient for each input, `nil` where there is none.
public typealias Pullback<Scalar: DifferentiableScalar> =
  @Sendable (_ saved: Saved<Scalar>, _ upstream: Variable<Scalar>) -> [Variable<Scalar>?]

/// One recorded operation, or a leaf whose gradient is wanted.
///
/// Nodes point from results to inputs, so that a graph lives as long as one of its results does. A node is immutable but for
/// its body, which a sweep takes out unless it is told to keep the graph: what was kept for the way back must not outlive
/// the way back, or the next update of the weights would have to copy them.
package final class Node<Scalar: DifferentiableScalar>: Sendable {
  /// The way back.
  struct Body: Sendable {
    var inputs: [Node?]
    var keptInputs: [Tensor<Scalar>?]
    var keptOutput: Tensor<Scalar>?
    var pullback: Pullback<Scalar>
  }

  private let body: Mutex<Body?>
  /// One more than the largest height of an input; leaves have zero.
  ///
  /// Consumers come before inputs in descending order.
  let height: Int
  /// Whether this is a leaf: a parameter, or a tensor that is tracked.
  let isLeaf: Bool
  /// The parameter that a leaf stands for.
  let parameter: ParameterID?
  /// The storage of that parameter's value, by its identity only: holding it would make the next update copy it.
  let storage: ObjectIdentifier?

  /// A leaf.
  package init(parameter: ParameterID?, storage: ObjectIdentifier? = nil) {
    body = Mutex(nil)
    height = 0
    isLeaf = true
    self.parameter = parameter
    self.storage = storage
  }

  init(body: Body) {
    height = 1 + (body.inputs.lazy.compactMap { $0?.height }.max() ?? 0)
    isLeaf = false
    parameter = nil
    storage = nil
    self.body = Mutex(body)
  }

  /// The way back, `nil` when a sweep has taken it.
  func currentBody() -> Body? { body.withLock { $0 } }

  /// Takes the way back out of the node.
  func takeBody() -> Body? { body.withLock { $0.take() } }

  /// Whether a sweep has taken the way back out of this operation.
  var isSwept: Bool { !isLeaf && body.withLock { $0 == nil } }

  /// The nodes of the inputs; none once a sweep has taken the body.
  var inputs: [Node?] { body.withLock { $0?.inputs ?? [] } }

  deinit {
    // Freed naively, a chain of nodes unwinds by recursion and overflows the stack. So each node that this one holds last
    // is emptied here first.
    var pending = takeBody()?.inputs ?? []
    while var last = pending.popLast() {
      if last != nil, isKnownUniquelyReferenced(&last), let node = last {
        pending += node.takeBody()?.inputs ?? []
      }
    }
  }
}
