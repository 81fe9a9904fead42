public import Autograd
public import Tensor

/// A fully connected layer, `y = x W + b`.
public struct Dense<Scalar: DifferentiableScalar>: Layer {
  /// `W`, of shape `[inputSize, outputSize]`.
  public var weight: Parameter<Scalar>
  /// `b`, of shape `[outputSize]`, or none.
  public var bias: Parameter<Scalar>?

  /// Creates a layer from its weight, of rank 2, and its bias, if any, of as many scalars as the weight has columns.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>?) {
    require(weight.rank == 2, "Dense: weight needs rank 2, got shape \(weight.shape)")
    if let bias {
      require(
        bias.shape == [weight.shape[1]],
        "Dense: needs a bias of shape [\(weight.shape[1])], got \(bias.shape)")
    }
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
  }

  /// Creates a layer with fresh weights and a bias of zeros.
  public init(
    inputSize: Int, outputSize: Int, hasBias: Bool = true, weights: Initializer = .glorotUniform,
    using random: inout RandomGenerator
  ) {
    require(
      inputSize > 0 && outputSize > 0,
      "Dense: needs positive sizes, got inputSize \(inputSize), outputSize \(outputSize)")
    self.init(
      weight: weights(
        [inputSize, outputSize], fanIn: inputSize, fanOut: outputSize, using: &random),
      bias: hasBias ? .zeros([outputSize]) : nil)
  }

  /// Maps `[…, inputSize]` to `[…, outputSize]`.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    require(
      input.rank >= 2 && input.shape.last == weight.shape[0],
      "Dense: needs [batch, \(weight.shape[0])], got shape \(input.shape)")
    let product = input.matrixProduct(context.variable(weight))
    guard let bias else { return product }
    return product + context.variable(bias)
  }

  /// Visits `weight` and, if there is one, `bias`.
  public mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    visitor.visit(&weight, "weight")
    visitor.visit(&bias, "bias")
  }

  /// `[…, outputSize]` for `[…, inputSize]`.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    require(
      inputShape.count >= 2 && inputShape.last == weight.shape[0],
      "Dense: needs [batch, \(weight.shape[0])], got shape \(inputShape)")
    return inputShape.dropLast() + [weight.shape[1]]
  }

  /// One for each weight and row.
  public func multiplyAdds(for inputShape: [Int]) -> Int {
    inputShape.dropLast().reduce(1, *) * weight.value.count
  }

  /// Sizes, and whether there is a bias.
  public var specification: LayerSpecification {
    LayerSpecification(
      kind: "Dense",
      options: [
        "inputSize": .integer(weight.shape[0]), "outputSize": .integer(weight.shape[1]),
        "hasBias": .flag(bias != nil),
      ])
  }

  /// Creates a layer of zeros from its specification.
  init(specification: LayerSpecification) throws {
    let inputSize = try specification.integer("inputSize")
    let outputSize = try specification.integer("outputSize")
    self.init(
      weight: try specification.zeros([inputSize, outputSize]),
      bias: try specification.flag("hasBias") ? specification.zeros([outputSize]) : nil)
  }
}
