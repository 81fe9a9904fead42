import Autograd
import Checkpoints
import Foundation
import Layers
import Optim
import Tensor
import TestSupport
import Testing

/// What the README shows, run.
@Suite("README examples")
struct ReadmeExampleTests {
  /// Small pictures of two kinds: a bright square on the left or on the right.
  private func batches(_ count: Int) -> [(images: Tensor<Float>, labels: Tensor<Int64>)] {
    (0..<count).map { step in
      var random = RandomGenerator(seed: UInt64(step))
      var images = Tensor<Float>.normal([16, 8, 8, 1], standardDeviation: 0.3, using: &random)
      let labels = (0..<16).map { _ in Int64.random(in: 0...1, using: &random) }
      for (index, label) in labels.enumerated() {
        let left = label == 0 ? 1 : 5
        images.assign(
          images[index, 3..<6, left..<left + 2] + 1, at: index, 3..<6, left..<left + 2)
      }
      return (images, Tensor(labels, shape: [16]))
    }
  }

  private func buffers(of model: Sequential<Float>) -> [ObjectIdentifier] {
    model.parameters.map(\.parameter.value.storageIdentifier)
  }

  @Test("a small model learns, and an update copies no weights")
  func trains() throws {
    var random = RandomGenerator(seed: 42)
    var model = Sequential<Float> {
      Conv2D(inputChannels: 1, outputChannels: 4, kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dense(inputSize: 4 * 3 * 3, outputSize: 2, using: &random)
    }
    var optimizer = Adam<Float>(learningRate: 1e-2)
    var losses: [Float] = []
    for batch in batches(40) {
      let before = buffers(of: model)
      var context = Context.training(random: &random)
      let logits = model(batch.images, in: &context)
      let loss = softmaxCrossEntropy(logits, labels: batch.labels)
      optimizer.update(&model, along: loss.gradients(), in: context)
      losses.append(loss.item())
      // Loss and logits are still alive here, and yet every weight has changed in its own memory.
      #expect(logits.shape == [16, 2])
      #expect(buffers(of: model) == before)
    }
    #expect(losses[0] > 0.5 && losses[39] < 0.1)
    let probabilities = model(batches(1)[0].images).softmax()
    #expect(probabilities.shape == [16, 2])
  }
}
