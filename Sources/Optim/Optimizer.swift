public import Autograd
public import Tensor

/// A rule that moves parameters against their gradients.
public protocol Optimizer<Scalar>: Sendable {
  associatedtype Scalar: DifferentiableScalar

  /// The size of a step. May be changed between steps.
  var learningRate: Scalar { get set }
  /// The number of steps taken.
  var stepCount: Int { get set }
  /// What the rule remembers of every parameter, by name: `"velocity"`, `"firstMoment"`.
  var slots: [String: [ParameterID: Tensor<Scalar>]] { get set }

  /// Moves `parameter` one step against `gradient`, in place. `stepCount` has been advanced already.
  mutating func update(_ parameter: inout Parameter<Scalar>, gradient: Tensor<Scalar>)
}

extension Optimizer {
  /// Moves all parameters of `model` one step against their gradients, and writes the statistics that its layers measured.
  ///
  /// A weight without a gradient stays as it is.
  ///
  /// - Parameters:
  ///   - model: What is moved, in place.
  ///   - gradients: Those of the loss.
  ///   - context: That of the forward pass.
  /// - Precondition: Every gradient belongs to a parameter that `model` visits.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Gradients<Scalar>, in context: Context
  ) {
    stepCount += 1
    // The optimizer goes into the walk and comes back out; in between it is nowhere else, so nothing is copied.
    var walk = UpdateWalk(optimizer: self, gradients: gradients, context: context)
    slots = [:]
    model.visitParameters(&walk)
    require(
      walk.pending.isEmpty,
      """
      update: \(walk.pending.count) gradients belong to parameters that the model does not visit; \
      is a line missing in visitParameters?
      """)
    self = walk.optimizer
  }

  /// One step of training: runs `loss` on the model, and moves the model against the gradients.
  ///
  /// ```swift
  /// let loss = optimizer.step(&model, random: &random) { model, context in
  ///   softmaxCrossEntropy(model(images, in: &context), labels: labels)
  /// }
  /// ```
  ///
  /// - Returns: The loss before the step.
  @discardableResult
  public mutating func step<Model: Parameterized<Scalar>>(
    _ model: inout Model, random: inout RandomGenerator,
    loss: (_ model: Model, _ context: inout Context) throws -> Variable<Scalar>
  ) rethrows -> Scalar {
    var context = Context.training(random: &random)
    let value = try loss(model, &context)
    update(&model, along: value.gradients(), in: context)
    return value.item()
  }
}

private struct UpdateWalk<Rule: Optimizer>: ParameterVisitor {
  var optimizer: Rule
  let gradients: Gradients<Rule.Scalar>
  let context: Context
  /// The parameters with a gradient that have not come by yet.
  var pending: Set<ParameterID>
  /// The new values of those that have.
  var moved: [ParameterID: Tensor<Rule.Scalar>] = [:]

  init(optimizer: Rule, gradients: Gradients<Rule.Scalar>, context: Context) {
    self.optimizer = optimizer
    self.gradients = gradients
    self.context = context
    pending = gradients.parameterIDs
  }

  mutating func visit(_ parameter: inout Parameter<Rule.Scalar>, _ name: String) {
    if let measured = context.recordedValue(for: parameter) { parameter.value = measured }
    guard pending.remove(parameter.id) != nil, let gradient = gradients[parameter] else {
      // A parameter that two parts of the model share is moved once, and each part gets the result.
      if let value = moved[parameter.id] { parameter.value = value }
      return
    }
    require(
      gradient.shape == parameter.shape,
      "update: gradient of shape \(gradient.shape) for parameter \(name) of shape \(parameter.shape)"
    )
    optimizer.update(&parameter, gradient: gradient)
    moved[parameter.id] = parameter.value
  }
}

/// What an optimizer remembers, under the paths of the model's parameters: for files.
public struct OptimizerState<Scalar: DifferentiableScalar>: Sendable {
  /// The number of steps taken.
  public var stepCount: Int
  /// The tensors, by slot and path, such as `"firstMoment/0.weight"`.
  public var tensors: [String: Tensor<Scalar>]

  /// Creates a state.
  public init(stepCount: Int, tensors: [String: Tensor<Scalar>]) {
    self.stepCount = stepCount
    self.tensors = tensors
  }
}

/// Why a state does not fit a model.
public struct OptimizerStateError: Error, CustomStringConvertible, Equatable {
  /// What does not fit.
  public let description: String
}

extension Optimizer {
  /// What this optimizer remembers of the parameters of `model`, by path.
  public func state(for model: some Parameterized<Scalar>) -> OptimizerState<Scalar> {
    var tensors: [String: Tensor<Scalar>] = [:]
    for (path, parameter) in model.parameters {
      for (slot, values) in slots {
        if let value = values[parameter.id] { tensors["\(slot)/\(path)"] = value }
      }
    }
    return OptimizerState(stepCount: stepCount, tensors: tensors)
  }

  /// Goes on from `state`, as if this optimizer had taken its steps with `model`.
  ///
  /// - Throws: `OptimizerStateError` where a tensor belongs to no parameter of the model or has another shape. Then nothing
  ///   has changed.
  public mutating func restore(
    _ state: OptimizerState<Scalar>, for model: some Parameterized<Scalar>
  ) throws {
    let parameters = Dictionary(
      model.parameters.map { ($0.path, $0.parameter) }, uniquingKeysWith: { first, _ in first })
    var restored = slots.mapValues { _ in [ParameterID: Tensor<Scalar>]() }
    for (key, value) in state.tensors.sorted(by: { $0.key < $1.key }) {
      let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, restored[parts[0]] != nil, let parameter = parameters[parts[1]] else {
        throw OptimizerStateError(
          description: "optimizer state: \(key) belongs to no slot and parameter of this model")
      }
      guard value.shape == parameter.shape else {
        throw OptimizerStateError(
          description:
            "optimizer state: \(key) has shape \(value.shape), the parameter \(parameter.shape)")
      }
      restored[parts[0]]?[parameter.id] = value
    }
    guard state.stepCount >= 0 else {
      throw OptimizerStateError(description: "optimizer state: step count \(state.stepCount)")
    }
    stepCount = state.stepCount
    slots = restored
  }
}
