import Autograd
import Optim
import Tensor
import TestSupport

/// Parameters without a layer: what an optimizer sees of a model.
struct Weights<Scalar: DifferentiableScalar>: Parameterized {
  var list: [Parameter<Scalar>]

  init(_ values: [Tensor<Scalar>]) { list = values.map { Parameter($0) } }

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    for index in list.indices { visitor.visit(&list[index], "\(index)") }
  }

  /// `Σ gᵢ · wᵢ`, whose gradients are the tensors given; where there is `nil`, the parameter has none.
  func loss(
    withGradients gradients: [Tensor<Scalar>?], in context: inout Context
  ) -> Variable<Scalar> {
    var sum = Variable<Scalar>(Tensor(0))
    for (parameter, gradient) in zip(list, gradients) {
      guard let gradient else { continue }
      sum = sum + (context.variable(parameter) * Variable(gradient)).sum()
    }
    return sum
  }
}

extension Optimizer {
  /// One update of `weights` along gradients made up by a test.
  mutating func step(_ weights: inout Weights<Scalar>, along gradients: [Tensor<Scalar>?]) {
    var context = Context.training(key: RandomKey(seed: 0))
    let loss = weights.loss(withGradients: gradients, in: &context)
    update(&weights, along: loss.gradients(), in: context)
  }
}

/// Every optimizer with and without its options.
enum Rule: String, CaseIterable, Sendable, Codable {
  case descent, momentum, nesterov, decayed, adam, adamBeforeCorrection, adamW

  /// The optimizer, with a large step so that tests see it.
  func make<Scalar: DifferentiableScalar>(_ type: Scalar.Type) -> any Optimizer<Scalar> {
    switch self {
    case .descent: SGD<Scalar>(learningRate: 0.125)
    case .momentum: SGD<Scalar>(learningRate: 0.125, momentum: 0.75)
    case .nesterov: SGD<Scalar>(learningRate: 0.125, momentum: 0.75, isNesterov: true)
    case .decayed: SGD<Scalar>(learningRate: 0.125, momentum: 0.75, weightDecay: 0.25)
    case .adam: Adam<Scalar>(learningRate: 0.125)
    case .adamBeforeCorrection:
      Adam<Scalar>(learningRate: 0.125, epsilon: 0.25, epsilonPlacement: .beforeCorrection)
    case .adamW: AdamW<Scalar>(learningRate: 0.125, weightDecay: 0.25)
    }
  }
}
