import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Gradients of elementwise functions")
struct ElementwiseTests {
  private static let square = Tensor<Double>.ramp([3, 3])
  private static let positive = Tensor<Double>.ramp([2, 3]).shifted(by: 1.5)
  static let cases = [
    Differentiable("exp", at: square) { $0.exp() },
    Differentiable("log", at: positive) { $0.log() },
    Differentiable("sqrt", at: positive) { $0.sqrt() },
    Differentiable("tanh", at: square) { $0.tanh() },
    Differentiable("sin", at: square) { $0.sin() }, Differentiable("cos", at: square) { $0.cos() },
    Differentiable("erf", at: square) { $0.erf() },
    Differentiable("sigmoid", at: square) { $0.sigmoid() },
    Differentiable("softplus", at: square) { $0.softplus() },
    Differentiable("squared", at: square) { $0.squared() },
    Differentiable("pow(3)", at: square) { $0.pow(3) },
    Differentiable("pow(2.5)", at: positive) { $0.pow(2.5) },
    Differentiable("pow(-1)", at: positive) { $0.pow(-1) },
    Differentiable("pow(1)", at: square) { $0.pow(1) },
    Differentiable("pow(0)", at: square) { $0.pow(0) },
    Differentiable("relu", at: square, isSmooth: false) { $0.relu() },
    Differentiable("abs", at: square, isSmooth: false) { $0.abs() },
    // Kinked, but smooth where the points stand: the recorded gradients of the kinked functions take part.
    Differentiable("relu squared", at: square) { $0.relu().squared() },
    Differentiable("abs cubed", at: square) { $0.abs().pow(3) },
    Differentiable("clamped", at: square) { $0.clamped(to: -0.4...0.6).squared() },
    Differentiable("rank 0", at: Tensor(0.3)) { $0.tanh() },
    Differentiable("a composition", at: square) { ($0.sin() * $0.exp()).tanh().sigmoid() },
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
    let x = Self.positive
    let v = Variable(tracking: x)
    #expect(v.exp().value == x.exp() && v.log().value == x.log() && v.sqrt().value == x.sqrt())
    #expect(v.tanh().value == x.tanh() && v.sin().value == x.sin() && v.cos().value == x.cos())
    #expect(v.erf().value == x.erf() && v.sigmoid().value == x.sigmoid())
    #expect(v.softplus().value == x.softplus() && v.relu().value == x.relu())
    #expect(v.abs().value == x.abs() && v.pow(1.5).value == x.pow(1.5))
  }

  private func slope(
    at point: Double, _ function: (Variable<Double>) -> Variable<Double>
  ) -> Double? {
    let x = Variable(tracking: Tensor(point))
    return function(x).gradients()[x]?.item()
  }

  @Test("slopes by hand, and at the kinks those that are documented")
  func byHand() {
    #expect(slope(at: 0) { $0.exp() } == 1 && slope(at: 4) { $0.log() } == 0.25)
    #expect(slope(at: 4) { $0.sqrt() } == 0.25 && slope(at: 0) { $0.tanh() } == 1)
    #expect(slope(at: 0) { $0.sin() } == 1 && slope(at: 0) { $0.cos() } == 0)
    #expect(slope(at: 0) { $0.sigmoid() } == 0.25 && slope(at: 0) { $0.softplus() } == 0.5)
    #expect(slope(at: 3) { $0.pow(2) } == 6 && slope(at: -2) { $0.pow(3) } == 12)
    #expect(slope(at: 0) { $0.relu() } == 0 && slope(at: 0) { $0.abs() } == 0)
    #expect(slope(at: 0) { $0.pow(0) } == 0 && slope(at: 0) { $0.pow(1) } == 1)
    #expect(slope(at: 0) { $0.sqrt() } == .infinity)
    #expect(
      slope(at: 1) { $0.clamped(to: -1...1) } == 1 && slope(at: 1.5) { $0.clamped(to: -1...1) } == 0
    )
  }

  @Test("slopes far out neither overflow nor turn into what is not a number")
  func farOut() {
    for point in [-1000.0, 1000] {
      #expect(slope(at: point) { $0.sigmoid() } == 0 && slope(at: point) { $0.tanh() } == 0)
      #expect(slope(at: point) { $0.softplus() } == (point > 0 ? 1 : 0))
      #expect(slope(at: point) { $0.erf() } == 0)
    }
  }

  @Test("where the input of relu is not a number, so is the output, and nothing flows back")
  func notANumber() {
    let x = Variable(tracking: Tensor<Double>([.nan, 1], shape: [2]))
    let y = x.relu()
    #expect(y.value.scalars[0].isNaN)
    #expect(y.sum().gradients()[x]?.scalars == [0, 1])
  }
}
