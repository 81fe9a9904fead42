public import Layers
public import Tensor

/// The small network of the careful recipe: blocks of convolution, batch normalization, ReLU and pooling, and a mean over the
/// whole film, so that no weight belongs to a place.
public enum CarefulNetwork {
  /// A network with fresh weights: He-normal kernels.
  ///
  /// - Parameters:
  ///   - inputChannels: 3 for colour, 1 for grey.
  ///   - channels: The output channels of the blocks, one or more. Each halves height and width.
  ///   - random: Where the weights come from.
  /// - Returns: A model that maps `[batch, height, width, inputChannels]` to `[batch, 1]`, the probability of the second class.
  public static func model<Scalar: DifferentiableScalar>(
    inputChannels: Int = 1, channels: [Int], using random: inout RandomGenerator
  ) -> Sequential<Scalar> {
    require(
      inputChannels > 0 && !channels.isEmpty && channels.allSatisfy { $0 > 0 },
      "CarefulNetwork: needs positive widths, got \(inputChannels) input channels, \(channels)")
    return Sequential<Scalar> {
      for (input, output) in zip([inputChannels] + channels, channels) {
        Conv2D(
          inputChannels: input, outputChannels: output, kernelSize: 3, padding: .same,
          hasBias: false, weights: .heNormal, using: &random)
        BatchNorm(channels: output, momentum: 0.9)
        ReLU()
        MaxPool2D(2)
      }
      GlobalAveragePool2D()
      Dropout(0.25)
      Dense(inputSize: channels[channels.count - 1], outputSize: 1, using: &random)
      Sigmoid()
    }
  }
}
