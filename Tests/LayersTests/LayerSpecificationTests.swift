import Autograd
import Foundation
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Specifications of layers")
struct LayerSpecificationTests {
  /// A broken specification and what must be said about it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var specification: LayerSpecification

    init(_ description: String, _ specification: LayerSpecification) {
      testDescription = description
      self.specification = specification
    }
  }

  private static let dense: [String: LayerSpecification.Option] = [
    "inputSize": .integer(3), "outputSize": .integer(2), "hasBias": .flag(true),
  ]
  private static let norm: [String: LayerSpecification.Option] = [
    "channels": .integer(3), "momentum": .number(0.9), "epsilon": .number(1e-3),
  ]
  private static let pool: [String: LayerSpecification.Option] = [
    "window": .integers([2, 2]), "strides": .integers([2, 2]), "dilations": .integers([1, 1]),
    "padding": .text("valid"),
  ]
  private static let convolution = pool.merging([
    "inputChannels": .integer(3), "outputChannels": .integer(4), "hasBias": .flag(false),
  ]) { $1 }

  private static func broken(
    _ kind: String, _ options: [String: LayerSpecification.Option], _ name: String,
    _ value: LayerSpecification.Option?, _ reason: String
  ) -> Mistake {
    var options = options
    options[name] = value
    return Mistake(
      "layer \(kind): \(name) is \(reason)", LayerSpecification(kind: kind, options: options))
  }

  static let mistakes = [
    Mistake("layer Conv3D: unknown kind of layer", LayerSpecification(kind: "Conv3D")),
    broken("Dense", dense, "inputSize", nil, "missing, expected an integer"),
    broken("Dense", dense, "inputSize", .integer(0), "0, expected 1 to 16777216"),
    broken("Dense", dense, "outputSize", .integer(-5), "-5, expected 1 to 16777216"),
    broken("Dense", dense, "outputSize", .integer(.max), "\(Int.max), expected 1 to 16777216"),
    broken("Dense", dense, "inputSize", .text("3"), "text(\"3\"), expected an integer"),
    broken("Dense", dense, "hasBias", .integer(1), "integer(1), expected true or false"),
    broken("Dense", dense, "hasBias", nil, "missing, expected true or false"),
    broken("Conv2D", convolution, "inputChannels", .integer(0), "0, expected 1 to 16777216"),
    broken("Conv2D", convolution, "groups", .integer(0), "0, expected 1 to 16777216"),
    Mistake(
      "layer Conv2D: 3 and 4 channels cannot be cut into 7 groups",
      LayerSpecification(
        kind: "Conv2D", options: convolution.merging(["groups": .integer(7)]) { $1 })),
    Mistake(
      "layer Conv2D: algorithm is text(\"fast\"), expected automatic or direct",
      LayerSpecification(
        kind: "Conv2D", options: convolution.merging(["algorithm": .text("fast")]) { $1 })),
    broken("Conv2D", convolution, "window", nil, "missing, expected 2 integers of 1 or more"),
    broken(
      "Conv2D", convolution, "window", .integers([3]),
      "integers([3]), expected 2 integers of 1 or more"),
    broken(
      "Conv2D", convolution, "strides", .integers([0, 1]),
      "integers([0, 1]), expected 2 integers of 1 or more"),
    broken(
      "Conv2D", convolution, "dilations", .integers([1, -1]),
      "integers([1, -1]), expected 2 integers of 1 or more"),
    broken(
      "Conv2D", convolution, "padding", .text("full"),
      "text(\"full\"), expected 4 integers of 0 or more"),
    broken(
      "Conv2D", convolution, "padding", .integers([0, 0, 0, -1]),
      "integers([0, 0, 0, -1]), expected 4 integers of 0 or more"),
    broken(
      "MaxPool2D", pool, "window", .integers([0, 2]),
      "integers([0, 2]), expected 2 integers of 1 or more"),
    broken("MaxPool2D", pool, "padding", nil, "missing, expected 4 integers of 0 or more"),
    broken("BatchNorm", norm, "channels", nil, "missing, expected an integer"),
    broken("BatchNorm", norm, "momentum", .number(1.5), "1.5, expected 0.0 to 1.0"),
    broken("BatchNorm", norm, "momentum", .number(.nan), "nan, expected 0.0 to 1.0"),
    broken("BatchNorm", norm, "epsilon", .number(0), "0.0, expected 1e-30 to 1000.0"),
    broken("BatchNorm", norm, "epsilon", .flag(true), "flag(true), expected a number"),
    broken("Dropout", [:], "rate", nil, "missing, expected a number"),
    broken("Dropout", [:], "rate", .number(1), "1.0, expected 0.0 to 0.9999999999999999"),
    broken("Dropout", [:], "rate", .number(-0.5), "-0.5, expected 0.0 to 0.9999999999999999"),
    Mistake(
      "layer Dense: weights of shape [16777216, 16777216] are more than 2⁴⁰ scalars",
      LayerSpecification(
        kind: "Dense",
        options: dense.merging([
          "inputSize": .integer(1 << 24), "outputSize": .integer(1 << 24),
        ]) { $1 })),
    Mistake(
      "layer Conv2D: weights of shape [16777216, 16777216, 16777216, 4] are more than 2⁴⁰ scalars",
      LayerSpecification(
        kind: "Conv2D",
        options: convolution.merging([
          "window": .integers([1 << 24, 1 << 24]), "inputChannels": .integer(1 << 24),
        ]) { $1 })),
  ]

  @Test("errors name the layer, the option, what came and what was expected", arguments: mistakes)
  func errors(mistake: Mistake) {
    let model = LayerSpecification(kind: "Sequential", layers: [mistake.specification])
    let nested = LayerSpecification(kind: "Sequential", layers: [model])
    for specification in [model, nested] {
      let error = #expect(throws: LayerSpecificationError.self) {
        _ = try Sequential<Float>(specification: specification)
      }
      #expect(error?.description == mistake.testDescription)
    }
  }

  @Test("a model starts with Sequential")
  func notSequential() {
    let error = #expect(throws: LayerSpecificationError.self) {
      _ = try Sequential<Float>(specification: LayerSpecification(kind: "ReLU"))
    }
    #expect(error?.description == "layer ReLU: expected Sequential")
  }

  @Test("the options that were broken above are right otherwise")
  func soundOptions() throws {
    let model = try Sequential<Float>(
      specification: LayerSpecification(
        kind: "Sequential",
        layers: [
          LayerSpecification(kind: "Conv2D", options: Self.convolution),
          LayerSpecification(kind: "MaxPool2D", options: Self.pool),
          LayerSpecification(kind: "BatchNorm", options: Self.norm),
          LayerSpecification(kind: "Dense", options: Self.dense),
          LayerSpecification(kind: "Dropout", options: ["rate": .integer(0)]),
        ]))
    #expect(model.count == 5)
    #expect(model.parameters[0].parameter.shape == [2, 2, 3, 4])
    #expect((model[2] as? BatchNorm<Float>)?.momentum == 0.9)
    #expect(model.parameters.map(\.parameter.kind).count { $0 == .statistic } == 2)
  }

  @Test("weights that are not there yet take no memory, however large they claim to be")
  func takesNoMemory() throws {
    let specification = LayerSpecification(
      kind: "Dense",
      options: [
        "inputSize": .integer(1 << 20), "outputSize": .integer(1 << 20), "hasBias": .flag(true),
      ])
    let model = try Sequential<Float>(
      specification: LayerSpecification(
        kind: "Sequential", layers: Array(repeating: specification, count: 100)))
    // Four hundred terabytes, were they there.
    #expect(model.parameterCount() == 100 * (1 << 40 + 1 << 20))
  }

  @Test("come back from JSON as they were", arguments: LayerCase.all)
  func json(item: LayerCase) throws {
    let specification = Sequential<Double>([item.make()]).specification
    let data = try JSONEncoder().encode(specification)
    let decoded = try JSONDecoder().decode(LayerSpecification.self, from: data)
    let model = try Sequential<Double>(specification: decoded)
    #expect(model.specification == specification)
  }

  @Test("numbers keep all their digits in Float, too")
  func digits() throws {
    let model = Sequential<Float> {
      BatchNorm(channels: 1, momentum: 0.99, epsilon: 1e-5)
      Dropout(0.1)
      Dropout((1.0).nextDown)
    }
    let data = try JSONEncoder().encode(model.specification)
    let rebuilt = try Sequential<Float>(
      specification: JSONDecoder().decode(LayerSpecification.self, from: data))
    let norm = try #require(rebuilt[0] as? BatchNorm<Float>)
    #expect(norm.momentum == 0.99 && norm.epsilon == 1e-5)
    #expect((rebuilt[1] as? Dropout<Float>)?.rate == 0.1)
    #expect((rebuilt[2] as? Dropout<Float>)?.rate == (1.0).nextDown)
  }

  /// A layer that this library does not know.
  private struct Scale: Layer {
    typealias Scalar = Float
    var factor = Parameter(Tensor<Float>(3))
    func callAsFunction(
      _ input: Variable<Float>, in context: inout Context
    ) -> Variable<Float> {
      input * context.variable(factor)
    }
    mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
      visitor.visit(&factor, "factor")
    }
  }

  @Test("a layer from elsewhere says its type, and whoever knows it builds it, nested or not")
  func others() throws {
    let model = Sequential<Float> {
      Scale()
      Sequential<Float> { Scale() }
    }
    #expect(model.specification.layers[0].kind == "Scale")
    let error = #expect(throws: LayerSpecificationError.self) {
      _ = try Sequential<Float>(specification: model.specification)
    }
    #expect(error?.description == "layer Scale: unknown kind of layer")
    let rebuilt = try Sequential<Float>(
      specification: model.specification, others: ["Scale": { _ in Scale() }])
    #expect(rebuilt(.ones([1])).scalars == [9])
    #expect(model.outputShape(for: [2, 5]) == [2, 5])
  }
}
