import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Elementwise functions")
struct ElementwiseFunctionTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tensor: @Sendable (Tensor<Double>) -> Tensor<Double>
    let float: @Sendable (Tensor<Float>) -> Tensor<Float>
    /// From Foundation, or the definition.
    let scalar: @Sendable (Double) -> Double
    /// Whether it is defined for positive numbers only.
    var isPositive = false
  }

  static let functions = [
    Function(
      testDescription: "exp", tensor: { $0.exp() }, float: { $0.exp() },
      scalar: { Foundation.exp($0) }),
    Function(
      testDescription: "log", tensor: { $0.log() }, float: { $0.log() },
      scalar: { Foundation.log($0) }, isPositive: true),
    Function(
      testDescription: "sqrt", tensor: { $0.sqrt() }, float: { $0.sqrt() },
      scalar: { $0.squareRoot() }, isPositive: true),
    Function(
      testDescription: "tanh", tensor: { $0.tanh() }, float: { $0.tanh() },
      scalar: { Foundation.tanh($0) }),
    Function(
      testDescription: "sin", tensor: { $0.sin() }, float: { $0.sin() },
      scalar: { Foundation.sin($0) }),
    Function(
      testDescription: "cos", tensor: { $0.cos() }, float: { $0.cos() },
      scalar: { Foundation.cos($0) }),
    Function(
      testDescription: "erf", tensor: { $0.erf() }, float: { $0.erf() },
      scalar: { Foundation.erf($0) }),
    Function(
      testDescription: "sigmoid", tensor: { $0.sigmoid() }, float: { $0.sigmoid() },
      scalar: { 1 / (1 + Foundation.exp(-$0)) }),
    Function(
      testDescription: "softplus", tensor: { $0.softplus() }, float: { $0.softplus() },
      scalar: { Foundation.log(1 + Foundation.exp($0)) }),
    Function(
      testDescription: "relu", tensor: { $0.relu() }, float: { $0.relu() }, scalar: { max($0, 0) }),
    Function(
      testDescription: "abs", tensor: { $0.abs() }, float: { $0.abs() }, scalar: { $0.magnitude }),
    Function(
      testDescription: "sign", tensor: { $0.sign() }, float: { $0.sign() },
      scalar: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
    Function(
      testDescription: "floor", tensor: { $0.floor() }, float: { $0.floor() },
      scalar: { Foundation.floor($0) }),
    Function(
      testDescription: "rounded", tensor: { $0.rounded() }, float: { $0.rounded() },
      scalar: { Foundation.rint($0) }),
    Function(
      testDescription: "pow(2.5)", tensor: { $0.pow(2.5) }, float: { $0.pow(2.5) },
      scalar: { Foundation.pow($0, 2.5) }, isPositive: true),
    Function(
      testDescription: "pow(3)", tensor: { $0.pow(3) }, float: { $0.pow(3) },
      scalar: { $0 * $0 * $0 }),
    Function(
      testDescription: "pow(-2)", tensor: { $0.pow(-2) }, float: { $0.pow(-2) },
      scalar: { 1 / ($0 * $0) }),
    Function(
      testDescription: "squared", tensor: { $0.squared() }, float: { $0.squared() },
      scalar: { $0 * $0 }),
    Function(testDescription: "minus", tensor: { -$0 }, float: { -$0 }, scalar: { -$0 }),
  ]

  @Test("every scalar has the value of the definition", arguments: functions)
  func values(function: Function) {
    var points = [-5.5, -2, -1.25, -0.5, 0.25, 0.5, 1, 1.5, 2.5, 7.75]
    if function.isPositive { points.removeAll { $0 < 0 } }
    let expected = Tensor(points.map(function.scalar), shape: [points.count])
    let x = Tensor(points, shape: [points.count])
    #expect(function.tensor(x).relativeError(to: expected) < 1e-14)
    #expect(
      function.float(x.converted()).converted(to: Double.self).relativeError(to: expected) < 1e-6)
  }

  @Test("every view, size 1, rank 0 and empty tensors", arguments: functions)
  func views(function: Function) {
    let x = function.isPositive ? Tensor<Double>.ramp([3, 2, 4]).abs() : .ramp([3, 2, 4])
    for (name, view) in TestSupport.views(of: x) {
      #expect(function.tensor(view) == function.tensor(x), "\(name)")
    }
    let row = x[0, 0]
    #expect(function.tensor(row.broadcast(to: [2, 4]))[1] == function.tensor(row))
    #expect(function.tensor(x[1, 1, 2]).item() == function.tensor(x)[1, 1, 2].item())
    #expect(function.tensor(x[..<1, ..<1, ..<1]).shape == [1, 1, 1])
    #expect(function.tensor(.zeros([2, 0])).shape == [2, 0])
  }

  @Test("what is not a number stays so", arguments: functions)
  func notANumber(function: Function) {
    #expect(function.tensor(Tensor(.nan)).item().isNaN)
    #expect(function.float(Tensor(.nan)).item().isNaN)
  }

  @Test("at the ends of the line and at zero")
  func limits() {
    let ends = Tensor<Double>([-.infinity, 0, .infinity], shape: [3])
    #expect(ends.exp().scalars == [0, 1, .infinity])
    #expect(ends.log().scalars[1...] == [-.infinity, .infinity] && ends.log().scalars[0].isNaN)
    #expect(ends.sqrt().scalars[0].isNaN && Tensor<Double>(-1).log().item().isNaN)
    #expect(ends.tanh().scalars == [-1, 0, 1] && ends.erf().scalars == [-1, 0, 1])
    #expect(ends.sigmoid().scalars == [0, 0.5, 1])
    #expect(ends.softplus().scalars[0] == 0 && ends.softplus().scalars[2] == .infinity)
    #expect(ends.relu().scalars == [0, 0, .infinity] && ends.sign().scalars == [-1, 0, 1])
    #expect(ends.abs().scalars == [.infinity, 0, .infinity])
  }

  @Test("sigmoid and softplus neither overflow nor lose their small values")
  func stability() {
    let x = Tensor<Double>([-800, -40, 40, 800], shape: [4])
    let sigmoid = x.sigmoid().scalars
    #expect(sigmoid[0] == 0 && abs(sigmoid[1] / Foundation.exp(-40) - 1) < 1e-15)
    #expect(sigmoid[2] == 1 && sigmoid[3] == 1)
    let softplus = x.softplus().scalars
    #expect(abs(softplus[1] / Foundation.exp(-40) - 1) < 1e-15 && softplus[3] == 800)
    #expect(Tensor<Float>(-88).sigmoid().item() > 0)
  }

  @Test("powers of negative bases, of zero and to zero")
  func powers() {
    let x = Tensor<Double>([-2, 0, 2, .infinity, -.infinity], shape: [5])
    #expect(x.pow(0).scalars == [1, 1, 1, 1, 1])
    #expect(x.pow(1) == x)
    #expect(x.pow(2).scalars == [4, 0, 4, .infinity, .infinity])
    #expect(x.pow(3).scalars == [-8, 0, 8, .infinity, -.infinity])
    #expect(x.pow(-1).scalars == [-0.5, .infinity, 0.5, 0, 0])
    #expect(x.pow(0.5).scalars[0].isNaN && x.pow(0.5).scalars[1] == 0)
  }

  @Test("halves round to the even neighbour")
  func rounding() {
    let x = Tensor<Float>([-1.5, -0.5, 0.5, 1.5, 2.5], shape: [5])
    #expect(x.rounded().scalars == [-2, 0, 0, 2, 2] && x.floor().scalars == [-2, -1, 0, 1, 2])
  }

  @Test("split over threads, the scalars are the same")
  func parallel() {
    let x = Tensor<Float>.arange(140_001)
    #expect((-x)[140_000].item() == -140_000 && (-x)[65_536].item() == -65_536)
    #expect(x.sqrt()[131_072].item() == Float(131_072).squareRoot())
  }
}
