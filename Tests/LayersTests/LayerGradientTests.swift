import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Derivatives of every layer with respect to its input and to each of its weights, in Double.
@Suite("Gradients of every layer")
struct LayerGradientTests {
  /// Central differences in Double leave errors of about 1e-9; a wrong formula is off by 1e-2 and more.
  static let tolerance = 1e-7

  @Test(
    "agree with central differences, for the input and every weight", arguments: LayerCase.all,
    [false, true])
  func gradients(item: LayerCase, isTraining: Bool) {
    for (name, error) in errors(item, isTraining: isTraining, isSecond: false) {
      #expect(error < Self.tolerance, "\(name)")
    }
  }

  @Test(
    "have derivatives in turn, mixed ones included", arguments: LayerCase.all.filter(\.isSmooth),
    [false, true])
  func secondDerivatives(item: LayerCase, isTraining: Bool) {
    for (name, error) in errors(item, isTraining: isTraining, isSecond: true) {
      #expect(error < Self.tolerance, "\(name)")
    }
  }

  @Test("are checked by a test that sees an error")
  func seesErrors() {
    let item = LayerCase("wrong", inputShape: [2, 3]) { WrongScale() }
    let errors = errors(item, isTraining: true, isSecond: false)
    #expect(errors.map(\.name) == ["input", "factor"] && errors.allSatisfy { $0.error > 0.1 })
  }

  /// A layer whose pullback is off by a tenth.
  private struct WrongScale: Layer {
    typealias Scalar = Double
    var factor = Parameter(Tensor<Double>(2))

    func callAsFunction(
      _ input: Variable<Double>, in context: inout Context
    ) -> Variable<Double> {
      let product = input * context.variable(factor)
      return Variable(product.value, from: [product], keeping: .nothing) { _, upstream in
        [upstream.scaled(by: 1.5)]
      }
    }
    mutating func visitParameters(_ visitor: inout some ParameterVisitor<Double>) {
      visitor.visit(&factor, "factor")
    }
  }

  /// A number that depends on input and weights: the squared outputs, unevenly weighted; or, for second derivatives, the
  /// entries of its gradient, unevenly weighted.
  private func measure(
    _ layer: any Layer<Double>, _ input: Tensor<Double>, isTraining: Bool, isSecond: Bool
  ) -> (value: Variable<Double>, leaves: [Variable<Double>]) {
    var context = LayerCase.context(isTraining: isTraining)
    let x = Variable(tracking: input)
    let output = layer(x, in: &context)
    // The square makes linear layers bend, so that their second derivatives are not zero.
    let value = (output.squared() * Variable(.ramp(output.shape, phase: 0.5))).sum()
    // The context knows each weight by its identity, and gives the leaf that the pass has used.
    let weights = layer.parameters.filter(\.parameter.isTrainable)
    let leaves = [x] + weights.map { context.variable($0.parameter) }
    guard isSecond else { return (value, leaves) }
    let gradients = value.recordedGradients(withRespectTo: leaves)
    let sums = gradients.enumerated().map { index, gradient in
      (gradient * Variable(.ramp(gradient.shape, phase: Double(index)))).sum()
    }
    return (sums.dropFirst().reduce(sums[0], +), leaves)
  }

  private func errors(
    _ item: LayerCase, isTraining: Bool, isSecond: Bool
  ) -> [(name: String, error: Double)] {
    let layer = item.make()
    let input = Tensor<Double>.ramp(item.inputShape)
    func value(_ layer: any Layer<Double>, _ input: Tensor<Double>) -> Double {
      measure(layer, input, isTraining: isTraining, isSecond: isSecond).value.item()
    }
    let measured = measure(layer, input, isTraining: isTraining, isSecond: isSecond)
    let gradients = measured.value.gradients()
    let weights = layer.parameters.filter(\.parameter.isTrainable)
    let names = ["input"] + weights.map(\.path)
    return zip(names, measured.leaves).map { name, leaf in
      let numeric = centralDifferences(at: leaf.value) { moved in
        guard name != "input" else { return value(layer, moved) }
        var other = layer
        other.updateParameters { parameter, path in
          if path == name { parameter.value = moved }
        }
        return value(other, input)
      }
      return (name, (gradients[leaf] ?? .zeros(leaf.shape)).largestEntryError(to: numeric))
    }
  }

  private func centralDifferences(
    at point: Tensor<Double>, step: Double = 1e-5, _ function: (Tensor<Double>) -> Double
  ) -> Tensor<Double> {
    let scalars = point.scalars
    let slopes = scalars.indices.map { index in
      var (above, below) = (scalars, scalars)
      above[index] += step
      below[index] -= step
      return
        (function(Tensor(above, shape: point.shape))
        - function(Tensor(below, shape: point.shape))) / (2 * step)
    }
    return Tensor(slopes, shape: point.shape)
  }
}
