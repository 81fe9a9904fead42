import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Gradients of shape changes")
struct ShapeTests {
  private static let x = Tensor<Double>.ramp([3, 2, 4])
  private static let square = Tensor<Double>.ramp([3, 3])
  private static let indices = Tensor<Int64>([2, 0, 2, 1], shape: [4])
  // Each is linear, so that a square before or behind gives second derivatives something to find.
  static let cases = [
    Differentiable("reshaped", at: x) { $0.reshaped(to: [4, -1]).squared() },
    Differentiable("reshaped to its own shape", at: square) { $0.reshaped(to: [3, 3]).squared() },
    Differentiable("permuted", at: x) { $0.permuted([2, 0, 1]).squared() },
    Differentiable("permuted from the end", at: x) { $0.permuted([-1, 0, -2]) },
    Differentiable("transposed", at: square) { $0.transposed() * $0 },
    Differentiable("broadcast", at: .ramp([2, 1])) { $0.broadcast(to: [3, 2, 2]).squared() },
    Differentiable("broadcast of rank 0", at: Tensor(0.7)) { $0.broadcast(to: [2, 2]) },
    Differentiable("summed", at: x) { $0.summed(to: [2, 1]).squared() },
    Differentiable("a slice", at: x) { $0[1..., 0, .stride(by: -2)].squared() },
    Differentiable("a slice with a new axis", at: square) { $0[.newAxis, .ellipsis, -1] },
    Differentiable("overlapping slices", at: square) { $0[..<2] * $0[1...] },
    Differentiable("an empty slice", at: square) { $0[0..<0] },
    Differentiable("placed", at: .ramp([2, 2])) {
      $0.placed(at: [.stride(from: 3, by: -2), (1..<3).slice], in: [4, 4]).squared()
    },
    Differentiable("padded", at: square) { $0.padded([(1, 0), (0, 2)]).squared() },
    Differentiable(
      "concatenated", at: [square, .ramp([3, 1], phase: 1), .ramp([3, 2], phase: 2)]
    ) {
      .concatenated($0, alongAxis: -1).squared()
    },
    Differentiable("one part twice", at: [square, .ramp([1, 3], phase: 1)]) {
      .concatenated([$0[0], $0[1], $0[0]]).squared()
    },
    Differentiable("stacked", at: [square, .ramp([3, 3], phase: 1)]) {
      .stacked([$0[0], $0[1], $0[0] * $0[1]], alongAxis: 1)
    },
    Differentiable("gathered", at: square) { $0.gathered(at: indices).squared() },
    Differentiable("gathered from the last axis", at: .ramp([2, 3])) {
      $0.gathered(at: indices, alongAxis: -1).squared()
    },
    Differentiable("bilinearlyResized", at: .ramp([3, 2])) {
      $0.bilinearlyResized(height: 5, width: 3).squared()
    },
    Differentiable("bilinearlyResized, smaller", at: square) {
      $0.bilinearlyResized(height: 2, width: 2).squared()
    },
    Differentiable("scatterAdded", at: .ramp([4, 2])) {
      $0.scatterAdded(at: indices, size: 5).squared()
    },
    Differentiable("scatterAdded to the last axis", at: .ramp([2, 4])) {
      $0.scatterAdded(at: indices, size: 3, alongAxis: -1)
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
    let (x, v) = (Self.x, Variable(tracking: Self.x))
    #expect(v.reshaped(to: [6, 4]).value == x.reshaped(to: [6, 4]))
    #expect(
      v.permuted([2, 0, 1]).value == x.permuted([2, 0, 1]) && v.transposed().value == x.transposed()
    )
    #expect(v[1, .stride(by: -1)].value == x[1, .stride(by: -1)])
    #expect(v.broadcast(to: [2, 3, 2, 4]).value == x.broadcast(to: [2, 3, 2, 4]))
    #expect(
      Variable.concatenated([v, v], alongAxis: 1).value
        == Tensor.concatenated([x, x], alongAxis: 1))
    #expect(
      Variable.stacked([v, v], alongAxis: -1).value == Tensor.stacked([x, x], alongAxis: -1))
    #expect(v.gathered(at: Self.indices).value == x.gathered(at: Self.indices))
    #expect(v.padded([(1, 1), (0, 0), (2, 0)]).value == x.padded([(1, 1), (0, 0), (2, 0)]))
  }

  @Test("an entry gathered twice has the sum of both gradients")
  func gatheredTwice() {
    let x = Variable(tracking: Tensor<Double>([1, 2], shape: [2]))
    let y = x.gathered(at: Tensor([1, 1, 0], shape: [3]))
    #expect(y.gradients(upstream: Tensor([10, 20, 40], shape: [3]))[x]?.scalars == [40, 30])
  }

  @Test("dozens of parts keep nothing alive, and each gets its gradient")
  func manyParts() async {
    await #expect(processExitsWith: .success) {
      var weights = (0..<40).map { Parameter(Tensor<Double>(repeating: Double($0), shape: [2])) }
      var context = Context.training(key: RandomKey(seed: 0))
      let joined = Variable.concatenated(weights.map { context.variable($0) })
      let before = CopyCounter.count
      for index in weights.indices { weights[index].value += Tensor(1) }
      #expect(CopyCounter.count == before)
      let gradients = joined.gradients(upstream: .ramp([80]))
      for (index, weight) in weights.enumerated() {
        #expect(gradients[weight] == Tensor<Double>.ramp([80])[2 * index..<2 * index + 2])
      }
    }
  }
}
