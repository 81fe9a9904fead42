import Autograd
import Tensor
import TestSupport
import Testing

// Copies and buffers are counted for the whole process, so each of these runs in one of its own.

@Suite("Memory of graphs")
struct MemoryTests {
  @Test("after a sweep, updates in place copy nothing, though loss and logits are still read")
  func updatesInPlace() async {
    await #expect(processExitsWith: .success) {
      var (weight, filter) = (
        Parameter(Tensor<Double>.ramp([8, 3])), Parameter(Tensor<Double>.ramp([3, 3, 1, 2]))
      )
      var bias = Parameter(Tensor<Double>.ramp([3]))
      let images = Variable(Tensor<Double>.ramp([2, 4, 4, 1]))
      for step in 0..<4 {
        var context = Context.training(key: RandomKey(seed: UInt64(step)))
        let hidden = images.convolution(context.variable(filter), bias: nil, Window2D(3)).relu()
        let logits =
          hidden.reshaped(to: [2, 8]).matrixProduct(context.variable(weight))
          + context.variable(bias)
        let loss = (logits.softmax() * logits).sum()
        let gradients = loss.gradients()
        let before = CopyCounter.count
        weight.value -= gradients[weight] ?? Tensor(.nan)
        filter.value -= gradients[filter] ?? Tensor(.nan)
        bias.value -= gradients[bias] ?? Tensor(.nan)
        #expect(CopyCounter.count == before, "step \(step)")
        #expect(loss.item().isFinite && logits.value.scalars.allSatisfy { $0.isFinite })
      }
      #expect(weight.value.scalars.allSatisfy { $0.isFinite })
    }
  }

  @Test("a kept graph holds the weights, so that an update must copy them")
  func keptGraph() async {
    await #expect(processExitsWith: .success) {
      var weight = Parameter(Tensor<Double>.ramp([4]))
      var context = Context.training(key: RandomKey(seed: 0))
      let loss = context.variable(weight).squared().sum()
      let first = loss.gradients(keepingGraph: true)[weight]
      let before = CopyCounter.count
      weight.value *= Tensor(2)
      #expect(CopyCounter.count == before + 1)
      #expect(loss.gradients()[weight] == first)
    }
  }

  @Test("a branch that leads to no gradient is let go of as well")
  func deadBranch() async {
    await #expect(processExitsWith: .success) {
      var weight = Parameter(Tensor<Double>.ramp([4]))
      var context = Context.training(key: RandomKey(seed: 0))
      func loss(_ x: Variable<Double>) -> Variable<Double> {
        Variable(Tensor(1), from: [x.squared()], keeping: .nothing) { _, _ in [nil] } + x.sum()
      }
      let loss = loss(context.variable(weight))
      #expect(loss.gradients()[weight] == .ones([4]))
      let before = CopyCounter.count
      weight.value += Tensor(1)
      #expect(CopyCounter.count == before)
    }
  }

  @Test("a step leaves no memory behind, and from the second on asks the system for none")
  func steadySteps() async {
    await #expect(processExitsWith: .success) {
      var weight = Parameter(Tensor<Double>.ramp([16, 16]))
      let inputs = Variable(Tensor<Double>.ramp([32, 16]))
      func step() {
        var context = Context.training(key: RandomKey(seed: 0))
        let loss = inputs.matrixProduct(context.variable(weight)).tanh().squared().mean()
        let gradient = loss.gradients()[weight]?.scaled(by: 0.1)
        weight.value -= gradient ?? Tensor(.nan)
      }
      step()
      let before = BufferCache.statistics
      for _ in 0..<5 { step() }
      #expect(BufferCache.statistics.used == before.used)
      #expect(BufferCache.statistics.systemAllocations == before.systemAllocations)
    }
  }

  @Test("gradients that meet are summed in the memory of the first")
  func accumulation() async {
    await #expect(processExitsWith: .success) {
      let x = Variable(tracking: Tensor<Double>.ramp([64]))
      var y = x.scaled(by: 0)
      for factor in 1...8 { y = y + x.scaled(by: Double(factor)) }
      let loss = y.sum()
      let before = CopyCounter.count
      let gradient = loss.gradients()[x] ?? .zeros([])
      #expect(gradient == Tensor(repeating: 36, shape: [64]))
      #expect(CopyCounter.count == before)
    }
  }
}
