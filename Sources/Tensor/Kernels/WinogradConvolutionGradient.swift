import CKernels

extension WinogradConvolution {
  /// Scalars of one accumulator: the weights' gradient in the transformed domain, then the bias's.
  package var accumulatorCount: Int { transformedGradientCount + geometry.outputChannels }

  var transformedGradientCount: Int { Self.planes * depth * columns }
  /// The rows of the transformed gradient: input channels in whole vectors.
  var depth: Int {
    geometry.inputChannels.roundedUp(toMultipleOf: kernels.value.vector_width)
  }
  /// Its columns: output channels in whole vectors.
  var columns: Int {
    geometry.outputChannels.roundedUp(toMultipleOf: kernels.value.vector_width)
  }

  package func gradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    if isDeepBackward {
      return deepGradients(
        operands, weightGradient: weightGradient, biasGradient: biasGradient)
    }
    let slots = gradientSlots
    let needsWeights = weightGradient != nil
    let accumulates = needsWeights || biasGradient != nil
    withScratch(accumulates ? slots.count * accumulatorCount : 0) { accumulators in
      if slots.images == nil, let gradient = operands.inputGradient {
        gradient.update(repeating: 0, count: geometry.inputCount)
      }
      let shared = Unchecked((operands, accumulators))
      slots.forEach { slot, tileRows in
        let (operands, accumulators) = shared.value
        let accumulator = accumulates ? accumulators + slot * accumulatorCount : nil
        accumulator?.update(repeating: 0, count: accumulatorCount)
        if let images = slots.images {
          geometry.zeroImages(images[slot], of: operands.inputGradient)
        }
        accumulateGradients(
          tileRows: tileRows, operands, into: accumulator, weights: needsWeights)
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
    geometry.zeroImages(images, of: operands.inputGradient)
    accumulateGradients(
      tileRows: images.lowerBound * shape.tile_rows..<images.upperBound * shape.tile_rows,
      operands, into: accumulator, weights: true)
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
    biasGradient?.update(
      from: total + transformedGradientCount, count: geometry.outputChannels)
    guard let weightGradient else { return }
    let pointers = Unchecked((total, weightGradient))
    let grain = max(1, 100_000 / (Self.planes * columns))
    Parallel.forEachRange(of: geometry.inputChannels, grain: grain) { rows in
      let (total, weightGradient) = pointers.value
      kernels.value.winograd_weight_gradient(
        shape.tile, total, depth, columns, geometry.inputChannels, geometry.outputChannels,
        geometry.outputChannels, rows.lowerBound, rows.count, weightGradient)
    }
  }

  /// So many tiles make the cost of an accumulator of their own small.
  static let tilesPerAccumulator = 200

  /// How the batch is cut.
  ///
  /// Each slot has an accumulator, so it needs tiles enough to be worth one.
  private var gradientSlots: RowSlots {
    let tiles = geometry.batch * tilesPerImage
    // What patches reach beyond their tiles, in rows of tiles.
    let overlap = (Self.patch - 1) / shape.tile
    return RowSlots(
      images: geometry.batch, rowsPerImage: shape.tile_rows, minimumRows: overlap,
      wanted: min(tiles / Self.tilesPerAccumulator, (32 << 20) / (accumulatorCount * 4)))
  }

  /// The blocks that both loops of the backward pass work on.
  private struct Blocking {
    /// Channels at a time.
    ///
    /// The narrower side is whole and stays in the cache, the other comes in chunks of two panels: sums over a single panel
    /// would be added to more often than is worth it.
    var inputs, outputs: Int
    var capacity: Int
  }

  private var blocking: Blocking {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let (narrow, chunk) = (min(inputs, outputs), min(2 * panel, max(inputs, outputs)))
    // V, dM and dV of a tile; U and dU of the chunk.
    let perTile = inputs <= outputs ? 2 * narrow + chunk : narrow + 2 * chunk
    return Blocking(
      inputs: inputs <= outputs ? inputs : chunk, outputs: inputs <= outputs ? chunk : outputs,
      capacity: capacity(
        perTile: Self.planes * perTile, fixed: 2 * Self.planes * narrow * chunk))
  }

  /// The buffers of one backward pass, whose planes hold one block of tiles.
  private struct Workspace {
    /// V and dM.
    var input, gradient: UnsafeMutablePointer<Float>
    /// dV, panel by panel.
    var inputGradient: UnsafeMutablePointer<Float>
  }

  private func accumulateGradients(
    tileRows: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?, weights: Bool
  ) {
    let tiles = tileRows.lowerBound * shape.tile_columns..<tileRows.upperBound * shape.tile_columns
    let blocking = blocking
    let capacity = min(blocking.capacity, tiles.count)
    guard capacity > 0 else { return }
    func planeCount(_ channels: Int) -> Int {
      Self.planes * block(tiles: tiles, capacity: capacity, channels: 0..<channels).plane_stride
    }
    let inputCount = planeCount(blocking.inputs)
    let gradientCount = planeCount(blocking.outputs)
    let panels = (blocking.inputs + panel - 1) / panel
    withScratch(inputCount + gradientCount + panels * planeCount(panel)) { scratch in
      let workspace = Workspace(
        input: scratch, gradient: scratch + inputCount,
        inputGradient: scratch + inputCount + gradientCount)
      for first in stride(from: tiles.lowerBound, to: tiles.upperBound, by: capacity) {
        accumulateGradients(
          block: first..<min(first + capacity, tiles.upperBound), capacity: capacity, blocking,
          workspace, operands, into: accumulator, weights: weights)
      }
    }
  }

  private func accumulateGradients(
    block tiles: Range<Int>, capacity: Int, _ blocking: Blocking, _ workspace: Workspace,
    _ operands: ConvolutionGradientOperands, into accumulator: UnsafeMutablePointer<Float>?,
    weights: Bool
  ) {
    let inputChunks = Self.chunks(of: geometry.inputChannels, width: blocking.inputs)
    let outputChunks = Self.chunks(of: geometry.outputChannels, width: blocking.outputs)
    for inputs in inputChunks {
      let inputBlock = block(tiles: tiles, capacity: capacity, channels: inputs)
      if weights {
        kernels.value.winograd_input(shape, inputBlock, operands.input, workspace.input)
      }
      for outputs in outputChunks {
        let outputBlock = block(tiles: tiles, capacity: capacity, channels: outputs)
        let isFirst = inputs.lowerBound == 0
        if isFirst || outputChunks.count > 1 {
          kernels.value.winograd_gradient(
            shape, outputBlock, operands.upstream, operands.output, operands.choices,
            operands.scale, workspace.gradient,
            isFirst ? accumulator.map { $0 + transformedGradientCount } : nil)
        }
        if weights, let accumulator {
          kernels.value.winograd_weight_products(
            workspace.input, inputBlock, workspace.gradient, outputBlock, accumulator, depth,
            columns)
        }
        guard let transformed = operands.weights, operands.inputGradient != nil else { continue }
        forEachPanel(of: inputs, tiles: tiles, capacity: capacity, workspace) {
          panelBlock, target in
          kernels.value.winograd_products(
            workspace.gradient, outputBlock,
            transformed + panelBlock.first_channel * Self.planes * geometry.outputChannels
              + outputs.lowerBound * panel,
            geometry.outputChannels, target, panelBlock.plane_stride, panelBlock.channels,
            outputs.lowerBound == 0 ? 0 : Int32(PRODUCT_ACCUMULATE))
        }
      }
      guard let gradient = operands.inputGradient else { continue }
      forEachPanel(of: inputs, tiles: tiles, capacity: capacity, workspace) { panelBlock, source in
        kernels.value.winograd_input_gradient(shape, panelBlock, source, gradient)
      }
    }
  }

  /// Calls `body` for each panel of dV.
  private func forEachPanel(
    of inputs: Range<Int>, tiles: Range<Int>, capacity: Int, _ workspace: Workspace,
    _ body: (_ block: WinogradBlock, _ products: UnsafeMutablePointer<Float>) -> Void
  ) {
    var products = workspace.inputGradient
    for channels in Self.chunks(of: inputs.count, width: panel) {
      let block = panelBlock(
        tiles: tiles, capacity: capacity,
        channels: inputs.lowerBound + channels.lowerBound..<inputs.lowerBound + channels.upperBound)
      body(block, products)
      products += Self.planes * block.plane_stride
    }
  }
}
