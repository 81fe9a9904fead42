import Tensor
import Testing

/// Both ways to do every multiplication: with patches, and with images that are read where they lie.
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
    // One pixel to one pixel, read where they lie: whole panels, an odd number of them, few rows.
    .init(
      batch: 2, height: 5, width: 5, inputChannels: 32, outputChannels: 64, kernel: (1, 1)),
    .init(
      batch: 1, height: 10, width: 11, inputChannels: 19, outputChannels: 96, kernel: (1, 1)),
    .init(
      batch: 1, height: 1, width: 1, inputChannels: 40, outputChannels: 32, kernel: (1, 1)),
    // One image in several slots, whose input gradients overlap.
    .init(
      batch: 1, height: 34, width: 33, inputChannels: 2, outputChannels: 3, kernel: (4, 3),
      padding: (2, 1, 1, 1)),
    // More depth than is taken at once.
    .init(
      batch: 1, height: 4, width: 4, inputChannels: 300, outputChannels: 4, kernel: (3, 3)),
    // Rows that fill tiles, as the images are read in place: several bands, strides, groups.
    .init(
      batch: 2, height: 70, width: 31, inputChannels: 24, outputChannels: 40, kernel: (5, 5),
      padding: (2, 2, 2, 2)),
    .init(
      batch: 2, height: 27, width: 30, inputChannels: 33, outputChannels: 17, kernel: (3, 3),
      stride: (2, 2), padding: (1, 1, 0, 1)),
    .init(
      batch: 1, height: 14, width: 40, inputChannels: 32, outputChannels: 48, kernel: (2, 3),
      stride: (3, 1), padding: (1, 2, 1, 1), dilation: (1, 2), groups: 2),
    // More stride than kernel: some inputs meet no weight.
    .init(
      batch: 1, height: 9, width: 41, inputChannels: 9, outputChannels: 10, kernel: (1, 2),
      stride: (2, 3)),
  ]

  static func kernels(
    _ geometry: ConvolutionGeometry, _ instructionSet: InstructionSet = .selected
  ) -> [any ConvolutionKernel] {
    [
      DirectConvolution(geometry, instructionSet: instructionSet),
      ImplicitConvolution(geometry, instructionSet: instructionSet),
    ]
  }

  @Test(
    "images are read in place where rows fill tiles and channels vectors", arguments: geometries)
  func choice(geometry: ConvolutionGeometry) {
    #expect(
      (geometry.kernel(.direct) is ImplicitConvolution)
        == (geometry.outputWidth >= 12 && geometry.inputChannels / geometry.groups >= 8))
  }

  @Test("a sum that can be checked by hand")
  func byHand() {
    let geometry = ConvolutionGeometry(
      batch: 1, height: 3, width: 3, inputChannels: 1, outputChannels: 1, kernel: (2, 2),
      padding: (1, 0, 0, 0))
    let data = ConvolutionCase(
      geometry, input: [1, 2, 3, 4, 5, 6, 7, 8, 9], weights: [1, 10, 100, 1000], bias: [0.5])
    for kernel in Self.kernels(geometry) {
      #expect(data.output(kernel) == [2100.5, 3200.5, 5421.5, 6532.5, 8754.5, 9865.5])
    }
  }

  @Test("agrees with the definition in Double", arguments: instructionSets, geometries)
  func agreesWithDefinition(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let expected = oracle.output(data.input, data.weights, data.bias)
    for kernel in Self.kernels(geometry, instructionSet) {
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
  }

  @Test(
    "image by image is the same as the whole batch",
    arguments: [geometries[1], geometries[4], geometries[8], geometries[14]])
  func imageByImage(geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    for kernel in Self.kernels(geometry) {
      #expect(data.output(kernel, oneByOne: true) == data.output(kernel))
      let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
      let whole = data.gradients(kernel, upstream: upstream)
      let single = data.gradients(kernel, upstream: upstream, oneByOne: true)
      // The whole batch may be cut within an image, and sums over the cut are then formed in another order.
      #expect(relativeError(single.input, whole.input.map(Double.init)) < Self.tolerance)
      #expect(relativeError(single.weights, whole.weights.map(Double.init)) < Self.tolerance)
      #expect(relativeError(single.bias, whole.bias.map(Double.init)) < Self.tolerance)
    }
  }

  /// Weights beyond the cache, as they stand deep in a network: with channels that fill vectors and others, and strides.
  static let deepGeometries: [ConvolutionGeometry] = [
    .init(
      batch: 3, height: 3, width: 4, inputChannels: 180, outputChannels: 170, kernel: (3, 3),
      padding: (1, 1, 1, 1)),
    .init(
      batch: 2, height: 7, width: 6, inputChannels: 60, outputChannels: 192, kernel: (5, 5),
      stride: (2, 2), padding: (2, 1, 1, 2)),
    .init(
      batch: 1, height: 3, width: 3, inputChannels: 400, outputChannels: 720, kernel: (2, 2),
      groups: 2),
  ]

  @Test(
    "agrees with the definition in Double where weights outgrow the cache",
    arguments: instructionSets, deepGeometries)
  func deep(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let kernel = DirectConvolution(geometry, instructionSet: instructionSet)
    #expect(kernel.isDeep && kernel.isDeepBackward)
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let expected = oracle.output(data.input, data.weights, data.bias)
    #expect(relativeError(data.output(kernel), expected) < Self.tolerance)
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let gradients = data.gradients(kernel, upstream: upstream)
    let exact = oracle.gradients(data.input, data.weights, upstream: upstream.map(Double.init))
    #expect(relativeError(gradients.input, exact.input) < Self.tolerance)
    #expect(relativeError(gradients.weights, exact.weights) < Self.tolerance)
    #expect(relativeError(gradients.bias, exact.bias) < Self.tolerance)
  }

  @Test("the bias's gradient alone is that of all gradients", arguments: deepGeometries)
  func biasAlone(geometry: ConvolutionGeometry) {
    let (data, kernel) = (ConvolutionCase(geometry), DirectConvolution(geometry))
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    var bias = ConvolutionCase.untouched(geometry.outputChannels)
    data.input.withUnsafeBufferPointer { input in
      upstream.withUnsafeBufferPointer { upstream in
        bias.withUnsafeMutableBufferPointer { bias in
          guard let input = input.baseAddress, let upstream = upstream.baseAddress else { return }
          kernel.gradients(
            ConvolutionGradientOperands(
              input: input, upstream: upstream, output: nil, weights: nil, inputGradient: nil),
            weightGradient: nil, biasGradient: bias.baseAddress)
        }
      }
    }
    #expect(bias == data.gradients(kernel, upstream: upstream).bias)
  }

  @Test("many pixels of deep weights are taken in parts, which are added up")
  func deepParts() {
    let geometry = ConvolutionGeometry(
      batch: 9, height: 8, width: 9, inputChannels: 512, outputChannels: 528, kernel: (1, 1))
    let data = ConvolutionCase(geometry)
    let kernel = DirectConvolution(geometry)
    #expect(kernel.isDeepBackward)
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let whole = data.gradients(kernel, upstream: upstream)
    let single = data.gradients(kernel, upstream: upstream, oneByOne: true)
    #expect(data.output(kernel) == data.output(kernel, oneByOne: true))
    #expect(whole.input == single.input)
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
      for kernel in Self.kernels(geometry) {
        let isSpoiled = data.output(kernel, activation).map(\.isNaN)
        let expected = (0..<4).flatMap { row in
          (0..<4).flatMap { [Bool](repeating: row <= 1 && $0 <= 1, count: 3) }
        }
        #expect(isSpoiled == expected)
      }
    }
  }

  @Test("an empty batch and an image smaller than the kernel give nothing, and zero gradients")
  func empty() {
    for (batch, height) in [(0, 8), (2, 2), (2, 1)] {
      let geometry = ConvolutionGeometry(
        batch: batch, height: height, width: 8, inputChannels: 2, outputChannels: 3, kernel: (3, 3))
      let data = ConvolutionCase(geometry)
      for kernel in Self.kernels(geometry) {
        #expect(data.output(kernel).isEmpty)
        let gradients = data.gradients(kernel, upstream: [])
        #expect(gradients.input.allSatisfy { $0 == 0 })
        #expect(gradients.weights.allSatisfy { $0 == 0 })
        #expect(gradients.bias == [0, 0, 0])
      }
    }
  }

  @Test("without input channels the output is the bias, and without output channels nothing")
  func noChannels() {
    for (inputs, outputs) in [(0, 3), (3, 0), (0, 0)] {
      let geometry = ConvolutionGeometry(
        batch: 1, height: 4, width: 4, inputChannels: inputs, outputChannels: outputs,
        kernel: (3, 3))
      let data = ConvolutionCase(geometry)
      let upstream = [Float](repeating: 2, count: geometry.outputCount)
      for kernel in Self.kernels(geometry) {
        #expect(data.output(kernel) == (0..<4).flatMap { _ in data.bias })
        let gradients = data.gradients(kernel, upstream: upstream)
        #expect(gradients.input.allSatisfy { $0 == 0 })
        #expect(gradients.bias == Array(repeating: 8, count: outputs))
      }
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
