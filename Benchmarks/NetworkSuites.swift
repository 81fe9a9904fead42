import Autograd
import CovidXRay
import Layers
import Optim
import Tensor

/// One step of training: forward, backward, Adam.
private func trainStep(
  _ name: String, batch: Int, operations: Double, shape: [Int], isFused: Bool = true,
  _ model: @escaping (inout RandomGenerator) -> Sequential<Float>
) -> Case {
  Case(name: name, batch: batch, operations: operations * Double(batch)) { batch in
    var random = RandomGenerator(seed: 1)
    var model = model(&random)
    let images = Tensor<Float>.uniform([batch] + shape, using: &random)
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

/// Thirteen convolutions in blocks of two and three, as in VGG-16, with one dense layer at the end.
private func vgg(_ random: inout RandomGenerator) -> Sequential<Float> {
  var layers: [any Layer<Float>] = []
  var channels = 3
  for (width, depth) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
    for _ in 0..<depth {
      layers += [
        Conv2D(
          inputChannels: channels, outputChannels: width, kernelSize: 3, padding: .same,
          weights: .heNormal, using: &random), ReLU(),
      ]
      channels = width
    }
    layers.append(MaxPool2D(2))
  }
  layers += [
    Flatten(), Dense(inputSize: 7 * 7 * 512, outputSize: 1, using: &random), Sigmoid(),
  ]
  return Sequential(layers)
}

var trainStepCases: [Case] {
  [
    trainStep("vgg-16 convolutions", batch: 8, operations: 6 * 15.35e9, shape: [224, 224, 3]) {
      vgg(&$0)
    },
    trainStep(
      "article, layer by layer", batch: 32, operations: 552.5e9 / 32, shape: [224, 224, 3],
      isFused: false
    ) { CovidNetwork.model(using: &$0) },
    trainStep("article", batch: 32, operations: 552.5e9 / 32, shape: [224, 224, 3]) {
      CovidNetwork.model(using: &$0)
    },
  ]
}

private func inference(batch: Int) -> Case {
  Case(name: "article, batch \(batch)", batch: batch, operations: 5.784e9 * Double(batch)) {
    batch in
    var random = RandomGenerator(seed: 1)
    let model: Sequential<Float> = CovidNetwork.model(using: &random)
    let images = Tensor<Float>.uniform([batch, 224, 224, 3], using: &random)
    let prepared = model.prepared(for: images.shape)
    return { _ = prepared(images) }
  }
}

var inferenceCases: [Case] { [inference(batch: 32), inference(batch: 1)] }
