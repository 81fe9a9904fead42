import Autograd
import Synchronization
import Tensor
import TestSupport
import Testing

@Suite("Graphs")
struct GraphTests {
  /// Far more than a stack holds frames of naive recursion; a million takes a second in release and too long in debug.
  #if DEBUG
    private static let depth = 100_000
  #else
    private static let depth = 1_000_000
  #endif

  private func chain(_ leaf: Variable<Double>) -> Variable<Double> {
    var y = leaf
    for _ in 0..<Self.depth { y = y.shifted(by: 1) }
    return y
  }

  @Test("a deep chain is swept without recursion")
  func deepSweep() {
    let leaf = Variable(tracking: Tensor<Double>(1))
    let y = chain(leaf)
    #expect(y.item() == Double(Self.depth + 1))
    #expect(y.gradients()[leaf]?.item() == 1)
  }

  @Test("a deep chain is freed without recursion, swept or not")
  func deepFree() {
    var y: Variable<Double>? = chain(Variable(tracking: Tensor<Double>(1)))
    let isRecorded = y?.isRecorded
    y = nil
    #expect(isRecorded == true)
  }

  @Test("a deep ladder, every rung held twice, is freed too")
  func deepLadder() {
    var y = Variable(tracking: Tensor<Double>(0))
    for _ in 0..<Self.depth / 4 { y = y + y.scaled(by: 0) }
    #expect(y.isRecorded)
  }

  @Test("nothing is recorded for constants")
  func constants() {
    let (x, w) = (
      Variable(Tensor<Double>.ramp([1, 4, 4, 2])), Variable(Tensor<Double>.ramp([3, 3, 2, 2]))
    )
    let y = x.convolution(w, bias: nil, Window2D(3)).relu().maxPooled(Window2D(2)).flattenedRows
      .softmax()
    #expect(!y.isRecorded && !(y + y * 2).sum().isRecorded)
    #expect((y + Variable(tracking: Tensor(1))).isRecorded)
  }

  @Test("a pullback is told which gradients are wanted, and need not give the others")
  func unneeded() {
    let asked = Mutex<[[Bool]]>([])
    let x = Variable(tracking: Tensor<Double>(2))
    let y = Variable(Tensor<Double>(6), from: [x, Variable(Tensor(3))], keeping: .nothing) {
      saved, upstream in
      asked.withLock { $0.append(saved.needed) }
      return [upstream.scaled(by: 3), nil]
    }
    #expect(y.gradients()[x]?.item() == 3)
    #expect(asked.withLock { $0 } == [[true, false]])
  }

  @Test("a recorded sweep asks only for what leads to the variables named")
  func onlyTheWay() {
    let calls = Mutex(0)
    let (x, z) = (Variable(tracking: Tensor<Double>(2)), Variable(tracking: Tensor<Double>(5)))
    let side = Variable(z.value, from: [z], keeping: .nothing) { _, upstream in
      calls.withLock { $0 += 1 }
      return [upstream]
    }
    let y = x.squared() * side
    #expect(y.recordedGradients(withRespectTo: [x])[0].item() == 20 && calls.withLock { $0 } == 0)
    #expect(y.gradients()[z]?.item() == 4 && calls.withLock { $0 } == 1)
  }

  @Test("an operand kept for the other's gradient only is not kept when the other needs none")
  func keepsTheLeast() async {
    await #expect(processExitsWith: .success) {
      var weight = Parameter(Tensor<Double>.ramp([3, 3]))
      var context = Context.training(key: RandomKey(seed: 0))
      let constant = Variable(Tensor<Double>.ramp([3, 3], phase: 1))
      let y = (context.variable(weight) * constant).matrixProduct(constant).sum()
      let before = CopyCounter.count
      weight.value += Tensor(1)
      #expect(CopyCounter.count == before && y.gradients()[weight] != nil)
    }
  }
}

extension Variable {
  fileprivate var flattenedRows: Variable { reshaped(to: [shape[0], -1]) }
}
