import CKernels

extension DirectConvolution {
  private var sums: ConvolutionWeightSums {
    ConvolutionWeightSums(geometry, vectorWidth: kernels.value.vector_width)
  }
  package var accumulatorCount: Int { sums.count }
  /// Output channels of a group, in whole vectors.
  private var columns: Int { sums.columns }

  package func gradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    var operands = operands
    if let adjoint, operands.inputGradient != nil {
      addAdjoint(operands, images: 0..<geometry.batch) { adjoint.forward($0) }
      operands.inputGradient = nil
    }
    var (weightGradient, biasGradient) = (weightGradient, biasGradient)
    if isDeepBackward {
      accumulateDeepGradients(operands, weights: weightGradient, bias: biasGradient)
      (weightGradient, biasGradient) = (nil, nil)
    }
    let needsWeights = weightGradient != nil
    let accumulates = needsWeights || biasGradient != nil
    guard accumulates || operands.inputGradient != nil else { return }
    let slots = gradientSlots(accumulates: accumulates)
    withScratch(accumulates ? slots.count * accumulatorCount : 0) { accumulators in
      if slots.images == nil, let gradient = operands.inputGradient {
        gradient.update(repeating: 0, count: geometry.inputCount)
      }
      let shared = Unchecked((operands, accumulators))
      slots.forEach { slot, rows in
        let (operands, accumulators) = shared.value
        let accumulator = accumulates ? accumulators + slot * accumulatorCount : nil
        accumulator?.update(repeating: 0, count: accumulatorCount)
        if let images = slots.images {
          geometry.zeroImages(images[slot], of: operands.inputGradient)
        }
        accumulateGradients(rows: rows, operands, into: accumulator, weights: needsWeights)
      }
      guard accumulates else { return }
      finishGradients(
        (0..<slots.count).map { accumulators + $0 * accumulatorCount },
        weightGradient: weightGradient, biasGradient: biasGradient)
    }
  }

  package func accumulateGradients(
    images: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?
  ) {
    var operands = operands
    if let adjoint, operands.inputGradient != nil {
      addAdjoint(operands, images: images) { adjoint.forward(images: images, $0) }
      operands.inputGradient = nil
    }
    geometry.zeroImages(images, of: operands.inputGradient)
    let height = geometry.outputHeight
    accumulateGradients(
      rows: images.lowerBound * height..<images.upperBound * height, operands, into: accumulator,
      weights: true)
  }

  /// The gradient of the input by the forward pass of `adjoint`, from the upstream gradient, masked and scaled first where that
  /// is asked for.
  private func addAdjoint(
    _ operands: ConvolutionGradientOperands, images: Range<Int>,
    forward: (ConvolutionOperands) -> Void
  ) {
    guard let weights = operands.weights, let target = operands.inputGradient else { return }
    operands.withPlainUpstream(images: images, of: geometry) { upstream in
      forward(
        ConvolutionOperands(
          input: upstream, weights: weights, bias: nil, activation: .none, output: target))
    }
  }

  package func finishGradients(
    _ accumulators: [UnsafeMutablePointer<Float>], weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    sums.finish(accumulators, weightGradient: weightGradient, biasGradient: biasGradient)
  }

  private func gradientSlots(accumulates: Bool) -> RowSlots {
    RowSlots(
      images: geometry.batch, rowsPerImage: geometry.outputHeight,
      minimumRows: geometry.rowsBetweenNeighbours,
      wanted: accumulates ? slotsWorthAccumulators : 16)
  }

  /// How many slots have pixels enough to be worth an accumulator of their own.
  private var slotsWorthAccumulators: Int {
    min(
      geometry.batch * pixelsPerImage / 400,
      (32 << 20) / max(accumulatorCount * MemoryLayout<Float>.stride, 1))
  }

  /// Whether there are so many weights, and so few pixels, that the sum over the batch is better split by weights, as
  /// `accumulateDeepGradients` does, than by images.
  package var isDeepBackward: Bool { depth * columns >= 1 << 18 && slotsWorthAccumulators < 8 }

  private func accumulateGradients(
    rows: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?, weights: Bool
  ) {
    let first = rows.lowerBound * geometry.outputWidth
    let last = rows.upperBound * geometry.outputWidth
    let capacity = min(
      capacity(floatsPerPixel: max(runsAtOnce * blockedRunLength, columns)), last - first)
    guard capacity > 0 else { return }
    require(operands.choices == nil, "DirectConvolution: does not pool")
    let patchCount = capacity * max(runsAtOnce * blockedRunLength, panel)
    withScratch(patchCount + capacity * columns) { patches in
      let upstream = patches + patchCount
      for pixel in stride(from: first, to: last, by: capacity) {
        for group in 0..<geometry.groups {
          let block = PatchBlock(
            first_pixel: pixel, pixels: min(capacity, last - pixel), capacity: capacity,
            first_run: 0, runs: shape.runs, group: group)
          packUpstream(block, operands, accumulator.map { $0 + sums.biasStart }, into: upstream)
          if weights, let accumulator {
            addWeightGradient(
              block, operands, upstream, patches, to: accumulator + group * depth * columns)
          }
          addInputGradient(block, operands, upstream, products: patches)
        }
      }
    }
  }

  /// The gradients of weights and bias, in parallel over parts of the weights, so that no part has to be added to another:
  /// for many channels and few pixels, as they stand deep in a network.
  private func accumulateDeepGradients(
    _ operands: ConvolutionGradientOperands, weights: UnsafeMutablePointer<Float>?,
    bias: UnsafeMutablePointer<Float>?
  ) {
    // Sums are written where they belong, if they have the layout of the weights.
    let isInPlace = geometry.groups == 1 && columns == geometry.outputChannels
    bias?.update(repeating: 0, count: geometry.outputChannels)
    withScratch(weights == nil || isInPlace ? 0 : accumulatorCount) { scratch in
      accumulateDeepGradients(operands, into: weights.map { isInPlace ? $0 : scratch }, bias)
      if let weights, !isInPlace {
        finishGradients([scratch], weightGradient: weights, biasGradient: nil)
      }
    }
  }

  /// Overwrites sums of the weights' gradients, if they are wanted, and adds to the bias's.
  private func accumulateDeepGradients(
    _ operands: ConvolutionGradientOperands, into weights: UnsafeMutablePointer<Float>?,
    _ bias: UnsafeMutablePointer<Float>?
  ) {
    let pixels = geometry.batch * pixelsPerImage
    let parts = max(1, (pixels + 255) / 256)
    let capacity = (pixels + parts - 1) / parts
    let chunks = WinogradConvolution.chunks(of: columns, width: Self.deepPanels * panel)
    withScratch(capacity * columns) { upstream in
      for part in 0..<parts {
        let first = part * capacity
        for group in 0..<geometry.groups {
          let block = PatchBlock(
            first_pixel: first, pixels: min(capacity, pixels - first), capacity: capacity,
            first_run: 0, runs: 1, group: group)
          packUpstream(block, operands, bias, into: upstream)
          guard let weights else { continue }
          let shared = Unchecked((operands, upstream, weights + group * depth * columns))
          Parallel.forEach(shape.runs * chunks.count) { slot in
            let (operands, upstream, gradient) = shared.value
            let (run, chunk) = slot.quotientAndRemainder(dividingBy: chunks.count)
            addWeightGradient(
              block, run: run, channels: chunks[chunk], operands, upstream, to: gradient,
              isFirst: part == 0)
          }
        }
      }
    }
  }

  /// Adds to the rows of one run and some columns, which are zero at first.
  private func addWeightGradient(
    _ block: PatchBlock, run: Int, channels: Range<Int>, _ operands: ConvolutionGradientOperands,
    _ upstream: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>, isFirst: Bool
  ) {
    var block = block
    block.first_run = run
    let target = gradient + run * shape.run_length * columns + channels.lowerBound
    if isFirst {
      for row in 0..<shape.run_length {
        (target + row * columns).update(repeating: 0, count: channels.count)
      }
    }
    withScratch(block.capacity * blockedRunLength) { patches in
      kernels.value.pack_patches(shape, block, operands.input, patches)
      kernels.value.transposed_product(
        patches, upstream + channels.lowerBound * block.capacity, block.capacity, block.pixels, 1,
        shape.run_length, channels.count, target, columns)
    }
  }

  private func packUpstream(
    _ block: PatchBlock, _ operands: ConvolutionGradientOperands,
    _ bias: UnsafeMutablePointer<Float>?, into upstream: UnsafeMutablePointer<Float>
  ) {
    let channel = block.group * outputsPerGroup
    let place = block.first_pixel * geometry.outputChannels + channel
    kernels.value.pack_gradient(
      operands.upstream + place, operands.output.map { $0 + place }, block.pixels,
      outputsPerGroup, geometry.outputChannels, operands.scale, block.capacity, upstream,
      bias.map { $0 + channel })
  }

  private func addWeightGradient(
    _ block: PatchBlock, _ operands: ConvolutionGradientOperands,
    _ upstream: UnsafePointer<Float>, _ patches: UnsafeMutablePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    for run in stride(from: 0, to: shape.runs, by: runsAtOnce) {
      var block = block
      block.first_run = run
      block.runs = min(runsAtOnce, shape.runs - run)
      kernels.value.pack_patches(shape, block, operands.input, patches)
      kernels.value.transposed_product(
        patches, upstream, block.capacity, block.pixels, block.runs, shape.run_length, columns,
        gradient + run * shape.run_length * columns, columns)
    }
  }

  private func addInputGradient(
    _ block: PatchBlock, _ operands: ConvolutionGradientOperands,
    _ upstream: UnsafePointer<Float>, products: UnsafeMutablePointer<Float>
  ) {
    guard let weights = operands.weights, let gradient = operands.inputGradient else { return }
    for run in 0..<shape.runs {
      var block = block
      block.first_run = run
      block.runs = 1
      for index in 0..<runPanels {
        let count = min(panel, shape.run_length - index * panel)
        // Whole vectors: the packed weights are zero beyond the run.
        kernels.value.product(
          upstream, block.capacity, block.pixels, 1, outputsPerGroup,
          weights
            + ((block.group * shape.runs + run) * runPanels + index) * outputsPerGroup * panel,
          panel, nil, products, panel,
          count.roundedUp(toMultipleOf: kernels.value.vector_width), 0)
        kernels.value.add_patches(
          shape, block, products, panel, index * panel, count, gradient)
      }
    }
  }
}
