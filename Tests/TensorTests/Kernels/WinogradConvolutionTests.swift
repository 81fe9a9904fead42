import Tensor
import Testing

@Suite("Winograd convolution kernels")
struct WinogradConvolutionTests {
  /// Relative L2 errors: about 4e-7 for 32 input channels, more for gradients and for few channels, where sums are smaller
  /// than what cancels in the transforms.
  static let tolerance = 5e-6

  static let instructionSets = InstructionSet.allCases.filter(\.isSupported)

  static func geometry(
    _ batch: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, taps: Int = 3,
    padding: (top: Int, bottom: Int, left: Int, right: Int) = (0, 0, 0, 0)
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: batch, height: height, width: width, inputChannels: inputs, outputChannels: outputs,
      kernel: (taps, taps), padding: padding)
  }

  /// Whole tiles and parts of them; channels below, at and above the width of vectors and panels; both orders of the
  /// backward loops; padding of every side, and more of it than a tile.
  static let geometries: [ConvolutionGeometry] = [
    geometry(1, 6, 6, 16, 16),
    geometry(2, 3, 3, 1, 1),
    geometry(2, 7, 10, 17, 9),
    geometry(1, 9, 8, 33, 40, padding: (1, 1, 1, 1)),
    geometry(3, 5, 5, 7, 70, padding: (0, 2, 1, 0)),
    geometry(1, 11, 6, 48, 3, padding: (1, 0, 0, 2)),
    geometry(1, 2, 2, 8, 8, padding: (5, 6, 7, 4)),
    geometry(1, 1, 13, 70, 24, padding: (1, 1, 1, 1)),
    geometry(1, 5, 3, 70, 85, padding: (1, 1, 1, 1)),
    geometry(1, 8, 8, 16, 16, taps: 5),
    geometry(2, 5, 5, 1, 1, taps: 5),
    geometry(2, 9, 12, 17, 9, taps: 5),
    geometry(1, 9, 8, 33, 40, taps: 5, padding: (2, 2, 2, 2)),
    geometry(3, 5, 6, 7, 70, taps: 5, padding: (0, 4, 1, 3)),
    geometry(1, 11, 6, 48, 3, taps: 5, padding: (3, 0, 0, 4)),
    geometry(1, 2, 2, 8, 8, taps: 5, padding: (5, 6, 7, 4)),
    geometry(1, 1, 13, 70, 24, taps: 5, padding: (2, 2, 2, 2)),
    // Several blocks of tiles, which end within a row of them.
    geometry(1, 15, 19, 20, 33, taps: 5, padding: (4, 4, 4, 4)),
  ]

  @Test("stores around the cache write the same", arguments: instructionSets, geometries)
  func aroundCache(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let kernel = WinogradConvolution(geometry, instructionSet: instructionSet)
    let found = data.output(kernel, .relu, count: geometry.outputCount) { operands in
      var operands = operands
      operands.writes = .aroundCache
      kernel.forward(images: 0..<geometry.batch, operands)
    }
    #expect(found == data.output(kernel, .relu))
  }

  /// Gradients of weights in several tiles of channels, and tails of them.
  static let deep = geometry(1, 6, 7, 200, 260)

  @Test("agrees with the definition in Double", arguments: instructionSets, geometries + [deep])
  func agreesWithDefinition(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let kernel = WinogradConvolution(geometry, instructionSet: instructionSet)
    let expected = oracle.output(data.input, data.weights, data.bias)
    #expect(relativeError(data.output(kernel), expected) < Self.tolerance)

    let output = data.output(kernel, .relu)
    #expect(relativeError(output, expected.map { max($0, 0) }) < Self.tolerance)

    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let masked = zip(upstream, output).map { $1 > 0 ? Double($0) : 0 }
    let gradients = data.gradients(kernel, upstream: upstream, output: output)
    let exact = oracle.gradients(data.input, data.weights, upstream: masked)
    #expect(relativeError(gradients.input, exact.input) < Self.tolerance)
    #expect(relativeError(gradients.weights, exact.weights) < Self.tolerance)
    #expect(relativeError(gradients.bias, exact.bias) < Self.tolerance)
  }

  @Test(
    "pools as the definition does, and leads gradients back", arguments: instructionSets, geometries
  )
  func pools(instructionSet: InstructionSet, geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let oracle = ConvolutionOracle(geometry: geometry)
    let kernel = WinogradConvolution(geometry, instructionSet: instructionSet)
    let (largest, places) = Self.pooled(
      oracle.output(data.input, data.weights, data.bias), geometry)
    for activation in [ConvolutionActivation.none, .relu] {
      let (output, choices) = Self.pooledOutput(data, kernel, activation)
      let expected = activation == .relu ? largest.map { max($0, 0) } : largest
      #expect(relativeError(output, expected) < Self.tolerance)

      let upstream = ConvolutionCase.uniform(output.count, RandomKey(seed: 9))
      var unpooled = [Double](repeating: 0, count: geometry.outputCount)
      for (index, place) in places.enumerated() where activation == .none || output[index] > 0 {
        unpooled[place] = 1.25 * Double(upstream[index])
      }
      let gradients = data.gradients(
        kernel, upstream: upstream, output: activation == .relu ? output : nil, choices: choices,
        scale: 1.25)
      let exact = oracle.gradients(data.input, data.weights, upstream: unpooled)
      #expect(relativeError(gradients.input, exact.input) < Self.tolerance)
      #expect(relativeError(gradients.weights, exact.weights) < Self.tolerance)
      #expect(relativeError(gradients.bias, exact.bias) < Self.tolerance)
    }
  }

  @Test(
    "any cut of the batch gives the same gradients",
    arguments: [
      geometry(1, 66, 66, 3, 2), geometry(17, 14, 14, 2, 3, padding: (1, 1, 1, 1)),
      // Split over channels and frequencies, in several blocks of tiles.
      geometry(9, 17, 18, 64, 64),
      geometry(1, 70, 70, 3, 2, taps: 5),
      geometry(17, 10, 10, 2, 3, taps: 5, padding: (2, 2, 2, 2)),
      geometry(3, 17, 18, 64, 64, taps: 5),
    ])
  func slots(geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let kernel = WinogradConvolution(geometry)
    #expect(data.output(kernel, oneByOne: true) == data.output(kernel))
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let whole = data.gradients(kernel, upstream: upstream)
    let single = data.gradients(kernel, upstream: upstream, oneByOne: true)
    #expect(relativeError(single.input, whole.input.map(Double.init)) < 1e-6)
    #expect(relativeError(single.weights, whole.weights.map(Double.init)) < Self.tolerance)
    #expect(relativeError(single.bias, whole.bias.map(Double.init)) < Self.tolerance)
  }

  @Test(
    "one thread gives the same as many",
    arguments: [
      geometry(1, 66, 66, 3, 2), geometry(5, 14, 14, 16, 16), geometry(2, 9, 9, 64, 64),
      geometry(5, 12, 12, 16, 16, taps: 5), geometry(2, 9, 9, 64, 64, taps: 5),
      // Few rows of many tiles, whose patches reach two rows further.
      geometry(1, 14, 604, 2, 3, taps: 5),
    ])
  func threads(geometry: ConvolutionGeometry) {
    let data = ConvolutionCase(geometry)
    let kernel = WinogradConvolution(geometry)
    let upstream = ConvolutionCase.uniform(geometry.outputCount, RandomKey(seed: 9))
    let many = (data.output(kernel), data.gradients(kernel, upstream: upstream))
    // Process-wide, but it changes no result of the tests that run beside this one.
    let threads = Parallel.maximumThreads
    Parallel.maximumThreads = 1
    defer { Parallel.maximumThreads = threads }
    let one = (data.output(kernel), data.gradients(kernel, upstream: upstream))
    #expect(one.0 == many.0)
    #expect(one.1.input == many.1.input)
    #expect(one.1.weights == many.1.weights)
    #expect(one.1.bias == many.1.bias)
  }

  /// The outputs of a case of 12×12 with one input set to `value`: whether each depends on it, and whether its tile does.
  private static func outputs(
    taps: Int, with value: Float, _ activation: ConvolutionActivation
  ) -> (
    values: [(depends: Bool, sharesTile: Bool, value: Float)], kernel: WinogradConvolution,
    data: ConvolutionCase
  ) {
    let (size, tile) = (11 + taps, 7 - taps)
    let geometry = geometry(1, size, size, 16, 16, taps: taps)
    var input = ConvolutionCase(geometry).input
    let (row, column) = (5, 6)
    input[(row * size + column) * 16 + 3] = value
    let data = ConvolutionCase(geometry, input: input)
    let kernel = WinogradConvolution(geometry)
    let output = data.output(kernel, activation)
    let values = (0..<144).map { place in
      let (y, x) = place.quotientAndRemainder(dividingBy: 12)
      let (top, left) = (y / tile * tile, x / tile * tile)
      return (
        (y..<y + taps).contains(row) && (x..<x + taps).contains(column),
        (top..<top + 6).contains(row) && (left..<left + 6).contains(column), output[place * 16]
      )
    }
    return (values, kernel, data)
  }

  @Test(
    "what is not a number spoils its tiles at the most, and passes ReLU and pooling",
    arguments: [3, 5])
  func notANumber(taps: Int) {
    let (outputs, kernel, data) = Self.outputs(taps: taps, with: .nan, .relu)
    let (pooled, _) = Self.pooledOutput(data, kernel, .relu)
    for (place, output) in outputs.enumerated() {
      #expect(output.value.isNaN || !output.depends)
      #expect(!output.value.isNaN || output.sharesTile)
      if output.value.isNaN { #expect(pooled[(place / 24 * 6 + place % 12 / 2) * 16].isNaN) }
    }
  }

  @Test(
    "what is infinite spoils all that depends on it, and its tiles at the most", arguments: [3, 5])
  func infinite(taps: Int) {
    for output in Self.outputs(taps: taps, with: .infinity, .none).values {
      #expect(!output.value.isFinite || !output.depends)
      #expect(output.value.isFinite || output.sharesTile)
    }
  }

  @Test("no image gives no output, and no gradient", arguments: instructionSets, [3, 5])
  func noImages(instructionSet: InstructionSet, taps: Int) {
    let geometry = Self.geometry(0, 8, 8, 16, 17, taps: taps, padding: (1, 1, 1, 1))
    let data = ConvolutionCase(geometry)
    let kernel = WinogradConvolution(geometry, instructionSet: instructionSet)
    #expect(data.output(kernel).isEmpty)
    let gradients = data.gradients(kernel, upstream: [])
    #expect(gradients.input.isEmpty)
    #expect(gradients.weights == [Float](repeating: 0, count: geometry.weightCount))
    #expect(gradients.bias == [Float](repeating: 0, count: 17))
  }

  @Test("without a bias it is zero", arguments: instructionSets, [3, 5])
  func noBias(instructionSet: InstructionSet, taps: Int) {
    let geometry = Self.geometry(1, 9, 10, 16, 17, taps: taps)
    let data = ConvolutionCase(geometry, bias: [Float](repeating: 0, count: 17))
    let kernel = WinogradConvolution(geometry, instructionSet: instructionSet)
    let output = data.output(kernel, .none, count: geometry.outputCount) {
      var operands = $0
      operands.bias = nil
      kernel.forward(operands)
    }
    #expect(output == data.output(kernel))
  }

  @Test("other kernels than 3×3 and 5×5 of stride 1 stop the program, and the message says so")
  func rejectsStride() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = WinogradConvolution(
        .init(
          batch: 1, height: 8, width: 8, inputChannels: 16, outputChannels: 16, kernel: (3, 3),
          stride: (2, 2)))
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("WinogradConvolution: needs 3×3 or 5×5, stride 1"))
  }

  @Test("is chosen where it saves work, unless the direct algorithm is asked for")
  func choice() {
    let favored = Self.geometry(1, 16, 16, 16, 16)
    #expect(favored.kernel() is WinogradConvolution)
    #expect(favored.kernel(.direct) is ImplicitConvolution)
    // Three channels do not fill a vector, four columns no tile.
    #expect(Self.geometry(1, 16, 16, 3, 16).kernel() is DirectConvolution)
    #expect(Self.geometry(1, 4, 4, 16, 16).kernel() is DirectConvolution)
    // Transformed weights beyond the cache, for few images and for many.
    #expect(Self.geometry(1, 7, 7, 512, 512).kernel() is DirectConvolution)
    #expect(Self.geometry(32, 14, 14, 512, 512).kernel() is WinogradConvolution)
    // 5×5: 36 multiplications for 4 outputs; 36 for a row of 2 would save too little.
    #expect(Self.geometry(1, 16, 16, 16, 16, taps: 5).kernel() is WinogradConvolution)
    #expect(Self.geometry(1, 16, 16, 16, 16, taps: 5).kernel(.direct) is ImplicitConvolution)
    #expect(Self.geometry(1, 16, 16, 8, 16, taps: 5).kernel() is ImplicitConvolution)
    #expect(Self.geometry(1, 5, 16, 16, 16, taps: 5).kernel() is ImplicitConvolution)
    #expect(Self.geometry(1, 11, 11, 256, 256, taps: 5).kernel() is DirectConvolution)
    #expect(Self.geometry(16, 11, 11, 256, 256, taps: 5).kernel() is WinogradConvolution)
  }

  private static func pooledOutput(
    _ data: ConvolutionCase, _ kernel: WinogradConvolution, _ activation: ConvolutionActivation
  ) -> (output: [Float], choices: [UInt8]) {
    let g = data.geometry
    var choices = [UInt8](repeating: 0xa5, count: kernel.choiceBytes)
    let count = g.batch * (g.outputHeight / 2) * (g.outputWidth / 2) * g.outputChannels
    let output = data.output(kernel, activation, count: count) {
      kernel.forwardPooled($0, choices: &choices)
    }
    return (output, choices)
  }

  /// The largest of each 2×2 window, and where it was.
  private static func pooled(
    _ output: [Double], _ g: ConvolutionGeometry
  ) -> (largest: [Double], places: [Int]) {
    var places: [Int] = []
    for image in 0..<g.batch {
      for row in 0..<g.outputHeight / 2 {
        for column in 0..<g.outputWidth / 2 {
          for channel in 0..<g.outputChannels {
            let window = [(0, 0), (0, 1), (1, 0), (1, 1)].map { y, x in
              ((image * g.outputHeight + 2 * row + y) * g.outputWidth + 2 * column + x)
                * g.outputChannels + channel
            }
            places.append(window.max { output[$0] < output[$1] } ?? window[0])
          }
        }
      }
    }
    return (places.map { output[$0] }, places)
  }
}
