import Autograd
import Optim
import Tensor
import TestSupport
import Testing

// Copies and buffers are counted for the whole process, so each of these runs in one of its own.

@Suite("Memory of optimizers")
struct OptimizerMemoryTests {
  @Test("an update copies neither weights nor state, for every rule", arguments: Rule.allCases)
  func updatesInPlace(rule: Rule) async {
    await #expect(processExitsWith: .success) { [rule] in
      var optimizer = rule.make(Float.self)
      var weights = Weights<Float>([.ramp([40, 30]), .ramp([30])])
      weights.list.append(Parameter(.ramp([3, 3, 2, 4])))
      func buffers() -> [ObjectIdentifier] {
        let state = optimizer.state(for: weights).tensors.sorted { $0.key < $1.key }
        return weights.list.map(\.value.storageIdentifier) + state.map(\.value.storageIdentifier)
      }
      optimizer.step(&weights, along: [.ramp([40, 30]), .ramp([30]), .ramp([3, 3, 2, 4])])
      let (before, copies) = (buffers(), CopyCounter.count)
      // Weights and one or two tensors of state for each of the three.
      #expect(before.count == 6 || before.count == 9)
      for _ in 0..<3 {
        optimizer.step(&weights, along: [.ramp([40, 30]), .ramp([30]), .ramp([3, 3, 2, 4])])
        #expect(buffers() == before)
      }
      #expect(CopyCounter.count == copies)
    }
  }

  @Test("the first update shares no buffer between two tensors of state")
  func firstUpdate() async {
    await #expect(processExitsWith: .success) {
      var (optimizer, weights) = (Adam<Float>(), Weights<Float>([.ramp([8]), .ramp([8])]))
      let copies = CopyCounter.count
      optimizer.step(&weights, along: [.ramp([8]), .ramp([8])])
      let state = optimizer.state(for: weights).tensors.values
      #expect(Set(state.map(\.storageIdentifier)).count == 4)
      #expect(CopyCounter.count == copies)
    }
  }

  @Test("while a copy of the model is kept, an update copies each weight once, and then no more")
  func keptCopy() async {
    await #expect(processExitsWith: .success) {
      var (optimizer, weights) = (Adam<Float>(), Weights<Float>([.ramp([8]), .ramp([5])]))
      let gradients: [Tensor<Float>?] = [.ramp([8]), .ramp([5])]
      optimizer.step(&weights, along: gradients)
      let (best, copies) = (weights, CopyCounter.count)
      let values = best.list.map(\.value.scalars)
      for _ in 0..<3 { optimizer.step(&weights, along: gradients) }
      #expect(CopyCounter.count == copies + 2)
      #expect(best.list.map(\.value.scalars) == values)
    }
  }
}
