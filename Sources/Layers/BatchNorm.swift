public import Autograd
public import Tensor

/// Batch normalization over all axes but the last, `y = γ (x − μ) / √(σ² + ε) + β`.
///
/// In training `μ` and `σ²` are those of the batch, and running averages of them are kept; in use they are the averages. As in
/// Keras, the running variance is that of the batch itself, not the unbiased estimate that PyTorch keeps. Ioffe and Szegedy,
/// ICML 2015.
public struct BatchNorm<Scalar: DifferentiableScalar>: Layer {
  /// `γ`, of shape `[channels]`.
  public var scale: Parameter<Scalar>
  /// `β`, of shape `[channels]`.
  public var offset: Parameter<Scalar>
  /// The running average of `μ`, of shape `[channels]`.
  public var runningMean: Parameter<Scalar>
  /// The running average of `σ²`, of shape `[channels]`.
  public var runningVariance: Parameter<Scalar>
  /// The part of the running average that stays in every step, in `0...1`: `r ← m r + (1 − m) x`.
  public let momentum: Scalar
  /// `ε`, which keeps the root away from zero.
  public let epsilon: Scalar

  /// Creates a layer for `channels` channels, with `γ = 1`, `β = 0`.
  public init(channels: Int, momentum: Scalar = 0.99, epsilon: Scalar = 1e-3) {
    require(channels > 0, "BatchNorm: needs a positive number of channels, got \(channels)")
    require(
      momentum >= 0 && momentum <= 1, "BatchNorm: needs a momentum in 0...1, got \(momentum)")
    require(epsilon > 0, "BatchNorm: needs a positive epsilon, got \(epsilon)")
    scale = Parameter(.ones([channels]))
    offset = Parameter(.zeros([channels]))
    runningMean = Parameter(.zeros([channels]), kind: .statistic)
    runningVariance = Parameter(.ones([channels]), kind: .statistic)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Maps `[…, channels]` to itself.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    requireChannels(input.shape)
    let (gamma, beta) = (context.variable(scale), context.variable(offset))
    // A frozen layer keeps its statistics, as in Keras: fine-tuning must not wash them out.
    guard context.isTraining, scale.isTrainable || offset.isTrainable else {
      let factor = gamma / Variable((runningVariance.value + epsilon).sqrt())
      return input * factor + (beta - Variable(runningMean.value) * factor)
    }
    let (output, moments) = input.batchNormalized(scale: gamma, offset: beta, epsilon: epsilon)
    average(moments.mean, into: runningMean, in: &context)
    average(moments.variance, into: runningVariance, in: &context)
    return output
  }

  /// Notes the next running average.
  ///
  /// A layer that is called twice in one pass averages twice.
  private func average(
    _ measured: Tensor<Scalar>, into statistic: Parameter<Scalar>, in context: inout Context
  ) {
    let current = context.recordedValue(for: statistic) ?? statistic.value
    context.record(current * momentum + measured * (1 - momentum), for: statistic)
  }

  /// Visits `scale`, `offset`, `runningMean`, `runningVariance`.
  public mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    visitor.visit(&scale, "scale")
    visitor.visit(&offset, "offset")
    visitor.visit(&runningMean, "runningMean")
    visitor.visit(&runningVariance, "runningVariance")
  }

  /// The shape of the input.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    requireChannels(inputShape)
    return inputShape
  }

  private func requireChannels(_ shape: [Int]) {
    require(
      shape.count >= 2 && shape.last == scale.shape[0],
      "BatchNorm: needs […, \(scale.shape[0])], got shape \(shape)")
  }

  /// Channels, momentum and epsilon.
  public var specification: LayerSpecification {
    LayerSpecification(
      kind: "BatchNorm",
      options: [
        "channels": .integer(scale.shape[0]), "momentum": .number(Double(momentum)),
        "epsilon": .number(Double(epsilon)),
      ])
  }

  init(specification: LayerSpecification) throws {
    let channels = try specification.integer("channels")
    self.init(
      channels: 1, momentum: Scalar(try specification.number("momentum", in: 0...1)),
      epsilon: Scalar(try specification.number("epsilon", in: 1e-30...1e3)))
    // One scalar in memory for all channels, as with the zeros of other layers.
    updateParameters { parameter, _ in
      parameter.value = parameter.value.broadcast(to: [channels])
    }
  }
}
