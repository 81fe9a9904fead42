import Tensor
import TestSupport
import Testing

@Suite("Composed operations")
struct TensorLikeTests {
  private let x = Tensor<Double>([1, 2, 3, 6], shape: [2, 2])

  @Test("mean and variance, by hand")
  func moments() {
    #expect(x.mean().item() == 3 && x.mean(alongAxis: 0).scalars == [2, 4])
    #expect(x.mean(alongAxis: -1, keepingDimensions: true) == Tensor([1.5, 4.5], shape: [2, 1]))
    #expect(x.variance().item() == 3.5)
    #expect(x.variance(alongAxes: [1]).scalars == [0.25, 2.25])
    #expect(x.variance(alongAxes: [1], correction: 1).scalars == [0.5, 4.5])
    #expect(x.variance(alongAxes: [0, 1], keepingDimensions: true).shape == [1, 1])
    #expect(Tensor<Float>.zeros([0]).mean().item().isNaN)
  }

  @Test("the variance does not lose its digits to a large mean")
  func shiftedVariance() {
    let shifted = Tensor<Float>([4, 7, 13, 16], shape: [4]).shifted(by: 1e5)
    #expect(shifted.variance().item() == 22.5)
  }

  @Test("clamping keeps what is inside, and what is not a number")
  func clamped() {
    let y = Tensor<Double>([-2, -1, 0.5, 1, 3, .nan], shape: [6])
    #expect(y.clamped(to: -1...1).scalars.dropLast() == [-1, -1, 0.5, 1, 1])
    #expect(y.clamped(to: -1...1).scalars[5].isNaN)
    func generic<T: TensorLike<Double>>(_ value: T) -> [Double] {
      value.clamped(to: -1...1).value.scalars
    }
    #expect(generic(y).dropLast() == [-1, -1, 0.5, 1, 1] && generic(y)[5].isNaN)
  }

  @Test("logSumExp is exact for numbers whose exponentials overflow or vanish")
  func logSumExp() {
    let log2 = 0.6931471805599453
    let y = Tensor<Double>([1000, 1000, -1000, -1000], shape: [2, 2])
    #expect(
      y.logSumExp(alongAxis: 1).relativeError(to: Tensor([1000 + log2, -1000 + log2], shape: [2]))
        < 1e-15)
    #expect(y.logSumExp(alongAxes: [0, 1], keepingDimensions: true).shape == [1, 1])
    #expect(x.logSumExp(alongAxis: 0).relativeError(to: x.exp().sum(alongAxis: 0).log()) < 1e-15)
    let infinite = Tensor<Double>([-.infinity, -.infinity, .infinity, 0, .nan, 0], shape: [3, 2])
    let result = infinite.logSumExp(alongAxis: 1).scalars
    #expect(result[0] == -.infinity && result[1] == .infinity && result[2].isNaN)
    #expect(
      Tensor<Double>.zeros([2, 0]).logSumExp(alongAxis: 1).scalars == [-.infinity, -.infinity])
  }

  @Test(
    "summing to a shape undoes a broadcast: ⟨broadcast x, y⟩ = ⟨x, summed y⟩",
    arguments: [[], [1], [3], [2, 1], [1, 3], [2, 3], [4, 1, 3]])
  func summed(shape: [Int]) {
    let y = Tensor<Double>.ramp([4, 2, 3])
    let z = Tensor<Double>.ramp(shape, phase: 1)
    let sum = y.summed(to: shape)
    #expect(sum.shape == shape)
    #expect(
      ((z.broadcast(to: [4, 2, 3]) * y).sum().item() - (z * sum).sum().item()).magnitude < 1e-13)
  }

  @Test("every view gives what the contiguous tensor gives")
  func views() {
    let base = Tensor<Double>.ramp([3, 4, 2])
    for (name, view) in TestSupport.views(of: base) {
      #expect(
        view.mean(alongAxes: [0, 2]).relativeError(to: base.mean(alongAxes: [0, 2])) < 1e-15,
        "\(name)")
      #expect(
        view.variance(alongAxes: [1]).relativeError(to: base.variance(alongAxes: [1])) < 1e-14,
        "\(name)")
      #expect(
        view.logSumExp(alongAxis: 1).relativeError(to: base.logSumExp(alongAxis: 1)) < 1e-15,
        "\(name)")
    }
  }

  @Test("gradients by their formulas, at a point done by hand")
  func gradients() {
    let (two, three) = (Tensor<Double>(2), Tensor<Double>(3))
    func at(_ value: Tensor<Double>) -> Double { value.item() }
    #expect(
      at(.quotientDivisorGradient(quotient: Tensor(1.5), divisor: two, upstream: three)) == -2.25)
    #expect(at(.expGradient(output: two, upstream: three)) == 6)
    #expect(at(.logGradient(input: two, upstream: three)) == 1.5)
    #expect(at(.sqrtGradient(output: two, upstream: three)) == 0.75)
    #expect(at(.tanhGradient(output: Tensor(0.5), upstream: three)) == 2.25)
    #expect(at(.sigmoidGradient(output: Tensor(0.25), upstream: Tensor(4))) == 0.75)
    #expect(abs(at(.erfGradient(input: Tensor(0), upstream: three)) - 3.385137501286538) < 1e-15)
    #expect(at(.powGradient(input: two, exponent: 3, upstream: three)) == 36)
    #expect(at(.powGradient(input: Tensor(0), exponent: 0, upstream: three)) == 0)
    #expect(at(.reluGradient(output: two, upstream: three)) == 3)
    #expect(at(.reluGradient(output: Tensor(0), upstream: three)) == 0)
    let row = Tensor<Double>([1, 4, 4], shape: [1, 3])
    let spread = Tensor.extremumGradient(
      input: row, output: row.max(alongAxis: 1, keepingDimensions: true),
      upstream: Tensor([6], shape: [1, 1]), axes: [1])
    #expect(spread.scalars == [0, 3, 3])
  }

  static let traps: Traps = [
    "mean: axis 2 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([2, 2]).mean(alongAxis: 2)
    },
    "variance: axis -3 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([2, 2]).variance(alongAxes: [-3])
    },
    "max: axis 1 is out of range for a tensor of rank 1": {
      _ = Tensor<Float>.ones([2]).logSumExp(alongAxis: 1)
    },
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}
