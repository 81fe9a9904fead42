import Autograd
import Layers
import Optim
import Tensor
import TestSupport
import Testing

/// Frozen layers, shared layers, copies of models: who is moved by an update, and who must not be.
@Suite("Sharing, freezing and copying parameters")
struct ParameterSharingTests {
  private let input = Tensor<Double>.ramp([4, 3])

  private func model() -> Sequential<Double> {
    Sequential<Double> {
      Dense(weight: .ramp([3, 3]), bias: .ramp([3]))
      Sigmoid()
      Dense(weight: .ramp([3, 2], phase: 1), bias: .ramp([2], phase: 1))
    }
  }

  private func loss(
    _ model: some Layer<Double>, in context: inout Context
  ) -> Variable<Double> {
    model(input, in: &context).squared().mean()
  }

  private func takeStep(_ model: inout some Layer<Double>) {
    var optimizer = SGD<Double>(learningRate: 0.1)
    var context = Context.training(key: RandomKey(seed: 0))
    let loss = loss(model, in: &context)
    optimizer.update(&model, along: loss.gradients(), in: context)
  }

  @Test("a frozen layer gets no gradient and does not move; the others do, as if it trained")
  func frozen() {
    var (model, free) = (self.model(), self.model())
    var head = model[..<1]
    head.setTrainable(false)
    model[..<1] = head
    let before = model.parameters.map(\.parameter.value)
    takeStep(&model)
    takeStep(&free)
    let after = model.parameters.map(\.parameter.value)
    #expect(after[0] == before[0] && after[1] == before[1])
    #expect(after[2] != before[2] && after[3] != before[3])
    #expect(after[2] == free.parameters[2].parameter.value)
    #expect(free.parameters[0].parameter.value != before[0])
  }

  @Test("a layer used twice is moved once, along the sum of both gradients")
  func shared() throws {
    let layer = Dense<Double>(weight: .ramp([3, 3]), bias: .ramp([3]))
    var model = Sequential<Double>([layer, Sigmoid<Double>(), layer])
    // The same function with two layers of their own.
    let apart = Sequential<Double>([
      layer.withFreshIdentities(), Sigmoid<Double>(), layer.withFreshIdentities(),
    ])
    var context = Context.training(key: RandomKey(seed: 0))
    let gradients = loss(apart, in: &context).gradients()
    let parts = apart.parameters.map { gradients[$0.parameter] ?? .zeros([0]) }
    takeStep(&model)
    let moved = layer.weight.value - (parts[0] + parts[2]) * 0.1
    let paths = model.parameters
    #expect(paths.map(\.path) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    #expect(paths[0].parameter.value.relativeError(to: moved) < 1e-14)
  }

  @Test("after a step both places of a shared layer hold the same weights")
  func sharedStaysShared() {
    let layer = Dense<Double>(weight: .ramp([3, 3]), bias: nil)
    var model = Sequential<Double>([layer, layer])
    takeStep(&model)
    takeStep(&model)
    #expect(model.parameters[0].parameter.value == model.parameters[1].parameter.value)
    #expect(model.parameters[0].parameter.value != .ramp([3, 3]))
  }

  @Test("a copy keeps its values while the original trains, and the state of its optimizer fits it")
  func bestWeights() {
    var model = model()
    let best = model
    takeStep(&model)
    #expect(
      best.parameters.map(\.parameter.value) == self.model().parameters.map(\.parameter.value))
    #expect(best.parameters.map(\.parameter.id) == model.parameters.map(\.parameter.id))
  }

  @Test("models with fresh identities train apart and may meet in one computation")
  func freshIdentities() {
    var model = model()
    let twin = model.withFreshIdentities()
    takeStep(&model)
    var context = Context.training(key: RandomKey(seed: 0))
    let both = loss(model, in: &context) + loss(twin, in: &context)
    let gradients = both.gradients()
    #expect(gradients.parameterIDs.count == 8)
    var alone = Context.training(key: RandomKey(seed: 0))
    let expected = loss(twin, in: &alone).gradients()
    for (_, parameter) in twin.parameters {
      #expect(gradients[parameter] == expected[parameter])
    }
  }

  static let traps: Traps = [
    "Context: a parameter of shape [2, 2] comes with two different values. Two copies of a model have diverged":
      {
        let model = Sequential<Double>([Dense<Double>(weight: .ramp([2, 2]), bias: nil)])
        var moved = model
        moved.updateParameters { parameter, _ in parameter.value = parameter.value * 2 }
        var context = Context.training(key: RandomKey(seed: 0))
        _ = model(.ramp([1, 2]), in: &context) + moved(.ramp([1, 2]), in: &context)
      },
    "update: 1 gradients belong to parameters that the model does not visit; is a line missing": {
      var layer = LayerContractTests.Forgetful()
      var context = Context.training(key: RandomKey(seed: 0))
      let gradients = layer(.ramp([2, 2]), in: &context).sum().gradients()
      var optimizer = SGD<Double>()
      optimizer.update(&layer, along: gradients, in: context)
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
