/// The convolutions of one scalar in vector instructions, over raw buffers, whole batches at a time.
///
/// A scalar without them goes through patches and BLAS.
package struct VectorConvolution<Scalar: DifferentiableScalar>: Sendable {
  /// `output = input ⋆ filter + bias`.
  package let forward:
    @Sendable (
      _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm,
      _ input: UnsafePointer<Scalar>, _ filter: UnsafePointer<Scalar>,
      _ bias: UnsafePointer<Scalar>?,
      _ output: UnsafeMutablePointer<Scalar>
    ) -> Void
  /// All gradients that are not nil, in one pass.
  package let gradients:
    @Sendable (
      _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm,
      _ input: UnsafePointer<Scalar>, _ filter: UnsafePointer<Scalar>,
      _ upstream: UnsafePointer<Scalar>,
      _ inputGradient: UnsafeMutablePointer<Scalar>?,
      _ filterGradient: UnsafeMutablePointer<Scalar>?,
      _ biasGradient: UnsafeMutablePointer<Scalar>?
    ) -> Void
}

extension VectorConvolution<Float> {
  /// The convolutions of `CKernels`.
  package static let kernels = VectorConvolution(
    forward: { geometry, algorithm, input, filter, bias, output in
      let kernel = geometry.kernel(algorithm)
      withScratch(kernel.preparedWeightCount.forward) { weights in
        kernel.prepareWeights(filter, into: weights)
        kernel.forward(
          ConvolutionOperands(
            input: input, weights: UnsafePointer(weights), bias: bias, activation: .none,
            output: output))
      }
    },
    gradients: {
      geometry, algorithm, input, filter, upstream, inputGradient, filterGradient, biasGradient in
      let kernel = geometry.kernel(algorithm)
      withScratch(inputGradient == nil ? 0 : kernel.preparedWeightCount.gradient) { weights in
        if inputGradient != nil { kernel.prepareWeightsForGradient(filter, into: weights) }
        kernel.gradients(
          ConvolutionGradientOperands(
            input: input, upstream: upstream, output: nil,
            weights: inputGradient == nil ? nil : UnsafePointer(weights),
            inputGradient: inputGradient),
          weightGradient: filterGradient, biasGradient: biasGradient)
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
      dilation: (window.verticalDilation, window.horizontalDilation), groups: window.groups)
  }
}
