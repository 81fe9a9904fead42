public import Tensor

/// What one forward pass needs beside its input: whether it trains, dropout's random numbers, and what layers measured.
///
/// One context serves one pass. There is no global "learning phase" and no global seed.
public struct Context {
  /// Whether layers behave as in training: dropout drops, batch normalization uses the batch's own statistics.
  public let isTraining: Bool
  /// Whether trainable parameters are recorded, so that their gradients can be asked for.
  public let recordsParameters: Bool
  /// Whether containers may run neighbouring layers as one operation.
  ///
  /// Changes nothing in the results beyond rounding.
  public var fusesLayers = true
  private let key: RandomKey
  private var drawnKeys: UInt64 = 0
  private var leaves: [ParameterID: Leaf] = [:]
  private var statistics: [ParameterID: any Sendable] = [:]

  private struct Leaf {
    let node: AnyObject
    /// The identity only, as in `Node`.
    let storage: ObjectIdentifier
  }

  private init(isTraining: Bool, recordsParameters: Bool, key: RandomKey) {
    self.isTraining = isTraining
    self.recordsParameters = recordsParameters
    self.key = key
  }

  /// A context that trains, with random numbers from the generator.
  public static func training(random: inout RandomGenerator) -> Context {
    training(key: random.nextKey())
  }

  /// A context that trains, with random numbers at `key`: the same key gives the same dropout masks.
  public static func training(key: RandomKey) -> Context {
    Context(isTraining: true, recordsParameters: true, key: key)
  }

  /// A context that computes the model as it will be used, and records nothing for its parameters.
  public static var inference: Context {
    Context(isTraining: false, recordsParameters: false, key: RandomKey(seed: 0))
  }

  /// A context that computes the model as it will be used, and records its parameters.
  public static var recordedInference: Context {
    Context(isTraining: false, recordsParameters: true, key: RandomKey(seed: 0))
  }

  /// The parameter as an operand: recorded if it is trainable and this context records, else a constant.
  ///
  /// - Precondition: Two copies of a model that have diverged do not meet in one context; see `withFreshIdentities()`.
  public mutating func variable<Scalar>(_ parameter: Parameter<Scalar>) -> Variable<Scalar> {
    guard recordsParameters, parameter.isTrainable else { return Variable(parameter.value) }
    let storage = parameter.value.storageIdentifier
    if let leaf = leaves[parameter.id] {
      require(
        leaf.storage == storage,
        """
        Context: a parameter of shape \(parameter.shape) comes with two different values. Two copies of a model have \
        diverged; make one of them independent with withFreshIdentities().
        """)
      if let node = leaf.node as? Node<Scalar> {
        return Variable(value: parameter.value, node: node)
      }
    }
    let node = Node<Scalar>(parameter: parameter.id, storage: storage)
    leaves[parameter.id] = Leaf(node: node, storage: storage)
    return Variable(value: parameter.value, node: node)
  }

  /// A key for the next layer that draws random numbers.
  ///
  /// The `n`-th call of a pass always gives the same.
  public mutating func nextKey() -> RandomKey {
    defer { drawnKeys += 1 }
    return key.derived(drawnKeys)
  }

  /// Notes a new value of a statistic.
  ///
  /// `Optimizer.update(_:along:in:)` writes it to the model.
  public mutating func record<Scalar>(_ value: Tensor<Scalar>, for parameter: Parameter<Scalar>) {
    require(
      parameter.kind == .statistic && value.shape == parameter.shape,
      "Context: cannot note a value of shape \(value.shape) for a \(parameter.kind) of shape \(parameter.shape)"
    )
    statistics[parameter.id] = value
  }

  /// The value noted for a statistic in this pass.
  public func recordedValue<Scalar>(for parameter: Parameter<Scalar>) -> Tensor<Scalar>? {
    statistics[parameter.id] as? Tensor<Scalar>
  }
}
