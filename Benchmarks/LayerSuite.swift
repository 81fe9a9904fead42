import Autograd
import Layers
import Tensor

/// Forward, and forward with the gradients of input and parameters, which is three times the work.
private func layer(
  _ name: String, input shape: [Int], operations: Double = 0,
  _ make: @escaping (inout RandomGenerator) -> any Layer<Float>
) -> [Case] {
  func prepared(_ batch: Int) -> (layer: Sequential<Float>, input: Tensor<Float>) {
    var generator = RandomGenerator(seed: 1)
    return (Sequential([make(&generator)]), randomTensor([batch] + shape.dropFirst()))
  }
  return [
    Case(name: name + " forward", batch: shape[0], operations: operations) { batch in
      let (layer, input) = prepared(batch)
      return { _ = layer(input) }
    },
    Case(name: name + " f+b", batch: shape[0], operations: 3 * operations) { batch in
      let (layer, input) = prepared(batch)
      let upstream = randomTensor(layer.outputShape(for: input.shape), seed: 3)
      return {
        var context = Context.training(key: RandomKey(seed: 1))
        _ = layer(Variable(tracking: input), in: &context).gradients(upstream: upstream)
      }
    },
  ]
}

private func convolution(
  _ name: String, kernel: Int, stride: Int = 1, groups: Int = 1
) -> [Case] {
  let border = kernel / 2
  let size = 56 / stride
  let positions = 16 * size * size
  let weights = kernel * kernel * 64 * 64 / groups
  return layer(
    name, input: [16, 56, 56, 64], operations: 2 * Double(positions * weights)
  ) {
    Conv2D(
      inputChannels: 64, outputChannels: 64, kernelSize: kernel, stride: stride,
      padding: .explicit(top: border, bottom: border, left: border, right: border), groups: groups,
      using: &$0)
  }
}

/// Layers on 16 images of 56 × 56 with 64 channels, and a large dense one.
var layerCases: [Case] {
  convolution("conv 1×1", kernel: 1)
    + convolution("conv 5×5", kernel: 5)
    + convolution("conv 3×3 stride 2", kernel: 3, stride: 2)
    + convolution("conv 3×3 depthwise", kernel: 3, groups: 64)
    // In use it is one multiplication and addition, which takes part in what stands before it.
    + layer("batch norm", input: [16, 56, 56, 64]) { _ in BatchNorm(channels: 64) }.suffix(1)
    + layer("max pool", input: [16, 56, 56, 64]) { _ in MaxPool2D(2) }
    + layer("dense 4096→4096", input: [64, 4096], operations: 2 * 64 * 0x1p24) {
      Dense(inputSize: 4096, outputSize: 4096, using: &$0)
    }
    + convolution("conv 3×3", kernel: 3)
}
