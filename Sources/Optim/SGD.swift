public import Autograd
public import Tensor

/// Gradient descent with momentum: `v ← μ v + g`, then `w ← w − η v`; with Nesterov's form `w ← w − η (g + μ v)`.
///
/// As PyTorch has it. Sutskever et al. (ICML 2013), and Keras, put `η` inside `v`; the two differ once `η` changes during a
/// run. Weight decay is added to the gradient, `g + λ w`.
public struct SGD<Scalar: DifferentiableScalar>: Optimizer {
  /// `η`, positive.
  ///
  /// May be changed between steps.
  public var learningRate: Scalar
  /// `μ`, in `0..<1`.
  ///
  /// Zero gives plain gradient descent.
  public let momentum: Scalar
  /// Whether the step looks ahead along the velocity.
  public let isNesterov: Bool
  /// `λ`, zero or more.
  public let weightDecay: Scalar
  /// The number of steps taken.
  public var stepCount = 0
  /// `velocity`, by parameter.
  public var slots: [String: [ParameterID: Tensor<Scalar>]] {
    get { ["velocity": velocities] }
    set { velocities = newValue["velocity"] ?? [:] }
  }
  private var velocities: [ParameterID: Tensor<Scalar>] = [:]

  /// Creates the rule.
  public init(
    learningRate: Scalar = 0.01, momentum: Scalar = 0, isNesterov: Bool = false,
    weightDecay: Scalar = 0
  ) {
    require(learningRate > 0, "SGD: needs a positive learningRate, got \(learningRate)")
    require(momentum >= 0 && momentum < 1, "SGD: needs a momentum in 0..<1, got \(momentum)")
    require(!isNesterov || momentum > 0, "SGD: Nesterov's form needs a momentum above 0")
    require(weightDecay >= 0, "SGD: needs a weightDecay of 0 or more, got \(weightDecay)")
    self.learningRate = learningRate
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  /// Moves `parameter` one step against `gradient`, in place.
  public mutating func update(_ parameter: inout Parameter<Scalar>, gradient: Tensor<Scalar>) {
    parameter.value.takeSGDStep(
      velocity: &velocities[parameter.id, default: .zeros(gradient.shape)], gradient: gradient,
      SGDStep(
        learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
        isNesterov: isNesterov))
  }
}
