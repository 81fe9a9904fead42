public import Autograd
public import Tensor

/// Where Adam adds its `ε`.
public enum EpsilonPlacement: Sendable, Hashable {
  /// To the corrected root, `m̂ / (√v̂ + ε)`: Algorithm 1 of the paper, and PyTorch.
  case afterCorrection
  /// To the plain root, `η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)`: the paper's "epsilon hat", and Keras.
  case beforeCorrection
}

/// Adam: `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, then `w ← w − η m̂ / (√v̂ + ε)` with
/// `m̂ = m / (1 − β₁ᵗ)`, `v̂ = v / (1 − β₂ᵗ)`.
///
/// Kingma and Ba, ICLR 2015. The two usual places of `ε` give different results; `epsilonPlacement` names them.
public struct Adam<Scalar: DifferentiableScalar>: Optimizer {
  /// `η`, positive.
  ///
  /// May be changed between steps.
  public var learningRate: Scalar
  /// `β₁`, in `0..<1`.
  public let beta1: Scalar
  /// `β₂`, in `0..<1`.
  public let beta2: Scalar
  /// `ε`, positive.
  public let epsilon: Scalar
  /// Where `ε` is added.
  public let epsilonPlacement: EpsilonPlacement
  /// The number of steps taken.
  public var stepCount = 0
  /// `firstMoment` and `secondMoment`, by parameter.
  public var slots: [String: [ParameterID: Tensor<Scalar>]] {
    get { moments.slots }
    set { moments.slots = newValue }
  }
  private var moments = Moments<Scalar>()

  /// Creates the rule.
  public init(
    learningRate: Scalar = 1e-3, beta1: Scalar = 0.9, beta2: Scalar = 0.999,
    epsilon: Scalar = 1e-8, epsilonPlacement: EpsilonPlacement = .afterCorrection
  ) {
    requireAdam("Adam", learningRate, beta1, beta2, epsilon)
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.epsilonPlacement = epsilonPlacement
  }

  /// Moves `parameter` one step against `gradient`, in place.
  public mutating func update(_ parameter: inout Parameter<Scalar>, gradient: Tensor<Scalar>) {
    moments.update(
      &parameter, gradient: gradient,
      .adam(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        placement: epsilonPlacement, decay: 1, step: stepCount))
  }
}

/// Adam with weight decay beside the gradient: `w ← (1 − η λ) w − η m̂ / (√v̂ + ε)`.
///
/// Loshchilov and Hutter, ICLR 2019, in PyTorch's form, where the decay scales with the learning rate.
public struct AdamW<Scalar: DifferentiableScalar>: Optimizer {
  /// `η`, positive.
  ///
  /// May be changed between steps.
  public var learningRate: Scalar
  /// `β₁`, in `0..<1`.
  public let beta1: Scalar
  /// `β₂`, in `0..<1`.
  public let beta2: Scalar
  /// `ε`, positive, added to the corrected root.
  public let epsilon: Scalar
  /// `λ`, zero or more.
  public let weightDecay: Scalar
  /// The number of steps taken.
  public var stepCount = 0
  /// `firstMoment` and `secondMoment`, by parameter.
  public var slots: [String: [ParameterID: Tensor<Scalar>]] {
    get { moments.slots }
    set { moments.slots = newValue }
  }
  private var moments = Moments<Scalar>()

  /// Creates the rule.
  public init(
    learningRate: Scalar = 1e-3, beta1: Scalar = 0.9, beta2: Scalar = 0.999,
    epsilon: Scalar = 1e-8, weightDecay: Scalar = 1e-2
  ) {
    requireAdam("AdamW", learningRate, beta1, beta2, epsilon)
    require(weightDecay >= 0, "AdamW: needs a weightDecay of 0 or more, got \(weightDecay)")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Moves `parameter` one step against `gradient`, in place.
  public mutating func update(_ parameter: inout Parameter<Scalar>, gradient: Tensor<Scalar>) {
    moments.update(
      &parameter, gradient: gradient,
      .adam(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        placement: .afterCorrection, decay: 1 - learningRate * weightDecay, step: stepCount))
  }
}

private func requireAdam<Scalar: DifferentiableScalar>(
  _ name: String, _ learningRate: Scalar, _ beta1: Scalar, _ beta2: Scalar, _ epsilon: Scalar
) {
  require(learningRate > 0, "\(name): needs a positive learningRate, got \(learningRate)")
  require(
    beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1,
    "\(name): needs beta1 and beta2 in 0..<1, got \(beta1) and \(beta2)")
  require(epsilon > 0, "\(name): needs a positive epsilon, got \(epsilon)")
}

/// The two running moments of every parameter.
private struct Moments<Scalar: DifferentiableScalar>: Sendable {
  private var first: [ParameterID: Tensor<Scalar>] = [:]
  private var second: [ParameterID: Tensor<Scalar>] = [:]

  var slots: [String: [ParameterID: Tensor<Scalar>]] {
    get { ["firstMoment": first, "secondMoment": second] }
    set {
      first = newValue["firstMoment"] ?? [:]
      second = newValue["secondMoment"] ?? [:]
    }
  }

  mutating func update(
    _ parameter: inout Parameter<Scalar>, gradient: Tensor<Scalar>, _ step: AdamStep<Scalar>
  ) {
    // Two tensors of zeros, not one twice: they would share a buffer, and the first write would copy it.
    parameter.value.takeAdamStep(
      firstMoment: &first[parameter.id, default: .zeros(gradient.shape)],
      secondMoment: &second[parameter.id, default: .zeros(gradient.shape)], gradient: gradient,
      step)
  }
}

extension AdamStep {
  /// The numbers of step `step`, counted from 1.
  ///
  /// The powers are taken in double precision: `β₂ᵗ` is close to one for long.
  fileprivate static func adam(
    learningRate: Scalar, beta1: Scalar, beta2: Scalar, epsilon: Scalar,
    placement: EpsilonPlacement, decay: Scalar, step: Int
  ) -> AdamStep {
    let rest1 = 1 - power(Double(beta1), step)
    let rest2 = (1 - power(Double(beta2), step)).squareRoot()
    switch placement {
    case .afterCorrection:
      return AdamStep(
        beta1: beta1, beta2: beta2, rate: Scalar(Double(learningRate) / rest1),
        rootScale: Scalar(1 / rest2), epsilon: epsilon, decay: decay)
    case .beforeCorrection:
      return AdamStep(
        beta1: beta1, beta2: beta2, rate: Scalar(Double(learningRate) * rest2 / rest1),
        rootScale: 1, epsilon: epsilon, decay: decay)
    }
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, remaining) = (1.0, base, exponent)
    while remaining > 0 {
      if remaining & 1 == 1 { result *= factor }
      factor *= factor
      remaining >>= 1
    }
    return result
  }
}
