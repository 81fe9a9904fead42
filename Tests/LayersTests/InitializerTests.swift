import Autograd
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Initializers")
struct InitializerTests {
  /// What a distribution promises, for fan-in 30 and fan-out 50.
  struct Expectation: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var initializer: Initializer
    var variance: Double
    /// The largest magnitude that may come, and that should nearly come.
    var bound: Double

    init(_ name: String, _ initializer: Initializer, variance: Double, bound: Double) {
      testDescription = name
      self.initializer = initializer
      self.variance = variance
      self.bound = bound
    }
  }

  /// A normal distribution that is cut at two deviations has 0.8796 of its deviation left.
  private static func truncatedBound(variance: Double) -> Double {
    2 * variance.squareRoot() / 0.879_625_661_034_239_8
  }

  static let expectations = [
    Expectation(
      "glorotUniform", .glorotUniform, variance: 2.0 / 80, bound: (6.0 / 80).squareRoot()),
    Expectation("heUniform", .heUniform, variance: 2.0 / 30, bound: (6.0 / 30).squareRoot()),
    Expectation(
      "glorotNormal", .glorotNormal, variance: 2.0 / 80,
      bound: truncatedBound(variance: 2.0 / 80)),
    Expectation(
      "heNormal", .heNormal, variance: 2.0 / 30, bound: truncatedBound(variance: 2.0 / 30)),
    Expectation("uniform", .uniform(-0.5...0.5), variance: 1.0 / 12, bound: 0.5),
    // Of 40,000 normal deviates, one beyond six deviations comes once in 12,000 seeds.
    Expectation("normal", .normal(standardDeviation: 0.1), variance: 0.01, bound: 0.6),
  ]

  private func draw(_ initializer: Initializer, _ shape: [Int], seed: UInt64 = 1) -> Tensor<Double>
  {
    var random = RandomGenerator(seed: seed)
    return initializer(shape, fanIn: 30, fanOut: 50, using: &random)
  }

  @Test("have the mean, variance and bounds that their sources give", arguments: expectations)
  func statistics(expected: Expectation) {
    let count = 40_000
    let weights = draw(expected.initializer, [count])
    // Four standard errors of a mean; of a variance, whose own variance is at most 2 σ⁴ / n for these.
    let meanError = 4 * (expected.variance / Double(count)).squareRoot()
    #expect(abs(weights.mean().item()) < meanError)
    let variance = weights.variance().item()
    #expect(abs(variance / expected.variance - 1) < 4 * (2 / Double(count)).squareRoot())
    let largest = weights.abs().max().item()
    #expect(largest <= expected.bound)
    if expected.testDescription != "normal" { #expect(largest > 0.99 * expected.bound) }
  }

  @Test("zeros, constants and a range of one value draw nothing")
  func constants() {
    #expect(draw(.zeros, [2, 3]) == .zeros([2, 3]))
    #expect(draw(.constant(-2), [2, 3]) == Tensor(repeating: -2, shape: [2, 3]))
    #expect(draw(.uniform(3...3), [4]) == Tensor(repeating: 3, shape: [4]))
    #expect(draw(.normal(standardDeviation: 0), [4]) == .zeros([4]))
  }

  @Test(
    "the same seed gives the same weights, another seed and the next draw others",
    arguments: [Initializer.glorotUniform, .heNormal, .normal(standardDeviation: 1), .orthogonal()])
  func seeds(initializer: Initializer) {
    #expect(draw(initializer, [5, 4]) == draw(initializer, [5, 4]))
    #expect(draw(initializer, [5, 4]) != draw(initializer, [5, 4], seed: 2))
    var random = RandomGenerator(seed: 1)
    let first: Tensor<Double> = initializer([5, 4], fanIn: 5, fanOut: 4, using: &random)
    let second: Tensor<Double> = initializer([5, 4], fanIn: 5, fanOut: 4, using: &random)
    #expect(first != second)
  }

  @Test("layers know their fans: a convolution counts the taps of its window")
  func fans() {
    var random = RandomGenerator(seed: 7)
    let dense = Dense<Double>(inputSize: 60, outputSize: 40, using: &random)
    let bound = (6.0 / 100).squareRoot()
    #expect((0.97 * bound...bound).contains(dense.weight.value.abs().max().item()))
    #expect(dense.bias?.value == .zeros([40]))
    let convolution = Conv2D<Double>(
      inputChannels: 8, outputChannels: 16, kernelSize: 3, using: &random)
    let narrower = (6.0 / Double(9 * 8 + 9 * 16)).squareRoot()
    #expect((0.97 * narrower...narrower).contains(convolution.filter.value.abs().max().item()))
    #expect(convolution.bias?.value == .zeros([16]))
    #expect(
      Conv2D<Double>(
        inputChannels: 1, outputChannels: 1, kernelSize: 3, hasBias: false, using: &random
      ).bias == nil)
  }

  /// As Keras and PyTorch do it: `[…, outputs]` is a matrix of `outputs` columns.
  private func checkOrthogonal<Scalar: DifferentiableScalar>(
    _ shape: [Int], gain: Double, tolerance: Double, _ type: Scalar.Type
  ) {
    var random = RandomGenerator(seed: 3)
    let weights: Tensor<Scalar> = Initializer.orthogonal(gain: gain)(
      shape, fanIn: 1, fanOut: 1, using: &random)
    #expect(weights.shape == shape)
    let matrix = weights.reshaped(to: [-1, shape[shape.count - 1]])
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let products =
      rows < columns
      ? matrix.matrixProduct(matrix.transposed()) : matrix.transposed().matrixProduct(matrix)
    let expected = Tensor<Scalar>.identity(min(rows, columns)) * Scalar(gain * gain)
    #expect(products.relativeError(to: expected) < tolerance)
  }

  @Test(
    "orthogonal weights have orthonormal columns, or rows where those are fewer, times the gain",
    arguments: [
      [4, 4], [6, 3], [3, 6], [1, 5], [5, 1], [3, 3, 2, 5], [2, 2, 1, 8], [0, 3],
    ], [1, 2.0.squareRoot()])
  func orthogonal(shape: [Int], gain: Double) {
    guard !shape.contains(0) else {
      #expect(draw(.orthogonal(gain: gain), shape).shape == shape)
      return
    }
    checkOrthogonal(shape, gain: gain, tolerance: 1e-14, Double.self)
    checkOrthogonal(shape, gain: gain, tolerance: 1e-6, Float.self)
  }

  @Test(
    "orthogonal matrices favour no direction: the mean over many is zero, both signs of the determinant come"
  )
  func orthogonalIsUniform() {
    let count = 400
    let matrices = (0..<count).map { draw(.orthogonal(), [2, 2], seed: UInt64($0)) }
    let mean = Tensor.stacked(matrices).mean(alongAxis: 0)
    // Every entry has variance 1/2.
    #expect(mean.abs().max().item() < 4.5 * (0.5 / Double(count)).squareRoot())
    let determinants = matrices.map(\.scalars).map { $0[0] * $0[3] - $0[1] * $0[2] }
    #expect(determinants.allSatisfy { abs(abs($0) - 1) < 1e-14 })
    #expect((140...260).contains(determinants.count { $0 > 0 }))
  }

  @Test("a layer takes any initializer")
  func layers() {
    var random = RandomGenerator(seed: 5)
    let layer = Dense<Float>(
      inputSize: 6, outputSize: 4, weights: .orthogonal(gain: 2), using: &random)
    let products = layer.weight.value.transposed().matrixProduct(layer.weight.value)
    #expect(products.relativeError(to: Tensor<Float>.identity(4) * 4) < 1e-6)
  }
}
