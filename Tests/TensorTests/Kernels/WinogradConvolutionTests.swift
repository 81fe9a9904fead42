import Tensor
import Testing

@Suite("Winograd convolution kernels")
struct WinogradConvolutionTests {
  /// Relative L2 errors: about 4e-7 for 32 input channels, more for gradients and for few channels, where sums are smaller
  /// than what cancels in the transforms.
  static let tolerance = 5e-6

  static let instructionSets = InstructionSet.allCases.filter(\.isSupported)

  static func geometry(
    _ batch: Int, _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int,
    padding: (top: Int, bottom: Int, left: Int, right: Int) = (0, 0, 0, 0)
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: batch, height: height, width: width, inputChannels: inputs, outputChannels: outputs,
      kernel: (3, 3), padding: padding)
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
  ]

  @Test("agrees with the definition in Double", arguments: instructionSets, geometries)
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
    arguments: [geometry(1, 66, 66, 3, 2), geometry(5, 14, 14, 16, 16), geometry(2, 9, 9, 64, 64)])
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

  @Test("what is not a number spoils its tiles at the most, and passes ReLU and pooling")
  func notANumber() {
    let geometry = Self.geometry(1, 14, 14, 16, 16)
    var input = ConvolutionCase(geometry).input
    let (row, column) = (5, 6)
    input[(row * 14 + column) * 16 + 3] = .nan
    let data = ConvolutionCase(geometry, input: input)
    let kernel = WinogradConvolution(geometry)
    let output = data.output(kernel, .relu)
    let (pooled, _) = Self.pooledOutput(data, kernel, .relu)
    for y in 0..<12 {
      for x in 0..<12 {
        let depends = (y...y + 2).contains(row) && (x...x + 2).contains(column)
        let sharesTile =
          (y / 4 * 4...y / 4 * 4 + 5).contains(row) && (x / 4 * 4...x / 4 * 4 + 5).contains(column)
        let isSpoiled = output[(y * 12 + x) * 16].isNaN
        #expect(isSpoiled || !depends)
        #expect(!isSpoiled || sharesTile)
        if isSpoiled { #expect(pooled[(y / 2 * 6 + x / 2) * 16].isNaN) }
      }
    }
  }

  @Test("other kernels than 3×3 of stride 1 stop the program, and the message says so")
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
    #expect(message.contains("WinogradConvolution: needs 3×3, stride 1"))
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
