public import Layers
public import Tensor

/// The network of the article: four convolutions, three poolings, two dense layers; 5,723,457 parameters at 224 × 224 × 3.
public enum CovidNetwork {
  /// A network with fresh weights: Glorot-uniform kernels, zero biases.
  ///
  /// - Parameters:
  ///   - imageSize: Height and width of the images, ``minimumImageSize`` or more.
  ///   - inputChannels: 3 for colour, 1 for grey.
  ///   - channels: The output channels of the four convolutions.
  ///   - denseSize: The width of the first dense layer.
  ///   - random: Where the weights come from.
  /// - Returns: A model that maps `[batch, imageSize, imageSize, inputChannels]`, values in `0...1`, to `[batch, 1]`, the
  ///   probability of the second class.
  public static func model<Scalar: DifferentiableScalar>(
    imageSize: Int = 224, inputChannels: Int = 3, channels: [Int] = [32, 128, 64, 128],
    denseSize: Int = 64, using random: inout RandomGenerator
  ) -> Sequential<Scalar> {
    require(
      imageSize >= minimumImageSize && inputChannels > 0 && channels.count == 4 && denseSize > 0,
      """
      CovidNetwork: needs an image size of \(minimumImageSize) or more and four widths, got \(imageSize), \
      \(inputChannels) input channels, \(channels), \(denseSize)
      """)
    return Sequential<Scalar> {
      Conv2D(
        inputChannels: inputChannels, outputChannels: channels[0], kernelSize: 3, using: &random)
      ReLU()
      Conv2D(
        inputChannels: channels[0], outputChannels: channels[1], kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.25)
      Conv2D(
        inputChannels: channels[1], outputChannels: channels[2], kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.25)
      Conv2D(
        inputChannels: channels[2], outputChannels: channels[3], kernelSize: 3, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.25)
      Flatten()
      Dense(
        inputSize: flattenedSize(imageSize: imageSize) * channels[3], outputSize: denseSize,
        using: &random)
      ReLU()
      Dropout(0.5)
      Dense(inputSize: denseSize, outputSize: 1, using: &random)
      Sigmoid()
    }
  }

  /// The smallest image that leaves the last pooling layer something to see.
  public static let minimumImageSize = 24

  /// The pixels that are left after the last pooling layer.
  static func flattenedSize(imageSize: Int) -> Int {
    let afterFirst = (imageSize - 4) / 2
    let afterSecond = (afterFirst - 2) / 2
    let afterThird = (afterSecond - 2) / 2
    return afterThird * afterThird
  }
}
