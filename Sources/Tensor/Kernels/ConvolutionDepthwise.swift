import CKernels

/// A convolution of as many groups as input and output channels: every channel has a kernel of its own.
///
/// It does little arithmetic for the memory it reads, so it runs at the speed of memory. Its error is that of a short sum.
package struct DepthwiseConvolution: ConvolutionKernel {
  package let geometry: ConvolutionGeometry
  private let kernels: Unchecked<ConvolutionKernels>
  private let shape: PatchShape

  /// Whether the geometry is depthwise, with one output channel for each input channel.
  package static func supports(_ geometry: ConvolutionGeometry) -> Bool {
    geometry.groups == geometry.inputChannels && geometry.groups == geometry.outputChannels
  }

  package init(_ geometry: ConvolutionGeometry, instructionSet: InstructionSet = .selected) {
    require(
      Self.supports(geometry),
      "DepthwiseConvolution: needs as many groups as input and output channels, got \(geometry)")
    self.init(DirectConvolution(geometry, instructionSet: instructionSet))
  }

  private init(_ direct: DirectConvolution) {
    geometry = direct.geometry
    kernels = direct.kernels
    shape = direct.shape
  }

  /// The gradient of the input as a forward pass of its own, from the upstream gradient and turned weights.
  ///
  /// It writes each pixel once, where the taps would each add to it. Only for stride 1, where no tap falls between pixels.
  private var adjoint: DepthwiseConvolution? {
    geometry.adjoint.map {
      DepthwiseConvolution(DirectConvolution($0, kernels: kernels))
    }
  }

  package var preparedWeightCount: (forward: Int, gradient: Int) {
    (geometry.weightCount, geometry.weightCount)
  }

  package func prepareWeights(
    _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>
  ) {
    prepared.update(from: weights, count: geometry.weightCount)
  }

  package func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>
  ) {
    guard geometry.adjoint != nil else { return prepareWeights(weights, into: prepared) }
    let (taps, channels) = (geometry.kernelHeight * geometry.kernelWidth, geometry.groups)
    for tap in 0..<taps {
      (prepared + tap * channels).update(
        from: weights + (taps - 1 - tap) * channels, count: channels)
    }
  }

  package func forward(_ operands: ConvolutionOperands) {
    let operands = Unchecked(operands)
    let work = geometry.outputWidth * geometry.weightCount
    Parallel.forEachRange(
      of: geometry.batch * geometry.outputHeight, grain: max(1, 1_000_000 / max(work, 1))
    ) { forward(rows: $0, operands.value) }
  }

  package func forward(images: Range<Int>, _ operands: ConvolutionOperands) {
    let height = geometry.outputHeight
    forward(rows: images.lowerBound * height..<images.upperBound * height, operands)
  }

  private func forward(rows: Range<Int>, _ operands: ConvolutionOperands) {
    kernels.value.depthwise(
      shape, rows.lowerBound, rows.count, operands.input, operands.weights, operands.bias,
      operands.activation == .relu ? 1 : 0, operands.output)
  }

  /// The gradient of the weights, then that of the bias.
  package var accumulatorCount: Int { geometry.weightCount + geometry.outputChannels }

  package func gradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    let slots = RowSlots(
      images: geometry.batch, rowsPerImage: geometry.outputHeight,
      minimumRows: geometry.rowsBetweenNeighbours,
      wanted: geometry.outputCount * geometry.kernelHeight * geometry.kernelWidth / 500_000)
    withScratch(slots.count * accumulatorCount) { accumulators in
      var operands = operands
      if slots.images == nil {
        writeInputGradient(&operands, images: 0..<geometry.batch) { $0.forward($1) }
      }
      let shared = Unchecked((operands, accumulators))
      slots.forEach { slot, rows in
        let (operands, accumulators) = shared.value
        let accumulator = accumulators + slot * accumulatorCount
        accumulator.update(repeating: 0, count: accumulatorCount)
        if let images = slots.images {
          accumulateGradients(images: images[slot], operands, into: accumulator)
        } else {
          accumulateGradients(rows: rows, operands, into: accumulator)
        }
      }
      finishGradients(
        (0..<slots.count).map { accumulators + $0 * accumulatorCount },
        weightGradient: weightGradient, biasGradient: biasGradient)
    }
  }

  package func accumulateGradients(
    images: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?
  ) {
    let height = geometry.outputHeight
    // Image by image, so that what one gradient has read the other finds in the cache.
    for image in images {
      var operands = operands
      writeInputGradient(&operands, images: image..<image + 1) {
        $0.forward(images: image..<image + 1, $1)
      }
      accumulateGradients(
        rows: image * height..<(image + 1) * height, operands, into: accumulator)
    }
  }

  /// Writes the gradient of the input by the forward pass of `adjoint`, after which the operands ask for it no more; or zeros,
  /// for the taps to add to.
  private func writeInputGradient(
    _ operands: inout ConvolutionGradientOperands, images: Range<Int>,
    forward: (DepthwiseConvolution, ConvolutionOperands) -> Void
  ) {
    guard let target = operands.inputGradient, let weights = operands.weights else { return }
    guard let adjoint else { return geometry.zeroImages(images, of: target) }
    operands.withPlainUpstream(images: images, of: geometry) { upstream in
      forward(
        adjoint,
        ConvolutionOperands(
          input: upstream, weights: weights, bias: nil, activation: .none, output: target))
    }
    operands.inputGradient = nil
  }

  private func accumulateGradients(
    rows: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?
  ) {
    require(operands.choices == nil, "DepthwiseConvolution: does not pool")
    kernels.value.depthwise_gradients(
      shape, rows.lowerBound, rows.count, operands.input, operands.upstream, operands.output,
      operands.scale, operands.weights,
      operands.weights == nil ? nil : operands.inputGradient, accumulator,
      accumulator.map { $0 + geometry.weightCount })
  }

  package func finishGradients(
    _ accumulators: [UnsafeMutablePointer<Float>], weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    guard let total = accumulators.first else {
      weightGradient?.update(repeating: 0, count: geometry.weightCount)
      biasGradient?.update(repeating: 0, count: geometry.outputChannels)
      return
    }
    addUp(accumulators, count: accumulatorCount)
    weightGradient?.update(from: total, count: geometry.weightCount)
    biasGradient?.update(from: total + geometry.weightCount, count: geometry.outputChannels)
  }
}
