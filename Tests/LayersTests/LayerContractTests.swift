import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// What is asked of every layer alike.
@Suite("Every layer")
struct LayerContractTests {
  /// The identities of all parameters that a value stores, found by reflection: the one way that does not trust the walk.
  static func storedParameters(of value: Any) -> Set<ParameterID> {
    if let parameter = value as? Parameter<Double> { return [parameter.id] }
    return Mirror(reflecting: value).children.reduce(into: []) {
      // A tensor is a leaf, and its storage none of our business.
      if !($1.value is Tensor<Double>) { $0.formUnion(storedParameters(of: $1.value)) }
    }
  }

  /// A layer whose walk forgets a line.
  struct Forgetful: Layer {
    typealias Scalar = Double
    var factor = Parameter(Tensor<Double>(2))
    var offset: Parameter<Double>? = Parameter(Tensor<Double>(1))

    func callAsFunction(
      _ input: Variable<Double>, in context: inout Context
    ) -> Variable<Double> {
      input * context.variable(factor)
        + (offset.map { context.variable($0) } ?? Variable(Tensor(0)))
    }
    mutating func visitParameters(_ visitor: inout some ParameterVisitor<Double>) {
      visitor.visit(&factor, "factor")
    }
  }

  @Test("visits every parameter that it stores, once", arguments: LayerCase.all)
  func visitsAll(item: LayerCase) {
    let layer = item.make()
    let visited = layer.parameters.map(\.parameter.id)
    #expect(Set(visited) == Self.storedParameters(of: layer))
    #expect(Set(visited).count == visited.count)
    #expect(Set(layer.parameters.map(\.path)).count == visited.count)
  }

  @Test("that forgets a parameter is caught by the test above")
  func forgottenLine() {
    let layer = Forgetful()
    #expect(Self.storedParameters(of: layer).count == 2 && layer.parameters.count == 1)
    #expect(Self.storedParameters(of: Sequential<Double>([layer, layer])).count == 2)
  }

  @Test(
    "says the shape that it gives, in training and in use", arguments: LayerCase.all, [false, true])
  func outputShape(item: LayerCase, isTraining: Bool) {
    let layer = item.make()
    var context = LayerCase.context(isTraining: isTraining)
    let output = layer(Variable(.ramp(item.inputShape)), in: &context)
    #expect(layer.outputShape(for: item.inputShape) == output.shape)
    let fresh: Tensor<Double> = layer(.ramp(item.inputShape))
    #expect(fresh.shape == output.shape)
  }

  @Test(
    "gives the same by itself and inside Sequential, fused or not", arguments: LayerCase.all,
    [false, true])
  func insideSequential(item: LayerCase, isTraining: Bool) {
    let layer = item.make()
    let input = Variable(tracking: Tensor<Double>.ramp(item.inputShape))
    let model = Sequential<Double>([layer])
    func run(_ layer: any Layer<Double>, isFused: Bool) -> [Tensor<Double>] {
      var context = LayerCase.context(isTraining: isTraining)
      context.fusesLayers = isFused
      let output = layer(input, in: &context)
      let gradients = (output * Variable(.ramp(output.shape))).sum().gradients()
      return [output.value, gradients[input] ?? .zeros([0])]
        + layer.parameters.map { gradients[$0.parameter] ?? .zeros([0]) }
    }
    let alone = run(layer, isFused: true)
    for (one, other) in zip(alone, run(model, isFused: true)) {
      #expect(one.relativeError(to: other) < 1e-14)
    }
    for (one, other) in zip(alone, run(model, isFused: false)) {
      #expect(one.relativeError(to: other) < 1e-14)
    }
  }

  @Test(
    "comes back from its specification with the same shape and options", arguments: LayerCase.all)
  func specification(item: LayerCase) throws {
    let model = Sequential<Double>([item.make()])
    var rebuilt = try Sequential<Double>(specification: model.specification)
    #expect(rebuilt.specification == model.specification)
    #expect(rebuilt.parameters.map(\.path) == model.parameters.map(\.path))
    // What is rebuilt holds no values yet; with those of the original it computes the same.
    var values = model.parameters.map(\.parameter.value)[...]
    rebuilt.updateParameters { parameter, _ in
      #expect(parameter.shape == values.first?.shape)
      parameter.value = values.popFirst() ?? .zeros([0])
    }
    for isTraining in [false, true] {
      var (first, second) = (
        LayerCase.context(isTraining: isTraining), LayerCase.context(isTraining: isTraining)
      )
      let input = Tensor<Double>.ramp(item.inputShape)
      #expect(rebuilt(input, in: &first).value == model(input, in: &second).value)
    }
  }
}
