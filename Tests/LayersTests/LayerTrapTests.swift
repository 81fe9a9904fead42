import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Every precondition of the public initializers and calls: the program stops, and the message says what was needed and what
/// came.
@Suite("Mistakes with layers")
struct LayerTrapTests {
  private static func generator() -> RandomGenerator { RandomGenerator(seed: 0) }

  static let dense: Traps = [
    "Dense: weight needs rank 2, got shape [3]": {
      _ = Dense<Float>(weight: .zeros([3]), bias: nil)
    },
    "Dense: needs a bias of shape [4], got [3]": {
      _ = Dense<Float>(weight: .zeros([3, 4]), bias: .zeros([3]))
    },
    "Dense: needs positive sizes, got inputSize 0, outputSize 2": {
      var random = generator()
      _ = Dense<Float>(inputSize: 0, outputSize: 2, using: &random)
    },
    "Dense: needs [batch, 3], got shape [2, 4]": {
      _ = Dense<Float>(weight: .zeros([3, 4]), bias: nil)(.zeros([2, 4]))
    },
    "Dense: needs [batch, 3], got shape [3]": {
      _ = Dense<Float>(weight: .zeros([3, 4]), bias: nil)(.zeros([3]))
    },
    "Dense: needs [batch, 3], got shape [2, 5]": {
      _ = Dense<Float>(weight: .zeros([3, 4]), bias: nil).outputShape(for: [2, 5])
    },
  ]

  static let convolution: Traps = [
    "Conv2D: filter needs [height, width, inputChannels, outputChannels], got shape [3, 3]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3]), bias: nil)
    },
    "Conv2D: filter needs [3, 2, inputChannels, outputChannels], got shape [3, 3, 1, 1]": {
      _ = Conv2D<Float>(
        filter: .zeros([3, 3, 1, 1]), bias: nil, window: Window2D(height: 3, width: 2))
    },
    "Conv2D: needs a bias of shape [4], got [1]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 2, 4]), bias: .zeros([1]))
    },
    "Conv2D: needs positive sizes, got inputChannels 1, outputChannels 2, kernelSize 0": {
      var random = generator()
      _ = Conv2D<Float>(inputChannels: 1, outputChannels: 2, kernelSize: 0, using: &random)
    },
    "Window2D: needs positive strides, got 0, 0": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 1, 1]), bias: nil, stride: 0)
    },
    "Window2D: needs positive dilations, got -1, -1": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 1, 1]), bias: nil, dilation: -1)
    },
    "Window2D: needs paddings of 0 or more, got -1, 0, 0, 0": {
      _ = Conv2D<Float>(
        filter: .zeros([3, 3, 1, 1]), bias: nil,
        padding: .explicit(top: -1, bottom: 0, left: 0, right: 0))
    },
    "[3, 3, channels, outputChannels], got [1, 5, 5, 3] and [3, 3, 2, 4]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 2, 4]), bias: nil)(.zeros([1, 5, 5, 3]))
    },
    "does not fit shape [1, 2, 5, 2]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 2, 4]), bias: nil)(.zeros([1, 2, 5, 2]))
    },
    "Conv2D: needs [batch, height, width, 2], got shape [1, 6, 6, 3]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 2, 4]), bias: nil).outputShape(for: [1, 6, 6, 3])
    },
    "needs [batch, height, width, channels], got shape [6, 2]": {
      _ = Conv2D<Float>(filter: .zeros([3, 3, 2, 4]), bias: nil).outputShape(for: [6, 2])
    },
  ]

  static let others: Traps = [
    "Window2D: needs a positive size, got 0 × 0": { _ = MaxPool2D<Float>(0) },
    "Window2D: needs positive strides, got -1, -1": { _ = MaxPool2D<Float>(2, stride: -1) },
    "needs [batch, height, width, channels], got shape [4, 4, 1]": {
      _ = MaxPool2D<Float>(2)(.zeros([4, 4, 1]))
    },
    "a window of 5 × 5 does not fit shape [1, 4, 4, 1]": {
      _ = MaxPool2D<Float>(5)(.zeros([1, 4, 4, 1]))
    },
    "maxPooled: a window may have 256 taps at the most, got 17 × 17": {
      _ = MaxPool2D<Float>(17)(.zeros([1, 20, 20, 1]))
    },
    "BatchNorm: needs a positive number of channels, got 0": { _ = BatchNorm<Float>(channels: 0) },
    "BatchNorm: needs a momentum in 0...1, got 1.5": {
      _ = BatchNorm<Float>(channels: 1, momentum: 1.5)
    },
    "BatchNorm: needs a positive epsilon, got 0.0": {
      _ = BatchNorm<Float>(channels: 1, epsilon: 0)
    },
    "BatchNorm: needs […, 2], got shape [4, 3]": {
      _ = BatchNorm<Float>(channels: 2)(.zeros([4, 3]))
    },
    "BatchNorm: needs […, 2], got shape [2]": { _ = BatchNorm<Float>(channels: 2)(.zeros([2])) },
    "BatchNorm: needs […, 2], got shape [5, 3]": {
      _ = BatchNorm<Float>(channels: 2).outputShape(for: [5, 3])
    },
    "Dropout: needs a rate in 0..<1, got 1.0": { _ = Dropout<Float>(1) },
    "Dropout: needs a rate in 0..<1, got -0.1": { _ = Dropout<Float>(-0.1) },
    "Dropout: needs a rate in 0..<1, got nan": { _ = Dropout<Float>(.nan) },
    "Flatten: needs a batch axis, got shape []": { _ = Flatten<Float>()(Tensor(1)) },
    "softmax: needs a non-empty last axis, got shape [2, 0]": {
      _ = Softmax<Float>()(.zeros([2, 0]))
    },
    "orthogonal: needs rank 2 or more, got shape [3]": {
      var random = generator()
      let weights: Tensor<Float> = Initializer.orthogonal()(
        [3], fanIn: 3, fanOut: 3, using: &random)
      _ = weights
    },
  ]

  static let losses: Traps = [
    "binaryCrossEntropy: shapes [3, 1] and [3] of the targets differ": {
      _ = binaryCrossEntropy(Tensor<Float>.ones([3, 1]), targets: .ones([3]))
    },
    "binaryCrossEntropy: shapes [2, 1] and [2] of the targets differ": {
      _ = binaryCrossEntropy(logits: Tensor<Float>.ones([2, 1]), targets: .ones([2]))
    },
    "softmaxCrossEntropy: needs one label for each row of [2, 3], got shape [3]": {
      _ = softmaxCrossEntropy(Tensor<Float>.ones([2, 3]), labels: .zeros([3]))
    },
    "oneHot: label 3 is out of range for 3 classes": {
      _ = softmaxCrossEntropy(Tensor<Float>.ones([1, 3]), labels: Tensor([3], shape: [1]))
    },
    "softmaxCrossEntropy: shapes [2, 3] and [2, 4] of the targets differ": {
      _ = softmaxCrossEntropy(Tensor<Float>.ones([2, 3]), targets: .ones([2, 4]))
    },
    "softmaxCrossEntropy: needs a labelSmoothing in 0...1, got 1.5": {
      _ = softmaxCrossEntropy(
        Tensor<Float>.ones([2, 3]), targets: .ones([2, 3]), labelSmoothing: 1.5)
    },
    "meanSquaredError: shapes [2] and [2, 1] of the targets differ": {
      _ = meanSquaredError(Tensor<Float>.ones([2]), targets: .ones([2, 1]))
    },
  ]

  static let all = [dense, convolution, others, losses]

  @Test(
    "stop the program with a message",
    arguments: all.enumerated().flatMap { group, traps in traps.messages.map { (group, $0) } })
  func trap(group: Int, message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [group, message] in Self.all[group].run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains("Fatal error: ") && output.contains(message))
  }
}
