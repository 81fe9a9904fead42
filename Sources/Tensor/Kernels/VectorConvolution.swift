/// The convolutions of one scalar in vector instructions, over raw buffers, whole batches at a time.
///
/// A scalar without them goes through patches and BLAS.
package struct VectorConvolution<Scalar: DifferentiableScalar>: Sendable {
  /// `output = input ⋆ filter + bias`.
  package let forward:
    @Sendable (
      _ geometry: ConvolutionGeometry, _ input: UnsafePointer<Scalar>,
      _ filter: UnsafePointer<Scalar>, _ bias: UnsafePointer<Scalar>?,
      _ output: UnsafeMutablePointer<Scalar>
    ) -> Void
  /// All gradients that are not nil, in one pass.
  package let gradients:
    @Sendable (
      _ geometry: ConvolutionGeometry, _ input: UnsafePointer<Scalar>,
      _ filter: UnsafePointer<Scalar>, _ upstream: UnsafePointer<Scalar>,
      _ inputGradient: UnsafeMutablePointer<Scalar>?,
      _ filterGradient: UnsafeMutablePointer<Scalar>?,
      _ biasGradient: UnsafeMutablePointer<Scalar>?
    ) -> Void
}

/// The algorithm for a convolution, and its weights prepared.
package enum ConvolutionAlgorithm: Sendable {
  case winograd(WinogradConvolution)
  case direct(DirectConvolution)

  /// Winograd's where it applies and pays.
  package init(_ geometry: ConvolutionGeometry) {
    if WinogradConvolution.isPreferred(geometry) {
      self = .winograd(WinogradConvolution(geometry))
    } else {
      self = .direct(DirectConvolution(geometry))
    }
  }

  /// The scalars of prepared weights, for the forward pass and for the gradient of the input.
  package var preparedCount: (forward: Int, gradient: Int) {
    switch self {
    case .winograd(let convolution): convolution.transformedWeightCount
    case .direct(let convolution): convolution.packedWeightCount
    }
  }

  /// Prepares a filter for the forward pass.
  package func prepare(
    _ filter: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .winograd(let convolution): convolution.transformWeights(filter, into: prepared)
    case .direct(let convolution): convolution.packWeights(filter, into: prepared)
    }
  }

  /// Prepares a filter for the gradient of the input.
  package func prepareForGradient(
    _ filter: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .winograd(let convolution):
      convolution.transformWeightsForGradient(filter, into: prepared)
    case .direct(let convolution): convolution.packWeightsForGradient(filter, into: prepared)
    }
  }
}

extension WinogradConvolution {
  /// Whether the algorithm applies and pays: with few channels its transforms cost more than they save.
  static func isPreferred(_ geometry: ConvolutionGeometry) -> Bool {
    supports(geometry) && geometry.inputChannels >= 8 && geometry.outputChannels >= 8
  }
}

extension VectorConvolution<Float> {
  /// The convolutions of `CKernels`.
  package static let kernels = VectorConvolution(
    forward: { geometry, input, filter, bias, output in
      let algorithm = ConvolutionAlgorithm(geometry)
      withScratch(algorithm.preparedCount.forward) { weights in
        algorithm.prepare(filter, into: weights)
        let operands = ConvolutionOperands(
          input: input, weights: UnsafePointer(weights), bias: bias, activation: .none,
          output: output)
        switch algorithm {
        case .winograd(let convolution): convolution.forward(operands)
        case .direct(let convolution): convolution.forward(operands)
        }
      }
    },
    gradients: {
      geometry, input, filter, upstream, inputGradient, filterGradient, biasGradient in
      let algorithm = ConvolutionAlgorithm(geometry)
      withScratch(inputGradient == nil ? 0 : algorithm.preparedCount.gradient) { weights in
        if inputGradient != nil { algorithm.prepareForGradient(filter, into: weights) }
        let operands = ConvolutionGradientOperands(
          input: input, upstream: upstream, output: nil,
          weights: inputGradient == nil ? nil : UnsafePointer(weights),
          inputGradient: inputGradient)
        switch algorithm {
        case .winograd(let convolution):
          convolution.gradients(
            operands, weightGradient: filterGradient, biasGradient: biasGradient)
        case .direct(let convolution):
          convolution.gradients(
            operands, weightGradient: filterGradient, biasGradient: biasGradient)
        }
      }
    })
}

extension ConvolutionGeometry {
  /// The convolution of `batch` images with a window placed on them.
  package init(batch: Int, inputChannels: Int, outputChannels: Int, _ placed: PlacedWindow) {
    let window = placed.window
    self.init(
      batch: batch, height: placed.inputHeight, width: placed.inputWidth,
      inputChannels: inputChannels, outputChannels: outputChannels,
      kernel: (window.height, window.width),
      stride: (window.verticalStride, window.horizontalStride),
      padding: (placed.top, placed.bottom, placed.left, placed.right),
      dilation: (window.verticalDilation, window.horizontalDilation))
  }
}
