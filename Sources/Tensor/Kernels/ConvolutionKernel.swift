/// A convolution of `Float` for one geometry: how its weights are prepared, and its loops over raw buffers.
///
/// Weights are prepared once per change. The whole batch runs in parallel, in a way that depends on the sizes alone: results
/// are the same for any number of threads. The functions with `images` run on the calling thread and touch those images
/// only, so that a stretch of layers can take one image at a time; their pointers are still those of the whole batch.
package protocol ConvolutionKernel: Sendable {
  var geometry: ConvolutionGeometry { get }

  /// Scalars of the prepared weights, for the forward pass and for the gradient of the input.
  var preparedWeightCount: (forward: Int, gradient: Int) { get }

  /// Prepares weights `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]` for `forward`.
  func prepareWeights(
    _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// Prepares weights for the gradient of the input.
  func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// `output = activation(input ⋆ weights + bias)` for the whole batch, in parallel.
  func forward(_ operands: ConvolutionOperands)

  /// The same for some images, on this thread.
  func forward(images: Range<Int>, _ operands: ConvolutionOperands)

  /// The gradients of the whole batch, in parallel, in one pass for all of them.
  ///
  /// - Parameters:
  ///   - weightGradient: Is overwritten with `∂L/∂weights`, in the layout of the weights; nil if not needed.
  ///   - biasGradient: Is overwritten with `∂L/∂bias`; nil if not needed.
  func gradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?)

  /// Scalars of one accumulator of the weights' and the bias's gradients.
  var accumulatorCount: Int { get }

  /// The gradients of some images, on this thread: overwrites theirs of the input, and adds the others to an accumulator of
  /// `accumulatorCount` scalars, zero at first, for `finishGradients`.
  func accumulateGradients(
    images: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?)

  /// Adds up accumulators in their order, in the first of them, and writes what they hold.
  func finishGradients(
    _ accumulators: [UnsafeMutablePointer<Float>], weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?)
}

extension ConvolutionGeometry {
  /// The kernel for these sizes.
  package func kernel(
    _ algorithm: ConvolutionAlgorithm = .automatic, instructionSet: InstructionSet = .selected
  ) -> any ConvolutionKernel {
    if algorithm == .automatic, favorsWinograd {
      return WinogradConvolution(self, instructionSet: instructionSet)
    }
    if algorithm == .automatic, DepthwiseConvolution.supports(self) {
      return DepthwiseConvolution(self, instructionSet: instructionSet)
    }
    if ImplicitConvolution.supports(self) {
      return ImplicitConvolution(self, instructionSet: instructionSet)
    }
    return DirectConvolution(self, instructionSet: instructionSet)
  }

  /// Whether Winograd's algorithm applies and saves enough multiplications, edges included, to pay for its transforms.
  package var favorsWinograd: Bool {
    guard WinogradConvolution.supports(self), inputChannels >= 16, outputChannels >= 16 else {
      return false
    }
    let tiles = WinogradConvolution.tiles(self)
    let multiplications = tiles.rows * tiles.columns * WinogradConvolution.planes
    let direct = outputHeight * outputWidth * kernelHeight * kernelWidth
    guard 3 * multiplications < 2 * direct else { return false }
    // Where transformed weights outgrow the cache, writing and reading those of one pair of channels takes as long as some
    // five thousand multiplications, which the batch has to save.
    let isInCache =
      WinogradConvolution.planes * inputChannels * outputChannels
      <= 2 * WinogradConvolution.cacheFloats
    return isInCache || batch * (direct - multiplications) >= 5000
  }
}

/// What a convolution ends with.
package enum ConvolutionActivation: Sendable, Hashable {
  case none
  case relu
}

/// The buffers of a forward pass, `output = pooling(activation(input ⋆ weights + bias))`.
package struct ConvolutionOperands {
  package var input: UnsafePointer<Float>
  /// As the convolution at hand has prepared them.
  package var weights: UnsafePointer<Float>
  /// One scalar per output channel.
  package var bias: UnsafePointer<Float>?
  package var activation: ConvolutionActivation
  package var output: UnsafeMutablePointer<Float>
  /// Where the output should go: advice.
  package var writes = CachePolicy.throughCache

  package init(
    input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: ConvolutionActivation, output: UnsafeMutablePointer<Float>
  ) {
    self.input = input
    self.weights = weights
    self.bias = bias
    self.activation = activation
    self.output = output
  }
}

/// The buffers of a backward pass; what is nil is not computed.
package struct ConvolutionGradientOperands {
  package var input: UnsafePointer<Float>
  /// `∂L/∂output`.
  package var upstream: UnsafePointer<Float>
  /// The output, if the activation was ReLU: the gradient passes where it is above zero.
  package var output: UnsafePointer<Float>?
  /// The weights as prepared for the gradient of the input.
  package var weights: UnsafePointer<Float>?
  /// Is overwritten with `∂L/∂input`, which needs `weights`.
  package var inputGradient: UnsafeMutablePointer<Float>?
  /// What `WinogradConvolution.forwardPooled` stored.
  ///
  /// If given, `upstream` and `output` have the pooled shape.
  package var choices: UnsafePointer<UInt8>?
  /// The upstream gradient is multiplied by it, as after dropout by `1 / (1 − rate)`.
  package var scale: Float

  package init(
    input: UnsafePointer<Float>, upstream: UnsafePointer<Float>, output: UnsafePointer<Float>?,
    weights: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>?,
    choices: UnsafePointer<UInt8>? = nil, scale: Float = 1
  ) {
    self.input = input
    self.upstream = upstream
    self.output = output
    self.weights = weights
    self.inputGradient = inputGradient
    self.choices = choices
    self.scale = scale
  }

  /// Calls `body` with the upstream gradient, masked by the output and scaled where that is asked for.
  ///
  /// Its pointer is that of the whole batch, but only `images` may be read.
  func withPlainUpstream(
    images: Range<Int>, of geometry: ConvolutionGeometry, _ body: (UnsafePointer<Float>) -> Void
  ) {
    guard output != nil || scale != 1 else { return body(upstream) }
    let perImage = geometry.outputHeight * geometry.outputWidth * geometry.outputChannels
    let (start, count) = (images.lowerBound * perImage, images.count * perImage)
    withScratch(count) { masked in
      if let output {
        Float.kernels.reluGradient(
          upstream + start, 1, output + start, 1, masked, count, .throughCache)
      } else {
        masked.update(from: upstream + start, count: count)
      }
      var factor = scale
      Float.arithmetic.multiply(masked, 1, &factor, 0, masked, count, .throughCache)
      body(UnsafePointer(masked - start))
    }
  }
}
