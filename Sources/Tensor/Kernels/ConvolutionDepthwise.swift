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
    let direct = DirectConvolution(geometry, instructionSet: instructionSet)
    self.geometry = geometry
    kernels = direct.kernels
    shape = direct.shape
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
    prepared.update(from: weights, count: geometry.weightCount)
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
      if slots.images == nil, let gradient = operands.inputGradient {
        gradient.update(repeating: 0, count: geometry.inputCount)
      }
      let shared = Unchecked((operands, accumulators))
      slots.forEach { slot, rows in
        let (operands, accumulators) = shared.value
        let accumulator = accumulators + slot * accumulatorCount
        accumulator.update(repeating: 0, count: accumulatorCount)
        if let images = slots.images {
          geometry.zeroImages(images[slot], of: operands.inputGradient)
        }
        accumulateGradients(rows: rows, operands, into: accumulator)
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
    geometry.zeroImages(images, of: operands.inputGradient)
    let height = geometry.outputHeight
    accumulateGradients(
      rows: images.lowerBound * height..<images.upperBound * height, operands, into: accumulator)
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
