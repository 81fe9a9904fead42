import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Gradients of reductions")
struct ReductionTests {
  private static let x = Tensor<Double>.ramp([3, 2, 4])
  private static let square = Tensor<Double>.ramp([3, 3])
  static let cases =
    [[0], [1], [-1], [0, 2], [0, 1, 2], []].flatMap { axes in
      [false, true].flatMap { keeps in
        [
          Differentiable("sum over \(axes), \(keeps)", at: x) {
            $0.squared().sum(alongAxes: axes, keepingDimensions: keeps)
          },
          Differentiable("max over \(axes), \(keeps)", at: x, isSmooth: false) {
            $0.max(alongAxes: axes, keepingDimensions: keeps)
          },
          Differentiable("min over \(axes), \(keeps)", at: x, isSmooth: false) {
            $0.min(alongAxes: axes, keepingDimensions: keeps)
          },
        ]
      }
    } + [
      Differentiable("max squared", at: square) { $0.max(alongAxis: 0).squared() },
      Differentiable("min squared", at: square) { $0.min(alongAxis: 1).squared() },
      Differentiable("mean", at: square) { $0.squared().mean(alongAxis: 1) },
      Differentiable("mean of all", at: square) { $0.squared().mean() },
      Differentiable("variance", at: x) { $0.variance(alongAxes: [0, 2], correction: 1) },
      Differentiable("variance of all", at: square) { $0.variance() },
      Differentiable("logSumExp", at: x) { $0.logSumExp(alongAxes: [1, 2]) },
      Differentiable("logSumExp, kept", at: square) {
        $0.logSumExp(alongAxis: 0, keepingDimensions: true)
      },
    ]

  /// Central differences in Double leave errors of about 1e-10; a wrong formula is off by 1e-2 and more.
  @Test("the gradient of every argument agrees with central differences", arguments: cases.indices)
  func gradients(index: Int) {
    for error in Self.cases[index].firstErrors() {
      #expect(error < 1e-8, "\(Self.cases[index].name)")
    }
  }

  @Test(
    "second derivatives of every pair of arguments agree with central differences",
    arguments: cases.indices)
  func secondDerivatives(index: Int) {
    guard Self.cases[index].isSmooth else { return }
    for error in Self.cases[index].secondErrors() {
      #expect(error < 1e-7, "\(Self.cases[index].name)")
    }
  }

  @Test("how the arguments lie in memory changes nothing", arguments: cases.indices)
  func views(index: Int) {
    #expect(Self.cases[index].viewError() < 1e-13, "\(Self.cases[index].name)")
  }

  @Test("the values are those of plain tensors")
  func values() {
    let v = Variable(tracking: Self.x)
    #expect(v.sum(alongAxes: [0, 2]).value == Self.x.sum(alongAxes: [0, 2]))
    #expect(v.max().value == Self.x.max() && v.min(alongAxis: 1).value == Self.x.min(alongAxis: 1))
    #expect(v.mean().value == Self.x.mean() && v.variance().value == Self.x.variance())
  }

  @Test("where several are largest, each takes an equal part")
  func ties() {
    let x = Variable(tracking: Tensor<Double>([1, 5, 5, 2, 0, 0], shape: [2, 3]))
    #expect(x.max(alongAxis: 1).sum().gradients()[x]?.scalars == [0, 0.5, 0.5, 1, 0, 0])
    #expect(x.min(alongAxis: -1).sum().gradients()[x]?.scalars == [1, 0, 0, 0, 0.5, 0.5])
    #expect(x.max().gradients()[x]?.scalars == [0, 0.5, 0.5, 0, 0, 0])
  }

  @Test("logSumExp's gradient is the softmax, without overflow")
  func logSumExp() {
    let x = Variable(tracking: Tensor<Double>([1000, 1000, -1000], shape: [3]))
    #expect(x.logSumExp(alongAxis: 0).gradients()[x]?.scalars == [0.5, 0.5, 0])
  }

  @Test("the gradient of a sum over nothing is empty")
  func empty() {
    let x = Variable(tracking: Tensor<Double>.zeros([2, 0]))
    #expect(x.sum().gradients()[x]?.shape == [2, 0])
    #expect(x.sum(alongAxis: 1).squared().sum().gradients()[x]?.shape == [2, 0])
  }
}
