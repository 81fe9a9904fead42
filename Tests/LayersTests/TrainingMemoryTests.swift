import Autograd
import Layers
import Optim
import Tensor
import TestSupport
import Testing

/// Copies and buffers are counted for the whole process, so each of these runs in one of its own.
@Suite("Memory of a training step")
struct TrainingMemoryTests {
  private static func model(_ random: inout RandomGenerator) -> Sequential<Float> {
    Sequential<Float> {
      Conv2D(inputChannels: 2, outputChannels: 8, kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.25)
      Conv2D(inputChannels: 8, outputChannels: 4, kernelSize: 3, using: &random)
      BatchNorm(channels: 4)
      ReLU()
      Flatten()
      Dense(inputSize: 4 * 3 * 3, outputSize: 3, using: &random)
    }
  }

  /// Trains for some steps and watches the buffers of weights and momentum.
  private static func train(_ optimizer: any Optimizer<Float>, isFused: Bool) {
    var (random, optimizer) = (RandomGenerator(seed: 1), optimizer)
    var model = model(&random)
    let images = Tensor<Float>.ramp([4, 12, 12, 2])
    let labels = Tensor<Int64>([0, 1, 2, 0], shape: [4])
    func weights() -> [ObjectIdentifier] {
      model.parameters.filter { $0.parameter.kind == .weight }
        .map(\.parameter.value.storageIdentifier)
        + optimizer.state(for: model).tensors.sorted { $0.key < $1.key }
        .map(\.value.storageIdentifier)
    }
    var before: [ObjectIdentifier] = []
    for step in 0..<5 {
      var context = Context.training(random: &random)
      context.fusesLayers = isFused
      let logits = model(images, in: &context)
      let loss = softmaxCrossEntropy(logits, labels: labels)
      let gradients = loss.gradients()
      let copies = CopyCounter.count
      optimizer.update(&model, along: gradients, in: context)
      #expect(CopyCounter.count == copies, "step \(step)")
      // Loss and logits are alive, and yet every weight has changed in its own memory.
      #expect(loss.item().isFinite && logits.shape == [4, 3])
      if step > 0 { #expect(weights() == before, "step \(step)") }
      before = weights()
      #expect(before.count > 8)
    }
  }

  @Test("weights and momentum change in place, fused or not", arguments: [true, false])
  func inPlace(isFused: Bool) async {
    await #expect(processExitsWith: .success) { [isFused] in
      Self.train(SGD<Float>(learningRate: 0.01, momentum: 0.9), isFused: isFused)
      Self.train(Adam<Float>(), isFused: isFused)
      Self.train(AdamW<Float>(), isFused: isFused)
    }
  }
}
