public import Autograd
public import Tensor

/// Layers one after another.
///
/// ```swift
/// var model = Sequential<Float> {
///   Dense(inputSize: 2, outputSize: 16, using: &random)
///   ReLU()
///   Dense(inputSize: 16, outputSize: 1, using: &random)
/// }
/// ```
///
/// It is a collection of its layers, and a part of it is a model again: `model[..<2]`. Parts keep their positions, and with
/// them the paths of their parameters.
public struct Sequential<Scalar: DifferentiableScalar>: Layer {
  private var layers: ArraySlice<any Layer<Scalar>>

  /// Creates a model of the layers listed.
  public init(@LayerBuilder<Scalar> _ layers: () -> [any Layer<Scalar>]) {
    self.layers = layers()[...]
  }

  /// Creates a model of the layers in an array.
  public init(_ layers: [any Layer<Scalar>]) {
    self.layers = layers[...]
  }

  /// The output of the last layer.
  ///
  /// Neighbours that describe themselves as stages run as one operation, unless the context's `fusesLayers` is off.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    var output = input
    var stages: [Stage<Scalar>] = []
    for layer in layers {
      if context.fusesLayers, let stage = layer.stage(in: &context) {
        stages.append(stage)
      } else {
        output = StagePlan.run(stages, on: output)
        stages = []
        output = layer(output, in: &context)
      }
    }
    return StagePlan.run(stages, on: output)
  }

  /// Visits the parameters of every layer, under its position.
  public mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    for index in layers.indices {
      visitor.enter("\(index)")
      layers[index].visitParameters(&visitor)
      visitor.leave()
    }
  }

  /// The shape after the last layer.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    layers.reduce(inputShape) { $1.outputShape(for: $0) }
  }

  /// The sum over the layers.
  public func multiplyAdds(for inputShape: [Int]) -> Int {
    var (shape, sum) = (inputShape, 0)
    for layer in layers {
      sum += layer.multiplyAdds(for: shape)
      shape = layer.outputShape(for: shape)
    }
    return sum
  }

  /// Those of the layers.
  public var specification: LayerSpecification {
    LayerSpecification(kind: "Sequential", layers: layers.map(\.specification))
  }

  /// Builds a model of zeros from its specification, for a checkpoint to fill.
  ///
  /// - Parameters:
  ///   - specification: As `specification` gave it, perhaps long ago: nothing in it is trusted.
  ///   - others: How to build layers that this library does not know, by kind.
  /// - Throws: `LayerSpecificationError` on an unknown kind, and on an option that is missing or out of range.
  public init(
    specification: LayerSpecification,
    others: [String: (LayerSpecification) throws -> any Layer<Scalar>] = [:]
  ) throws {
    guard specification.kind == "Sequential" else {
      throw LayerSpecificationError(kind: specification.kind, reason: "expected Sequential")
    }
    layers = try specification.layers.map { specification -> any Layer<Scalar> in
      if let build = others[specification.kind] { return try build(specification) }
      switch specification.kind {
      case "Dense": return try Dense<Scalar>(specification: specification)
      case "Conv2D": return try Conv2D<Scalar>(specification: specification)
      case "MaxPool2D": return try MaxPool2D<Scalar>(specification: specification)
      case "BatchNorm": return try BatchNorm<Scalar>(specification: specification)
      case "Dropout": return try Dropout<Scalar>(specification: specification)
      case "Flatten": return Flatten<Scalar>()
      case "GlobalAveragePool2D": return GlobalAveragePool2D<Scalar>()
      case "ReLU": return ReLU<Scalar>()
      case "Sigmoid": return Sigmoid<Scalar>()
      case "Softmax": return Softmax<Scalar>()
      case "Sequential":
        return try Sequential<Scalar>(specification: specification, others: others)
      default:
        throw LayerSpecificationError(kind: specification.kind, reason: "unknown kind of layer")
      }
    }[...]
  }
}

extension Sequential: RandomAccessCollection, MutableCollection {
  /// The position of the first layer.
  public var startIndex: Int { layers.startIndex }
  /// The position behind the last layer.
  public var endIndex: Int { layers.endIndex }

  /// The layer at `position`.
  public subscript(position: Int) -> any Layer<Scalar> {
    get { layers[position] }
    set { layers[position] = newValue }
  }

  /// The layers in `bounds` as a model, at the positions they have here.
  public subscript(bounds: Range<Int>) -> Sequential {
    get {
      var part = self
      part.layers = layers[bounds]
      return part
    }
    set { layers[bounds] = newValue.layers }
  }
}

/// Collects the layers listed in braces.
@resultBuilder
public enum LayerBuilder<Scalar: DifferentiableScalar> {
  /// One layer.
  public static func buildExpression<L: Layer>(_ layer: L) -> [any Layer<Scalar>]
  where L.Scalar == Scalar { [layer] }
  /// Several layers from elsewhere.
  public static func buildExpression(_ layers: [any Layer<Scalar>]) -> [any Layer<Scalar>] {
    layers
  }
  /// All layers of a list.
  public static func buildBlock(_ parts: [any Layer<Scalar>]...) -> [any Layer<Scalar>] {
    parts.flatMap { $0 }
  }
  /// The layers of an `if` without `else`.
  public static func buildOptional(_ part: [any Layer<Scalar>]?) -> [any Layer<Scalar>] {
    part ?? []
  }
  /// The layers of an `if`.
  public static func buildEither(first part: [any Layer<Scalar>]) -> [any Layer<Scalar>] { part }
  /// The layers of an `else`.
  public static func buildEither(second part: [any Layer<Scalar>]) -> [any Layer<Scalar>] { part }
  /// The layers of a loop.
  public static func buildArray(_ parts: [[any Layer<Scalar>]]) -> [any Layer<Scalar>] {
    parts.flatMap { $0 }
  }
}
