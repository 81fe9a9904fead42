import Autograd
import Layers
import Tensor
import Testing

private struct Scale<Scalar: DifferentiableScalar>: Layer {
  var factor: Parameter<Scalar>

  func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input * context.variable(factor)
  }

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    visitor.visit(&factor, "factor")
  }
}

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  private static func smallModel(using random: inout RandomGenerator) -> Sequential<Float> {
    Sequential<Float> {
      Conv2D(inputChannels: 1, outputChannels: 4, kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.25)
      Flatten()
      Dense(inputSize: 4 * 3 * 3, outputSize: 2, using: &random)
    }
  }

  @Test("landing page: a model is used, and its loss differentiated")
  func model() {
    var random = RandomGenerator(seed: 42)
    let model = Self.smallModel(using: &random)
    let images = Tensor<Float>.uniform([16, 8, 8, 1], using: &random)
    let probabilities = model(images).softmax()
    #expect(probabilities.shape == [16, 2])
    for sum in probabilities.sum(alongAxis: 1).scalars { #expect(abs(sum - 1) < 1e-6) }

    let labels = Tensor<Int64>((0..<16).map { $0 % 2 }, shape: [16])
    var context = Context.training(random: &random)
    let loss = softmaxCrossEntropy(model(images, in: &context), labels: labels)
    let gradients = loss.gradients()
    for (path, parameter) in model.parameters {
      #expect(gradients[parameter]?.shape == parameter.shape, "\(path)")
    }
    #expect(model.summary(inputShape: [8, 8, 1]).parameterCount == 4 * 9 + 4 + 36 * 2 + 2)
  }

  @Test("landing page: a layer of one's own")
  func ownLayer() {
    let model = Sequential<Float> {
      Scale(factor: Parameter(Tensor<Float>([2, 3], shape: [2])))
      ReLU()
    }
    #expect(model(Tensor([1, -1], shape: [1, 2])).scalars == [2, 0])
    #expect(model.parameters.map(\.path) == ["0.factor"])
    #expect(model.specification.layers.map(\.kind).last == "ReLU")
  }

  @Test("article: statistics leave in the context, and the layer is as it was")
  func statistics() {
    let norm = BatchNorm<Float>(channels: 2, momentum: 0.5)
    let batch = Tensor<Float>([1, 10, 3, 30], shape: [2, 2])
    var context = Context.training(key: RandomKey(seed: 0))
    _ = norm(batch, in: &context)
    #expect(norm.runningMean.value.scalars == [0, 0])
    #expect(context.recordedValue(for: norm.runningMean)?.scalars == [1, 10])
  }

  @Test("article: a stretch changes no result but by rounding")
  func stretch() {
    var random = RandomGenerator(seed: 42)
    let model = Self.smallModel(using: &random)
    let images = Tensor<Float>.uniform([16, 8, 8, 1], using: &random)

    let key = RandomKey(seed: 1)
    var fused = Context.training(key: key)
    var separate = Context.training(key: key)
    separate.fusesLayers = false
    let difference = model(images, in: &fused).value - model(images, in: &separate).value
    #expect(difference.abs().max().item() < 1e-5)

    // Another key drops others: the agreement above is no accident.
    var again = Context.training(key: key)
    var other = Context.training(key: RandomKey(seed: 2))
    let unlike = model(images, in: &again).value - model(images, in: &other).value
    #expect(unlike.abs().max().item() > 1e-3)
  }

  @Test("article: a prepared model computes what the model computes")
  func prepared() {
    var random = RandomGenerator(seed: 42)
    let model = Self.smallModel(using: &random)
    let images = Tensor<Float>.uniform([16, 8, 8, 1], using: &random)
    let prepared = model.prepared(for: [16, 8, 8, 1])
    let outputs = prepared(images)
    #expect((outputs - model(images)).abs().max().item() < 1e-5)
  }
}
