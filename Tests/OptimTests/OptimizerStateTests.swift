import Autograd
import Optim
import Tensor
import TestSupport
import Testing

@Suite("State of optimizers")
struct OptimizerStateTests {
  private func gradients(_ step: Int) -> [Tensor<Float>?] {
    [.ramp([3, 2], phase: Double(step)), .ramp([4], phase: Double(2 * step)) * 1e-3]
  }

  private func trained(
    _ rule: Rule, steps: Int
  ) -> (optimizer: any Optimizer<Float>, weights: Weights<Float>) {
    var optimizer = rule.make(Float.self)
    var weights = Weights<Float>([.ramp([3, 2]), .ramp([4])])
    for step in 0..<steps { optimizer.step(&weights, along: gradients(step)) }
    return (optimizer, weights)
  }

  @Test(
    "is kept by path, and a restored optimizer goes on bit for bit, even for another model",
    arguments: Rule.allCases)
  func restored(rule: Rule) throws {
    var (optimizer, weights) = trained(rule, steps: 5)
    let state = optimizer.state(for: weights)
    var continued = rule.make(Float.self)
    // As if loaded from a file: the same values under other identities.
    var loaded = weights.withFreshIdentities()
    try continued.restore(state, for: loaded)
    #expect(continued.stepCount == 5)
    for step in 5..<9 {
      optimizer.step(&weights, along: gradients(step))
      continued.step(&loaded, along: gradients(step))
    }
    #expect(loaded.list.map(\.value) == weights.list.map(\.value))
    #expect(continued.state(for: loaded).tensors == optimizer.state(for: weights).tensors)
  }

  @Test(
    "without its state an optimizer goes on otherwise", arguments: [Rule.momentum, .adam, .adamW])
  func notRestored(rule: Rule) {
    var (optimizer, weights) = trained(rule, steps: 5)
    var (fresh, others) = (rule.make(Float.self), weights.withFreshIdentities())
    optimizer.step(&weights, along: gradients(5))
    fresh.step(&others, along: gradients(5))
    #expect(others.list[0].value != weights.list[0].value)
  }

  @Test("has a tensor for every slot and parameter")
  func names() {
    let (optimizer, weights) = trained(.adam, steps: 1)
    let state = optimizer.state(for: weights)
    #expect(
      state.tensors.keys.sorted() == [
        "firstMoment/0", "firstMoment/1", "secondMoment/0", "secondMoment/1",
      ])
    #expect(state.tensors["firstMoment/0"]?.shape == [3, 2] && state.stepCount == 1)
    let (descent, others) = trained(.momentum, steps: 2)
    #expect(descent.state(for: others).tensors.keys.sorted() == ["velocity/0", "velocity/1"])
  }

  @Test(
    "taken from a running optimizer, it stays as it was while the optimizer goes on",
    arguments: Rule.allCases)
  func independent(rule: Rule) {
    var (optimizer, weights) = trained(rule, steps: 3)
    let state = optimizer.state(for: weights)
    let scalars = state.tensors.mapValues(\.scalars)
    optimizer.step(&weights, along: gradients(3))
    #expect(state.tensors.mapValues(\.scalars) == scalars)
  }

  @Test("a copy of the model finds the state by identity")
  func copies() {
    var (optimizer, weights) = trained(.momentum, steps: 3)
    var (copy, other) = (weights, optimizer)
    optimizer.step(&weights, along: gradients(3))
    other.step(&copy, along: gradients(3))
    #expect(copy.list.map(\.value) == weights.list.map(\.value))
  }

  /// States that do not fit, and what must be said.
  static let mistakes:
    [(message: String, change: @Sendable (inout OptimizerState<Float>) -> Void)] = [
      (
        "optimizer state: firstMoment/2 belongs to no slot and parameter of this model",
        { $0.tensors["firstMoment/2"] = .zeros([4]) }
      ),
      (
        "optimizer state: velocity/0 belongs to no slot and parameter of this model",
        { $0.tensors["velocity/0"] = .zeros([3, 2]) }
      ),
      (
        "optimizer state: firstMoment belongs to no slot and parameter of this model",
        { $0.tensors["firstMoment"] = .zeros([3, 2]) }
      ),
      (
        "optimizer state: secondMoment/1 has shape [3], the parameter [4]",
        { $0.tensors["secondMoment/1"] = .zeros([3]) }
      ),
      ("optimizer state: step count -1", { $0.stepCount = -1 }),
    ]

  @Test(
    "a state that does not fit is an error, and nothing has changed", arguments: mistakes.indices)
  func errors(index: Int) {
    var (optimizer, weights) = trained(.adam, steps: 2)
    var state = optimizer.state(for: weights)
    let before = state.tensors
    Self.mistakes[index].change(&state)
    state.tensors["firstMoment/0"] = .zeros([3, 2])
    let error = #expect(throws: OptimizerStateError.self) {
      try optimizer.restore(state, for: weights)
    }
    #expect(error?.description == Self.mistakes[index].message)
    #expect(optimizer.stepCount == 2 && optimizer.state(for: weights).tensors == before)
    optimizer.step(&weights, along: gradients(2))
    let undisturbed = trained(.adam, steps: 3).weights
    #expect(weights.list.map(\.value) == undisturbed.list.map(\.value))
  }
}
