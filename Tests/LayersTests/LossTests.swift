import Autograd
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Losses")
struct LossTests {
  @Test("values by hand")
  func values() {
    let log2 = 0.693_147_180_559_945_3
    let half = Tensor<Double>([0.5, 0.5], shape: [2, 1])
    let targets = Tensor<Double>([0, 1], shape: [2, 1])
    #expect(abs(binaryCrossEntropy(half, targets: targets).item() - log2) < 1e-15)
    #expect(abs(binaryCrossEntropy(logits: half - half, targets: targets).item() - log2) < 1e-15)
    let even = softmaxCrossEntropy(
      Tensor<Double>.zeros([3, 4]), labels: Tensor([0, 3, 1], shape: [3]))
    #expect(abs(even.item() - 2 * log2) < 1e-15)
    let squares = meanSquaredError(
      Tensor<Double>([1, 2, 5], shape: [3]), targets: Tensor([1, 4, 2], shape: [3]))
    #expect(abs(squares.item() - 13.0 / 3) < 1e-15)
  }

  @Test("binary cross-entropy of a sigmoid is that of its logits")
  func logitsAndProbabilities() {
    let logits = Tensor<Double>.ramp([6, 2]) * 5
    let targets = Tensor<Double>.ramp([6, 2], phase: 1).abs()
    let fromProbabilities = binaryCrossEntropy(logits.sigmoid(), targets: targets).item()
    #expect(
      abs(binaryCrossEntropy(logits: logits, targets: targets).item() - fromProbabilities) < 1e-14)
  }

  @Test("the cut is where it is told to be, with no gradient beyond it")
  func cut() {
    let probabilities = Variable(tracking: Tensor<Double>([0, 0.05, 0.5, 1], shape: [4]))
    let loss = binaryCrossEntropy(probabilities, targets: .ones([4]), epsilon: 0.1)
    let expected = -(2 * 0.1.logarithm + 0.5.logarithm + 0.9.logarithm) / 4
    #expect(abs(loss.item() - expected) < 1e-15)
    #expect(loss.gradients()[probabilities]?.scalars == [0, 0, -0.5, 0])
  }

  @Test("certain and wrong is a large loss, not an infinite one", arguments: [Float(0), 1])
  func certainty(probability: Float) {
    let input = Tensor<Float>(repeating: probability, shape: [1, 1])
    let wrong = binaryCrossEntropy(input, targets: 1 - input).item()
    let right = binaryCrossEntropy(input, targets: input).item()
    #expect(wrong > 15 && wrong < 17 && right >= 0 && right < 1e-6)
  }

  @Test("softmax cross-entropy takes any number of leading axes")
  func leadingAxes() {
    let logits = Tensor<Double>.ramp([2, 3, 4])
    let labels = Tensor<Int64>([0, 1, 2, 3, 0, 1], shape: [2, 3])
    let flat = softmaxCrossEntropy(
      logits.reshaped(to: [6, 4]), labels: labels.reshaped(to: [6]))
    #expect(abs(softmaxCrossEntropy(logits, labels: labels).item() - flat.item()) < 1e-15)
    let one = softmaxCrossEntropy(logits[0, 0], labels: Tensor(2))
    #expect(abs(one.item() + logits[0, 0].logSoftmax().scalars[2]) < 1e-15)
  }

  private static let targets = Tensor<Double>.ramp([3, 2]).abs()
  static let cases = [
    Differentiable("binaryCrossEntropy", at: .ramp([3, 2]) * 0.4 + 0.5) {
      binaryCrossEntropy($0, targets: targets)
    },
    Differentiable("binaryCrossEntropy from logits", at: .ramp([3, 2]) * 3) {
      binaryCrossEntropy(logits: $0, targets: targets)
    },
    Differentiable("softmaxCrossEntropy of labels", at: .ramp([2, 3]) * 3) {
      softmaxCrossEntropy($0, labels: Tensor([2, 0], shape: [2]), labelSmoothing: 0.2)
    },
    Differentiable("softmaxCrossEntropy of targets", at: .ramp([3, 2]) * 3) {
      softmaxCrossEntropy($0, targets: targets)
    },
    Differentiable("meanSquaredError", at: .ramp([3, 2]) * 3) {
      meanSquaredError($0, targets: targets)
    },
  ]

  @Test("first and second derivatives agree with central differences", arguments: cases.indices)
  func derivatives(index: Int) {
    let item = Self.cases[index]
    #expect(item.firstErrors().allSatisfy { $0 < 1e-8 }, "\(item.name)")
    #expect(item.secondErrors().allSatisfy { $0 < 1e-7 }, "\(item.name)")
    #expect(item.viewError() < 1e-14, "\(item.name)")
  }
}

extension Double {
  /// The natural logarithm, through the engine's own.
  fileprivate var logarithm: Double { Tensor(self).log().item() }
}
