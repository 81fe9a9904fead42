import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Gradients of arithmetic")
struct ArithmeticTests {
  private typealias Binary = @Sendable (Variable<Double>, Variable<Double>) -> Variable<Double>
  private static let operations: [(name: String, apply: Binary, isSmooth: Bool)] = [
    ("+", { $0 + $1 }, true), ("-", { $0 - $1 }, true), ("*", { $0 * $1 }, true),
    ("/", { $0 / $1 }, true),
    ("minimum", { $0.minimum($1) }, false), ("maximum", { $0.maximum($1) }, false),
  ]
  private static let shapes = [
    ([2, 3], [2, 3]), ([3, 3], [3, 3]), ([2, 3], [3]), ([2, 1], [3]), ([], [2, 2]), ([2, 2], [1]),
    ([1], []),
    ([2, 1, 3], [2, 1]),
  ]
  static let cases =
    operations.flatMap { operation in
      shapes.map { x, y in
        Differentiable(
          "\(operation.name) of \(x), \(y)",
          // Away from zero, for the quotient.
          at: [
            .ramp(x),
            Tensor.ramp(y, phase: 1).shifted(by: 2.5).scaled(by: operation.name == "/" ? 1 : 0.2),
          ],
          isSmooth: operation.isSmooth
        ) { operation.apply($0[0], $0[1]) }
      }
    } + [
      Differentiable("x * x", at: .ramp([2, 3])) { $0 * $0 },
      Differentiable("x / x²", at: Tensor.ramp([3]).shifted(by: 2)) { $0 / $0.squared() },
      Differentiable("scaled", at: .ramp([2, 3])) { $0.scaled(by: -3) },
      Differentiable("shifted", at: .ramp([2, 3])) { $0.shifted(by: 3).squared() },
      Differentiable("x + 2, 2 + x", at: .ramp([3])) { ($0 + 2) * (3 + $0) },
      Differentiable("x - 2, 2 - x", at: .ramp([3])) { ($0 - 2) * (3 - $0) },
      Differentiable("x * 2, 2 * x", at: .ramp([3])) { ($0 * 2) * (3 * $0) },
      Differentiable("x / 2, 2 / x", at: Tensor.ramp([3]).shifted(by: 2)) { $0 / 2 + 3 / $0 },
      Differentiable("minus", at: .ramp([2, 2])) { (-$0) * $0 },
      Differentiable("where", at: [.ramp([2, 3]), .ramp([3], phase: 1)]) {
        .where(Tensor([true, false, true], shape: [3]), $0[0].squared(), $0[1].squared())
      },
      Differentiable("where by a wide mask", at: [.ramp([3]), .ramp([], phase: 1)]) {
        .where(Tensor([true, false], shape: [2, 1]), $0[0], $0[1])
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
    let (x, y) = (Tensor<Double>.ramp([2, 3]), Tensor<Double>.ramp([3], phase: 1))
    let (a, b) = (Variable(tracking: x), Variable(tracking: y))
    #expect((a + b).value == x + y && (a - b).value == x - y)
    #expect((a * b).value == x * y && (a / b).value == x / y)
    #expect(a.minimum(b).value == x.minimum(y) && a.maximum(b).value == x.maximum(y))
    #expect(Variable.where(x .> 0, a, b).value == Tensor.where(x .> 0, x, y))
  }

  @Test("the gradients of xy and x/y at (3, 2), by hand")
  func byHand() {
    let (x, y) = (Variable(tracking: Tensor<Double>(3)), Variable(tracking: Tensor<Double>(2)))
    let product = (x * y).gradients()
    #expect(product[x]?.item() == 2 && product[y]?.item() == 3)
    let quotient = (x / y).gradients()
    #expect(quotient[x]?.item() == 0.5 && quotient[y]?.item() == -0.75)
  }

  @Test("where both operands are equal, minimum and maximum give each half")
  func ties() {
    let (x, y) = (
      Variable(tracking: Tensor<Double>([1, 2], shape: [2])),
      Variable(tracking: Tensor<Double>([1, 3], shape: [2]))
    )
    let least = x.minimum(y).sum().gradients()
    #expect(least[x]?.scalars == [0.5, 1] && least[y]?.scalars == [0.5, 0])
    let largest = x.maximum(y).sum().gradients()
    #expect(largest[x]?.scalars == [0.5, 0] && largest[y]?.scalars == [0.5, 1])
  }

  @Test("what a mask leaves out has no gradient, be it not a number")
  func masked() {
    let x = Variable(tracking: Tensor<Double>([-1, 4], shape: [2]))
    let safe = Variable.where(x.value .> 0, x, Variable(Tensor(1)))
    let gradient = safe.log().sum().gradients()[x]
    #expect(gradient?.scalars == [0, 0.25])
  }

  @Test("empty operands have empty gradients")
  func empty() {
    let (x, y) = (
      Variable(tracking: Tensor<Double>.zeros([2, 0])), Variable(tracking: Tensor<Double>(3))
    )
    let gradients = (x * y).sum().gradients()
    #expect(gradients[x]?.shape == [2, 0] && gradients[y]?.item() == 0)
  }
}
