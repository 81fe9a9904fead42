public import Autograd
public import Tensor

/// A function with parameters, from one variable to another.
///
/// The forward pass does not change the layer: whatever it needs or measures in training travels in the context.
///
/// ```swift
/// struct Scale: Layer {
///   typealias Scalar = Float
///   var factor: Parameter<Float>
///   func callAsFunction(_ input: Variable<Float>, in context: inout Context) -> Variable<Float> {
///     input * context.variable(factor)
///   }
///   mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
///     visitor.visit(&factor, "factor")
///   }
/// }
/// ```
public protocol Layer<Scalar>: Parameterized, Sendable {
  /// The output for `input`, as `context` asks: in training or in use, recorded or not.
  func callAsFunction(_ input: Variable<Scalar>, in context: inout Context) -> Variable<Scalar>

  /// What this layer does, for a container that runs neighbours as one operation; `nil` if it must be called.
  ///
  /// Draws from the context what a call would draw.
  func stage(in context: inout Context) -> Stage<Scalar>?

  /// The shape of the output for an input of `inputShape`, the batch included. Traps where the layer cannot take it.
  func outputShape(for inputShape: [Int]) -> [Int]

  /// How many multiplications, each with an addition, the forward pass makes for an input of `inputShape`.
  func multiplyAdds(for inputShape: [Int]) -> Int

  /// Kind and options, from which a layer of the same shape can be built.
  var specification: LayerSpecification { get }
}

extension Layer {
  /// The output for `input`, in training if the context says so.
  public func callAsFunction(
    _ input: Tensor<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    self(Variable(input), in: &context)
  }

  /// The output as the model is used: nothing is dropped, nothing is recorded.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    var context = Context.inference
    return self(Variable(input), in: &context).value
  }

  /// `nil`: right for a layer that runs on its own.
  public func stage(in context: inout Context) -> Stage<Scalar>? { nil }

  /// Found by running the layer on zeros.
  ///
  /// A layer that knows better says so.
  public func outputShape(for inputShape: [Int]) -> [Int] { self(.zeros(inputShape)).shape }

  /// None: right for a layer that multiplies no matrices.
  public func multiplyAdds(for inputShape: [Int]) -> Int { 0 }

  /// The name of the type alone.
  ///
  /// A model file with such a layer is rebuilt by whoever knows the type.
  public var specification: LayerSpecification { LayerSpecification(kind: "\(Self.self)") }

  /// Visits nothing: right for a layer without parameters.
  public mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {}
}
