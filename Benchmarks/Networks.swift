import Autograd
import Layers
import Tensor

/// Thirteen convolutions in blocks of two and three, as in VGG-16, with one dense layer at the end.
func vgg(using random: inout RandomGenerator) -> Sequential<Float> {
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

/// Eight blocks of two convolutions with a shortcut around each, as in ResNet-18, with one output.
///
/// He, Zhang, Ren and Sun, CVPR 2016.
func resNet18(using random: inout RandomGenerator) -> Sequential<Float> {
  var layers: [any Layer<Float>] = [
    convolution(3, 64, size: 7, stride: 2, using: &random), BatchNorm(channels: 64), ReLU(),
    MaxPool2D(3, stride: 2, padding: .explicit(top: 1, bottom: 1, left: 1, right: 1)),
  ]
  var channels = 64
  for (width, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
    layers.append(
      ResidualBlock(
        inputChannels: channels, outputChannels: width, stride: stride, using: &random))
    layers.append(
      ResidualBlock(inputChannels: width, outputChannels: width, stride: 1, using: &random))
    channels = width
  }
  layers += [
    GlobalAveragePool2D(), Dense(inputSize: 512, outputSize: 1, using: &random), Sigmoid(),
  ]
  return Sequential(layers)
}

/// A convolution without bias, for a batch normalization behind it.
private func convolution(
  _ inputChannels: Int, _ outputChannels: Int, size: Int, stride: Int,
  using random: inout RandomGenerator
) -> Conv2D<Float> {
  let border = size / 2
  return Conv2D(
    inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: size, stride: stride,
    padding: .explicit(top: border, bottom: border, left: border, right: border), hasBias: false,
    weights: .heNormal, using: &random)
}

/// `relu(body(x) + shortcut(x))`: two normalized convolutions, and a way around them.
///
/// Where sizes change the shortcut is a normalized 1 × 1 convolution, elsewhere it is `x` itself.
struct ResidualBlock: Layer {
  typealias Scalar = Float
  private var body: Sequential<Float>
  private var shortcut: Sequential<Float>

  init(
    inputChannels: Int, outputChannels: Int, stride: Int, using random: inout RandomGenerator
  ) {
    body = Sequential([
      convolution(inputChannels, outputChannels, size: 3, stride: stride, using: &random),
      BatchNorm(channels: outputChannels), ReLU(),
      convolution(outputChannels, outputChannels, size: 3, stride: 1, using: &random),
      BatchNorm(channels: outputChannels),
    ])
    shortcut =
      inputChannels == outputChannels && stride == 1
      ? Sequential([])
      : Sequential([
        convolution(inputChannels, outputChannels, size: 1, stride: stride, using: &random),
        BatchNorm(channels: outputChannels),
      ])
  }

  func callAsFunction(_ input: Variable<Float>, in context: inout Context) -> Variable<Float> {
    (body(input, in: &context) + shortcut(input, in: &context)).relu()
  }

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
    visitor.enter("body")
    body.visitParameters(&visitor)
    visitor.leave()
    visitor.enter("shortcut")
    shortcut.visitParameters(&visitor)
    visitor.leave()
  }

  func outputShape(for inputShape: [Int]) -> [Int] { body.outputShape(for: inputShape) }

  func multiplyAdds(for inputShape: [Int]) -> Int {
    body.multiplyAdds(for: inputShape) + shortcut.multiplyAdds(for: inputShape)
  }
}
