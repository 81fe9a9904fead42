import Autograd
import Tensor
import Testing

private struct Line: Parameterized {
  typealias Scalar = Double
  var slope = Parameter(Tensor<Double>(0))
  var intercept = Parameter(Tensor<Double>(0))

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Double>) {
    visitor.visit(&slope, "slope")
    visitor.visit(&intercept, "intercept")
  }
}

extension Variable {
  /// `x³` of every scalar.
  fileprivate func cubed() -> Variable {
    Variable(value * value * value, from: [self], keeping: .inputs) { saved, upstream in
      [upstream * saved.input(0).squared().scaled(by: 3)]
    }
  }
}

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  @Test("landing page: the gradient of a sum of squares")
  func gradient() {
    let x = Variable(tracking: Tensor<Float>([1, 2, 3], shape: [3]))
    let loss = (x * x).sum()
    let gradient = loss.gradients()[x]
    #expect(gradient?.scalars == [2, 4, 6])
  }

  @Test("landing page: a model of two parameters")
  func model() {
    let line = Line()
    var context = Context.training(key: RandomKey(seed: 0))
    let product = context.variable(line.slope) * Variable(Tensor<Double>(2))
    let value = product + context.variable(line.intercept)
    let gradients = value.gradients()
    #expect(gradients[line.slope]?.item() == 2)
    #expect(gradients[line.intercept]?.item() == 1)
    #expect(line.parameters.map(\.path) == ["slope", "intercept"])
  }

  @Test("article: a weight changes in its own memory while the loss is still there")
  func update() {
    var weight = Parameter(Tensor<Float>([1, 2], shape: [2]))
    let storage = weight.value.storageIdentifier
    var context = Context.training(key: RandomKey(seed: 0))
    let loss = context.variable(weight).squared().sum()
    if let gradient = loss.gradients()[weight] {
      weight.value -= gradient * 0.25
    }
    #expect(loss.item() == 5)
    #expect(weight.value.scalars == [0.5, 1])
    #expect(weight.value.storageIdentifier == storage)
  }

  @Test("article: three derivatives of an operation that gives one")
  func higherDerivatives() {
    let x = Variable(tracking: Tensor<Double>([1, 2], shape: [2]))
    let y = x.cubed().sum()
    let slope = y.recordedGradients(withRespectTo: [x])[0]
    let curvature = slope.sum().recordedGradients(withRespectTo: [x])[0]
    let third = curvature.sum().gradients()[x]
    #expect(y.item() == 9)
    #expect(slope.value.scalars == [3, 12])
    #expect(curvature.value.scalars == [6, 12])
    #expect(third?.scalars == [6, 6])
  }
}
