import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Containers may run neighbours as one operation.
///
/// Each test compares with the same layers run one by one.
@Suite("Fused layers")
struct FusionTests {
  /// A convolution with what may follow it.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var inputShape: [Int]
    var layers: @Sendable (inout RandomGenerator) -> [any Layer<Float>]
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "few channels, recomputed", inputShape: [3, 12, 11, 3]) { random in
      [
        Conv2D(inputChannels: 3, outputChannels: 9, kernelSize: 3, using: &random), ReLU(),
        Conv2D(inputChannels: 9, outputChannels: 17, kernelSize: 3, using: &random), ReLU(),
        MaxPool2D(2), Dropout(0.25),
      ]
    },
    Case(name: "three blocks, odd sizes", inputShape: [2, 17, 19, 8]) { random in
      [
        Conv2D(
          inputChannels: 8, outputChannels: 10, kernelSize: 3, padding: .same, using: &random),
        ReLU(), MaxPool2D(2), Dropout(0.5),
        Conv2D(inputChannels: 10, outputChannels: 8, kernelSize: 3, using: &random), ReLU(),
        Conv2D(inputChannels: 8, outputChannels: 12, kernelSize: 3, using: &random),
        MaxPool2D(2),
      ]
    },
    Case(name: "no bias, no activation", inputShape: [1, 9, 9, 8]) { random in
      [
        Conv2D(
          inputChannels: 8, outputChannels: 8, kernelSize: 3, hasBias: false, using: &random),
        Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, using: &random), ReLU(),
      ]
    },
    Case(name: "what does not fuse", inputShape: [2, 14, 14, 4]) { random in
      [
        Conv2D(
          inputChannels: 4, outputChannels: 6, kernelSize: 5, stride: 2, using: &random),
        MaxPool2D(2), ReLU(), Dropout(0.3),
        Conv2D(
          inputChannels: 6, outputChannels: 6, kernelSize: 3, padding: .same, groups: 6,
          using: &random), ReLU(),
        Conv2D(
          inputChannels: 6, outputChannels: 6, kernelSize: 3, padding: .same, groups: 2,
          algorithm: .direct, using: &random), ReLU(),
        Conv2D(inputChannels: 6, outputChannels: 5, kernelSize: 1, using: &random), ReLU(),
        Dropout(0.2), Sigmoid(), MaxPool2D(2, stride: 1),
      ]
    },
  ]

  /// Output and all gradients, fused or not.
  private func run(
    _ model: Sequential<Float>, _ input: Tensor<Float>, isFused: Bool, isTraining: Bool = true
  ) -> (output: Tensor<Float>, gradients: [Tensor<Float>]) {
    var context =
      isTraining ? Context.training(key: RandomKey(seed: 5)) : Context.recordedInference
    context.fusesLayers = isFused
    let x = Variable(tracking: input)
    let output = model(x, in: &context)
    let gradients = (output * Variable(.ramp(output.shape))).sum().gradients()
    return (
      output.value,
      [gradients[x]].compactMap { $0 }
        + model.parameters.map { gradients[$0.parameter] ?? .zeros([0]) }
    )
  }

  @Test("give the same output and gradients as one by one", arguments: cases)
  func agreesWithUnfused(_ item: Case) {
    var random = RandomGenerator(seed: 3)
    let model = Sequential<Float>(item.layers(&random))
    let input = Tensor<Float>.ramp(item.inputShape)
    let fused = run(model, input, isFused: true)
    let unfused = run(model, input, isFused: false)
    #expect(fused.output.relativeError(to: unfused.output) < 1e-5)
    #expect(fused.gradients.count == model.parameters.count + 1)
    for (one, other) in zip(fused.gradients, unfused.gradients) {
      #expect(one.relativeError(to: other) < 1e-5)
    }
  }

  @Test("give the same output in use, where nothing is kept", arguments: cases)
  func agreesInUse(_ item: Case) {
    var random = RandomGenerator(seed: 3)
    let model = Sequential<Float>(item.layers(&random))
    let input = Tensor<Float>.ramp(item.inputShape)
    let unfused = run(model, input, isFused: false, isTraining: false)
    #expect(model(input).relativeError(to: unfused.output) < 1e-5)
  }

  @Test("do not depend on the number of threads", arguments: cases)
  func repeatsForAnyThreads(_ item: Case) {
    var random = RandomGenerator(seed: 4)
    let model = Sequential<Float>(item.layers(&random))
    let input = Tensor<Float>.ramp(item.inputShape)
    let threads = Parallel.maximumThreads
    defer { Parallel.maximumThreads = threads }
    Parallel.maximumThreads = 1
    let alone = run(model, input, isFused: true)
    Parallel.maximumThreads = 3
    let together = run(model, input, isFused: true)
    #expect(alone.output == together.output)
    #expect(alone.gradients == together.gradients)
  }

  @Test("have second derivatives, through the layers one by one")
  func secondDerivatives() {
    var random = RandomGenerator(seed: 6)
    let model = Sequential<Float> {
      Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, using: &random)
      ReLU()
      Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, using: &random)
    }
    func secondGradient(isFused: Bool) -> Tensor<Float>? {
      var context = Context.recordedInference
      context.fusesLayers = isFused
      let x = Variable(tracking: Tensor<Float>.ramp([1, 7, 7, 8]))
      let y = model(x, in: &context).squared().sum()
      return y.recordedGradients(withRespectTo: [x])[0].squared().sum().gradients()[x]
    }
    let (fused, unfused) = (secondGradient(isFused: true), secondGradient(isFused: false))
    #expect((fused ?? .zeros([0])).relativeError(to: unfused ?? .zeros([0])) < 1e-4)
  }

  @Test("treat a frozen first block as a constant")
  func frozenBlock() {
    var random = RandomGenerator(seed: 7)
    var model = Sequential<Float> {
      Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, using: &random)
      ReLU()
      Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, using: &random)
    }
    var front = model[..<1]
    front.setTrainable(false)
    model[0..<1] = front
    var context = Context.recordedInference
    let gradients = model(Variable(Tensor<Float>.ramp([1, 7, 7, 8])), in: &context)
      .sum().gradients()
    let parameters = model.parameters.map(\.parameter)
    #expect(gradients[parameters[0]] == nil && gradients[parameters[1]] == nil)
    #expect(gradients[parameters[2]] != nil && gradients[parameters[3]] != nil)
  }
}
