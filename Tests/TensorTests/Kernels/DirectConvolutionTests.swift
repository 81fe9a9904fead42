import Tensor
import Testing

@Suite("Direct convolution kernels")
struct DirectConvolutionTests {
  /// The error of a plain sum in `Float`, of up to a few thousand terms.
  static let tolerance = 2e-6

  static let instructionSets = InstructionSet.allCases.filter(\.isSupported)

  /// Tails of every kind, padding larger than the kernel, and images smaller than the reach.
  static let geometries: [ConvolutionGeometry] = [
    .init(
      batch: 1, height: 5, width: 4, inputChannels: 1, outputChannels: 1, kernel: (1, 1)),
    .init(
      batch: 2, height: 9, width: 7, inputChannels: 3, outputChannels: 33, kernel: (3, 3)),
    .init(
      batch: 2, height: 9, width: 20, inputChannels: 3, outputChannels: 8, kernel: (5, 5),
      padding: (2, 2, 2, 2)),
    .init(
      batch: 1, height: 8, width: 8, inputChannels: 17, outputChannels: 40, kernel: (3, 3),
      stride: (2, 2), padding: (0, 1, 0, 1)),
    .init(
      batch: 3, height: 7, width: 9, inputChannels: 20, outputChannels: 5, kernel: (2, 4),
      stride: (1, 3), padding: (3, 0, 5, 1)),
    .init(
      batch: 1, height: 11, width: 12, inputChannels: 4, outputChannels: 16, kernel: (3, 3),
      padding: (2, 2, 2, 2), dilation: (2, 3)),
    .init(
      batch: 2, height: 6, width: 6, inputChannels: 12, outputChannels: 18, kernel: (3, 3),
      stride: (2, 1), padding: (1, 1, 1, 1), groups: 3),
    .init(
      batch: 2, height: 6, width: 5, inputChannels: 70, outputChannels: 35, kernel: (1, 1),
      stride: (2, 2)),
    // One image in several slots, whose input gradients overlap.
    .init(
      batch: 1, height: 34, width: 33, inputChannels: 2, outputChannels: 3, kernel: (4, 3),
      padding: (2, 1, 1, 1)),
    // More depth than is taken at once.
    .init(
      batch: 1, height: 4, width: 4, inputChannels: 300, outputChannels: 4, kernel: (3, 3)),
  ]

  @Test("a sum that can be checked by hand")
  func byHand() {
    let geometry = ConvolutionGeometry(
      batch: 1, height: 3, width: 3, inputChannels: 1, outputChannels: 1, kernel: (2, 2),
      padding: (1, 0, 0, 0))
    let data = ConvolutionCase(
      geometry, input: [1, 2, 3, 4, 5, 6, 7, 8, 9], weights: [1, 10, 100, 1000], bias: [0.5])
    #expect(
      data.output(DirectConvolution(geometry))
        == [2100.5, 3200.5, 5421.5, 6532.5, 8754.5, 9865.5])
  }

  @Test("agrees with the definition in Double", arguments: instructionSets, geometries)
  func agreesWithDefinition(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let kernel = DirectConvolution(geometry, instructionSet: instructionSet)
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

  @Test("image by image is the same as the whole batch", arguments: [geometries[1], geometries[4]])
  func imageByImage(geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let kernel = DirectConvolution(geometry)
    #expect(data.output(kernel, oneByOne: true) == data.output(kernel))
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let whole = data.gradients(kernel, upstream: upstream)
    let single = data.gradients(kernel, upstream: upstream, oneByOne: true)
    // The whole batch may be cut within an image, and sums over the cut are then formed in another order.
    #expect(relativeError(single.input, whole.input.map(Double.init)) < Self.tolerance)
    #expect(relativeError(single.weights, whole.weights.map(Double.init)) < Self.tolerance)
    #expect(relativeError(single.bias, whole.bias.map(Double.init)) < Self.tolerance)
  }

  @Test("what is not a number reaches the outputs that depend on it, and no other")
  func notANumber() {
    let geometry = ConvolutionGeometry(
      batch: 1, height: 6, width: 6, inputChannels: 2, outputChannels: 3, kernel: (3, 3))
    var input = ConvolutionCase(geometry).input
    input[(1 * 6 + 1) * 2] = .nan
    let data = ConvolutionCase(geometry, input: input)
    for activation in [ConvolutionActivation.none, .relu] {
      let output = data.output(DirectConvolution(geometry), activation)
      for row in 0..<4 {
        for column in 0..<4 {
          for channel in 0..<3 {
            let isSpoiled = output[(row * 4 + column) * 3 + channel].isNaN
            #expect(isSpoiled == (row <= 1 && column <= 1))
          }
        }
      }
    }
  }

  @Test("an empty batch and an image smaller than the kernel give nothing, and zero gradients")
  func empty() {
    for (batch, height) in [(0, 8), (2, 2)] {
      let geometry = ConvolutionGeometry(
        batch: batch, height: height, width: 8, inputChannels: 2, outputChannels: 3, kernel: (3, 3))
      let data = ConvolutionCase(geometry)
      let kernel = DirectConvolution(geometry)
      #expect(data.output(kernel).isEmpty)
      let gradients = data.gradients(kernel, upstream: [])
      #expect(gradients.input.allSatisfy { $0 == 0 })
      #expect(gradients.weights.allSatisfy { $0 == 0 })
      #expect(gradients.bias == [0, 0, 0])
    }
  }

  @Test("without input channels the output is the bias, and without output channels nothing")
  func noChannels() {
    for (inputs, outputs) in [(0, 3), (3, 0), (0, 0)] {
      let geometry = ConvolutionGeometry(
        batch: 1, height: 4, width: 4, inputChannels: inputs, outputChannels: outputs,
        kernel: (3, 3))
      let data = ConvolutionCase(geometry)
      let kernel = DirectConvolution(geometry)
      let upstream = [Float](repeating: 2, count: geometry.outputCount)
      #expect(data.output(kernel) == (0..<4).flatMap { _ in data.bias })
      let gradients = data.gradients(kernel, upstream: upstream)
      #expect(gradients.input.allSatisfy { $0 == 0 })
      #expect(gradients.bias == Array(repeating: 8, count: outputs))
    }
  }

  @Test("groups that do not divide the channels stop the program, and the message names them")
  func rejectsGroups() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = DirectConvolution(
        .init(
          batch: 1, height: 4, width: 4, inputChannels: 6, outputChannels: 8, kernel: (1, 1),
          groups: 4))
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("DirectConvolution") && message.contains("4 groups"))
  }
}
