import Autograd
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Gradients")
struct GradientsTests {
  private func tracked(_ scalars: [Double]) -> Variable<Double> {
    Variable(tracking: Tensor(scalars, shape: [scalars.count]))
  }

  @Test("gradients are values: two results give each its own")
  func values() {
    let x = tracked([1, 2])
    let (squares, cubes) = (x.squared().sum(), x.pow(3).sum())
    let (first, second) = (squares.gradients(), cubes.gradients())
    #expect(first[x]?.scalars == [2, 4] && second[x]?.scalars == [3, 12])
  }

  @Test("a variable used several times takes the sum over all paths")
  func diamond() {
    let x = tracked([3])
    let (left, right) = (x * x, x.exp())
    let y = (left * right + left + x).sum()
    let slope = (6 + 9) * Foundation.exp(3.0) + 6 + 1
    #expect(abs((y.gradients()[x]?.item() ?? 0) - slope) < 1e-12 * slope)
  }

  @Test("paths of different lengths meet before the sweep goes on")
  func unevenPaths() {
    let x = tracked([0.5])
    var long = x
    for _ in 0..<20 { long = long.scaled(by: 1.5).shifted(by: 0) }
    let y = (long * x + x).sum()
    #expect(
      gradientError(at: x.value) { x in
        var long = x
        for _ in 0..<20 { long = long.scaled(by: 1.5).shifted(by: 0) }
        return (long * x + x).sum()
      } < 1e-9)
    let slope = y.gradients()[x]?.item() ?? .nan
    #expect(abs(slope - (Foundation.pow(1.5, 20) + 1)) < 1e-8)
  }

  @Test("a gradient that is not scalar is the product of upstream and Jacobian")
  func upstream() {
    let x = tracked([1, 2, 3])
    #expect(
      x.squared().gradients(upstream: Tensor([1, 10, 100], shape: [3]))[x]?.scalars == [2, 40, 600])
  }

  @Test("intermediate results have gradients where they are asked for, and only there")
  func intermediates() {
    let x = tracked([1, 2])
    let (hidden, other) = (x.scaled(by: 3), x.squared())
    let y = (hidden.squared() + other).sum()
    let gradients = y.gradients(alsoFor: [hidden], keepingGraph: true)
    #expect(gradients[hidden]?.scalars == [6, 12] && gradients[x]?.scalars == [20, 40])
    #expect(gradients[other] == nil)
    #expect(y.gradients(alsoFor: [y, Variable(Tensor(1))])[y]?.item() == 1)
  }

  @Test("what the result does not depend on has no gradient")
  func independent() {
    let (x, y) = (tracked([1]), tracked([2]))
    let gradients = x.squared().sum().gradients()
    #expect(gradients[y] == nil && gradients[Variable(Tensor(1))] == nil)
    #expect(Variable(Tensor<Double>(1)).gradients()[x] == nil)
  }

  @Test("the gradient of a leaf with respect to itself is one")
  func leaf() {
    let x = Variable(tracking: Tensor<Double>(4))
    #expect(x.gradients()[x]?.item() == 1)
  }

  @Test("a kept graph may be swept again, with the same result")
  func keepingGraph() {
    let x = tracked([1, 2])
    let y = (x.exp() * x).sum()
    let first = y.gradients(keepingGraph: true)[x]
    #expect(y.gradients(keepingGraph: true)[x] == first && y.gradients()[x] == first)
  }

  @Test("a detached value stops the derivative")
  func detached() {
    let x = tracked([3])
    let y = (x * x.detached()).sum()
    #expect(y.gradients()[x]?.item() == 3 && !x.squared().detached().isRecorded)
  }

  @Test("second derivatives, mixed ones and those of a variable that the result does not contain")
  func secondDerivatives() {
    let (x, y, z) = (tracked([2]), tracked([5]), tracked([1]))
    let value = (x * x * x * y).sum()
    let first = value.recordedGradients(withRespectTo: [x, y, z])
    #expect(first[0].item() == 60 && first[1].item() == 8 && first[2].item() == 0)
    let second = first[0].sum().recordedGradients(withRespectTo: [x, y])
    #expect(second[0].item() == 60 && second[1].item() == 12)
    #expect(second[0].sum().gradients()[x]?.item() == 30)
  }

  @Test("recorded gradients of intermediate results")
  func recordedIntermediates() {
    let x = tracked([2])
    let hidden = x.squared()
    let first = hidden.pow(3).sum().recordedGradients(withRespectTo: [hidden])[0]
    #expect(first.item() == 48)
    // d/dx of 3 h² with h = x² is 12 x³.
    #expect(first.sum().gradients()[x]?.item() == 96)
  }

  @Test("the norm is that of all parameters together, and scaling scales it")
  func norm() {
    let (a, b) = (Parameter(Tensor<Double>([1, 2], shape: [2])), Parameter(Tensor<Double>(3)))
    var context = Context.training(key: RandomKey(seed: 0))
    let x = tracked([5])
    let y =
      (context.variable(a).squared().sum() + context.variable(b).squared() + x.squared().sum())
    let gradients = y.gradients()
    // Of the tracked variable, which is no parameter, nothing is counted.
    #expect(abs(gradients.norm - 56.0.squareRoot()) < 1e-12)
    let half = gradients.scaled(by: 0.5)
    #expect(abs(half.norm - 14.0.squareRoot()) < 1e-12)
    #expect(half[a]?.scalars == [1, 2] && half[b]?.item() == 3 && half[x]?.scalars == [5])
    #expect(gradients.parameterIDs == [a.id, b.id])
  }

  @Test("two threads may differentiate at once, the same graph too")
  func threads() async {
    let x = tracked([1, 2, 3])
    let shared = (x.exp() * x.sin()).sum()
    let expected = shared.gradients(keepingGraph: true)[x]
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<8 {
        group.addTask {
          let own = Variable(tracking: x.value)
          let ownGradient = (own.exp() * own.sin()).sum().gradients()[own]
          let sharedGradient = shared.gradients(keepingGraph: true)[x]
          return index >= 0 && ownGradient == expected && sharedGradient == expected
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  static let traps: Traps = [
    "gradients: needs a variable of one scalar, got shape [2]": {
      _ = Variable(tracking: Tensor<Double>.ones([2])).gradients()
    },
    "gradients: upstream has shape [3], the variable [2]": {
      _ = Variable(tracking: Tensor<Double>.ones([2])).gradients(upstream: .ones([3]))
    },
    "recordedGradients: needs a variable of one scalar, got shape [2]": {
      _ = Variable(tracking: Tensor<Double>.ones([2])).recordedGradients(withRespectTo: [])
    },
    "gradients: this graph has been swept before; the first sweep needs keepingGraph: true": {
      let y = Variable(tracking: Tensor<Double>(2)).squared()
      _ = y.gradients()
      _ = y.gradients()
    },
    "gradients: a pullback returned 1 gradients for 2 inputs": {
      let x = Variable(tracking: Tensor<Double>(2))
      _ = Variable(x.value, from: [x, x], keeping: .nothing) { _, upstream in [upstream] }
        .gradients()
    },
    "Saved: the operation did not keep its input 0": {
      let x = Variable(tracking: Tensor<Double>(2))
      _ = Variable(x.value, from: [x], keeping: .output) { saved, _ in [saved.input(0)] }
        .gradients()
    },
    "Saved: the operation did not keep its output": {
      let x = Variable(tracking: Tensor<Double>(2))
      _ = Variable(x.value, from: [x], keeping: .inputs) { saved, _ in [saved.output] }.gradients()
    },
    "Keeping: cannot name the input 31, only 0 to 30": { _ = Keeping.input(31) },
  ]

  @Test(
    "a part of the graph that another sweep has taken stops the program, recorded or not",
    arguments: [false, true])
  func sharedPart(isRecording: Bool) async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [isRecording] in
      let x = Variable(tracking: Tensor<Double>(3))
      let shared = x.squared()
      _ = shared.sum().gradients()
      let y = shared.squared().sum()
      _ = isRecording ? y.recordedGradients(withRespectTo: [x])[0].value : y.gradients()[x]
    }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains("gradients: this graph has been swept before"))
  }

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}
