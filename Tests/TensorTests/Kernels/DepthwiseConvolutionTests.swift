import Tensor
import Testing

@Suite("Depthwise convolution kernels")
struct DepthwiseConvolutionTests {
  /// The error of a plain sum in `Float`, of up to a few hundred terms.
  static let tolerance = 2e-6

  static let instructionSets = InstructionSet.allCases.filter(\.isSupported)

  static func geometry(
    _ batch: Int, _ height: Int, _ width: Int, channels: Int, kernel: (height: Int, width: Int),
    stride: (height: Int, width: Int) = (1, 1),
    padding: (top: Int, bottom: Int, left: Int, right: Int) = (0, 0, 0, 0),
    dilation: (height: Int, width: Int) = (1, 1)
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: batch, height: height, width: width, inputChannels: channels,
      outputChannels: channels, kernel: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: channels)
  }

  /// Rows with and without a stretch of neighbours inside, channel tails, and padding larger than the kernel.
  static let geometries: [ConvolutionGeometry] = [
    geometry(1, 5, 11, channels: 16, kernel: (3, 3)),
    geometry(2, 6, 9, channels: 7, kernel: (3, 3), padding: (1, 1, 1, 1)),
    geometry(2, 8, 13, channels: 33, kernel: (5, 2), stride: (2, 2), padding: (2, 0, 1, 3)),
    geometry(1, 3, 3, channels: 20, kernel: (3, 3), padding: (7, 6, 5, 8)),
    geometry(3, 9, 9, channels: 8, kernel: (2, 3), stride: (1, 3), dilation: (3, 2)),
    // One image in several slots, whose input gradients overlap.
    geometry(1, 56, 56, channels: 70, kernel: (3, 3), padding: (1, 1, 1, 1)),
    // Three columns: whole runs and parts of one, with every padding that the input's gradient by turned weights allows.
    geometry(2, 6, 29, channels: 35, kernel: (3, 3), padding: (1, 2, 0, 2)),
    geometry(1, 6, 20, channels: 17, kernel: (3, 3), padding: (2, 2, 2, 2)),
    geometry(2, 4, 1, channels: 33, kernel: (3, 3), padding: (1, 1, 1, 1)),
    geometry(2, 8, 19, channels: 24, kernel: (5, 3), padding: (4, 0, 1, 1), dilation: (2, 1)),
    // Three rows and columns with a stride or a dilation: sums in registers, all else tap by tap.
    geometry(2, 15, 45, channels: 19, kernel: (3, 3), stride: (2, 2), padding: (1, 1, 1, 1)),
    geometry(1, 9, 24, channels: 8, kernel: (3, 3), padding: (2, 2, 5, 2), dilation: (1, 2)),
    geometry(1, 9, 24, channels: 8, kernel: (3, 3), padding: (2, 2, 2, 2), dilation: (1, 2)),
    // No image, and images too small for an output.
    geometry(0, 5, 11, channels: 16, kernel: (3, 3)),
    geometry(2, 1, 1, channels: 5, kernel: (5, 5)),
    geometry(2, 4, 2, channels: 5, kernel: (3, 3)),
  ]

  @Test("agrees with the definition in Double", arguments: instructionSets, geometries)
  func agreesWithDefinition(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let kernel = DepthwiseConvolution(geometry, instructionSet: instructionSet)
    let expected = oracle.output(data.input, data.weights, data.bias)
    #expect(relativeError(data.output(kernel), expected) < Self.tolerance)

    let output = data.output(kernel, .relu)
    #expect(relativeError(output, expected.map { max($0, 0) }) < Self.tolerance)

    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let masked = zip(upstream, output).map { $1 > 0 ? 2 * Double($0) : 0 }
    let gradients = data.gradients(kernel, upstream: upstream, output: output, scale: 2)
    let exact = oracle.gradients(data.input, data.weights, upstream: masked)
    #expect(relativeError(gradients.input, exact.input) < Self.tolerance)
    #expect(relativeError(gradients.weights, exact.weights) < Self.tolerance)
    #expect(relativeError(gradients.bias, exact.bias) < Self.tolerance)
  }

  @Test("image by image is the same as the whole batch", arguments: [1, 2, 5, 10])
  func imageByImage(index: Int) {
    let data = ConvolutionCase(Self.geometries[index])
    let kernel = DepthwiseConvolution(data.geometry)
    #expect(data.output(kernel, oneByOne: true) == data.output(kernel))
    let upstream = ConvolutionCase.uniform(data.geometry.outputCount, RandomKey(seed: 9))
    let whole = data.gradients(kernel, upstream: upstream)
    let single = data.gradients(kernel, upstream: upstream, oneByOne: true)
    #expect(single.input == whole.input)
    #expect(relativeError(single.weights, whole.weights.map(Double.init)) < Self.tolerance)
    #expect(relativeError(single.bias, whole.bias.map(Double.init)) < Self.tolerance)
  }

  @Test("is chosen for as many groups as channels, unless the direct algorithm is asked for")
  func choice() {
    #expect(Self.geometries[0].kernel() is DepthwiseConvolution)
    #expect(Self.geometries[0].kernel(.direct) is DirectConvolution)
  }
}
