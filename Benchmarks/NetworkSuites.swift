import Autograd
import CovidXRay
import Layers
import Optim
import Tensor

/// One step of training: forward, backward, Adam.
///
/// `operations` are those of one image.
private func trainStep(
  _ name: String, batch: Int, operations: Double = 552.5e9 / 32, isFused: Bool = true,
  threads: Int? = nil,
  _ make: @escaping (inout RandomGenerator) -> Sequential<Float>
) -> Case {
  Case(
    name: name, batch: batch, operations: operations * Double(batch), threads: threads
  ) { batch in
    var random = RandomGenerator(seed: 1)
    var model = make(&random)
    let images = Tensor<Float>.uniform([batch, 224, 224, 3], using: &random)
    let labels = Tensor<Float>.bernoulli([batch, 1], probability: 0.5, using: &random)
    var optimizer = Adam<Float>(
      learningRate: 1e-3, epsilon: 1e-7, epsilonPlacement: .beforeCorrection)
    return {
      optimizer.step(&model, random: &random) { model, context in
        context.fusesLayers = isFused
        return binaryCrossEntropy(model(images, in: &context), targets: labels)
      }
    }
  }
}

var trainStepCases: [Case] {
  [
    trainStep("resnet-18", batch: 8, operations: 6 * 1.814e9) { resNet18(using: &$0) },
    trainStep("vgg-16", batch: 8, operations: 6 * 15.35e9) { vgg(using: &$0) },
    trainStep("article, layer by layer, 1 thread", batch: 32, isFused: false, threads: 1) {
      CovidNetwork.model(using: &$0)
    },
    trainStep("article, layer by layer", batch: 32, isFused: false) {
      CovidNetwork.model(using: &$0)
    },
    trainStep("article, 1 thread", batch: 32, threads: 1) { CovidNetwork.model(using: &$0) },
    trainStep("article", batch: 32) { CovidNetwork.model(using: &$0) },
  ]
}

private func inference(batch: Int, threads: Int? = nil) -> Case {
  let operations = 5.784e9 * Double(batch)
  let name = "article, batch \(batch)" + (threads.map { ", \($0) thread" } ?? "")
  return Case(name: name, batch: batch, operations: operations, threads: threads) { batch in
    var random = RandomGenerator(seed: 1)
    let model: Sequential<Float> = CovidNetwork.model(using: &random)
    let images = Tensor<Float>.uniform([batch, 224, 224, 3], using: &random)
    let prepared = model.prepared(for: images.shape)
    return { _ = prepared(images) }
  }
}

var inferenceCases: [Case] {
  [
    inference(batch: 32, threads: 1), inference(batch: 32), inference(batch: 1, threads: 1),
    inference(batch: 1),
  ]
}
