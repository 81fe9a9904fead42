import CKernels

/// The whole batch at once, for layers of many channels and few tiles, as they stand deep in a network.
///
/// Cutting such a batch into slots would leave each too few tiles for the transformed weights it has to read, and for a sum
/// of gradients as large as they. So V and dM are kept for all tiles, and the work is split over channels and frequencies,
/// where no two slots write the same scalar and nothing has to be added up.
extension WinogradConvolution {
  private var tiles: Range<Int> { 0..<geometry.batch * tilesPerImage }
  private var width: Int { kernels.value.vector_width }

  /// V or dM of the whole batch.
  private func wholeBlock(_ channels: Range<Int>, of total: Int) -> WinogradBlock {
    var whole = block(tiles: tiles, capacity: tiles.count, channels: 0..<total)
    whole.first_channel = channels.lowerBound
    whole.channels = channels.count
    return whole
  }

  private func isDeep(channelsToSplit: Int, scratch: Int, slots: Int) -> Bool {
    slots < 8 && !tiles.isEmpty && channelsToSplit >= 2 * panel
      && scratch * tiles.count <= 16 << 20
  }

  var isDeepForward: Bool {
    isDeep(
      channelsToSplit: geometry.outputChannels, scratch: Self.planes * geometry.inputChannels,
      slots: tiles.count / forwardCapacity)
  }

  var isDeepBackward: Bool {
    isDeep(
      channelsToSplit: geometry.inputChannels,
      scratch: Self.planes * (geometry.inputChannels + geometry.outputChannels),
      slots: tiles.count / Self.tilesPerAccumulator)
  }

  private func transformInput(
    _ input: UnsafePointer<Float>, into planes: UnsafeMutablePointer<Float>
  ) {
    let pointers = Unchecked((input, planes))
    let chunks = Self.chunks(of: geometry.inputChannels, width: panel)
    Parallel.forEach(chunks.count) { slot in
      let (input, planes) = pointers.value
      let channels = chunks[slot]
      kernels.value.winograd_input(
        shape, wholeBlock(channels, of: geometry.inputChannels), input,
        planes + channels.lowerBound * tiles.count)
    }
  }

  /// Calls `body` for ranges of tiles, with products of panel `channels`: rows of `a`, which is V or dM, times `weights`.
  private func forEachProduct(
    _ a: UnsafePointer<Float>, depth: Int, _ weights: UnsafePointer<Float>,
    channels: Range<Int>, _ body: (WinogradBlock, UnsafePointer<Float>) -> Void
  ) {
    let capacity = min(tiles.count, 8 * kernels.value.rows * max(1, 14 / kernels.value.rows))
    let target = panelBlock(tiles: tiles, capacity: capacity, channels: channels)
    withScratch(Self.planes * target.plane_stride) { products in
      for first in stride(from: 0, to: tiles.count, by: capacity) {
        let count = min(capacity, tiles.count - first)
        var source = wholeBlock(0..<depth, of: depth)
        source.tiles = count
        var target = target
        target.first_tile = first
        target.tiles = count
        kernels.value.winograd_products(
          a + first * width, source,
          weights + channels.lowerBound * Self.planes * depth, depth, products,
          target.plane_stride, channels.count, 0)
        body(target, products)
      }
    }
  }

  /// The forward pass: `finish` gets the products of every panel.
  func deepForward(
    _ operands: ConvolutionOperands,
    finish: (_ block: WinogradBlock, _ products: UnsafePointer<Float>) -> Void
  ) {
    let inputs = geometry.inputChannels
    withScratch(Self.planes * wholeBlock(0..<inputs, of: inputs).plane_stride) { planes in
      transformInput(operands.input, into: planes)
      withoutActuallyEscaping(finish) { finish in
        let shared = Unchecked((planes, operands.weights, finish))
        let panels = Self.chunks(of: geometry.outputChannels, width: panel)
        Parallel.forEach(panels.count) { slot in
          let (planes, weights, finish) = shared.value
          forEachProduct(planes, depth: inputs, weights, channels: panels[slot], finish)
        }
      }
    }
  }

  /// The backward pass.
  func deepGradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let inputCount =
      weightGradient == nil
      ? 0 : Self.planes * wholeBlock(0..<inputs, of: inputs).plane_stride
    let outputCount = Self.planes * wholeBlock(0..<outputs, of: outputs).plane_stride
    withScratch(inputCount + outputCount) { planes in
      let gradient = planes + inputCount
      let shared = Unchecked((operands, biasGradient, gradient))
      let outputChunks = Self.chunks(of: outputs, width: panel)
      biasGradient?.update(repeating: 0, count: outputs)
      Parallel.forEach(outputChunks.count) { slot in
        let (operands, biasGradient, gradient) = shared.value
        let channels = outputChunks[slot]
        kernels.value.winograd_gradient(
          shape, wholeBlock(channels, of: outputs), operands.upstream, operands.output,
          operands.choices, operands.scale, gradient + channels.lowerBound * tiles.count,
          biasGradient)
      }
      if let weightGradient {
        transformInput(operands.input, into: planes)
        deepWeightGradient(planes, gradient, into: weightGradient)
      }
      guard operands.weights != nil, operands.inputGradient != nil else { return }
      let inputPanels = Self.chunks(of: inputs, width: panel)
      Parallel.forEach(geometry.batch) {
        geometry.zeroImages($0..<$0 + 1, of: shared.value.0.inputGradient)
      }
      Parallel.forEach(inputPanels.count) { slot in
        let (operands, _, gradient) = shared.value
        guard let weights = operands.weights, let target = operands.inputGradient else { return }
        forEachProduct(gradient, depth: outputs, weights, channels: inputPanels[slot]) {
          kernels.value.winograd_input_gradient(shape, $0, $1, target)
        }
      }
    }
  }

  /// From V and dM, in tiles of channels, whose sums stay in the second-level cache until they are transformed back.
  private func deepWeightGradient(
    _ planes: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
    into weightGradient: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    // Smaller ones where there would be too few for the threads.
    var (high, wide) = (2 * panel, 2 * panel)
    var slots: Int { ((inputs + high - 1) / high) * ((outputs + wide - 1) / wide) }
    if slots < 16 { wide = panel }
    while slots < 16, high > width { high /= 2 }
    let (rows, columns) = (
      Self.chunks(of: inputs, width: high), Self.chunks(of: outputs, width: wide)
    )
    let sumsCount = Self.planes * high * wide
    let shared = Unchecked((planes, gradient, weightGradient))
    Parallel.forEach(rows.count * columns.count) { [high, wide] slot in
      let (planes, gradient, weightGradient) = shared.value
      let (rows, columns) = (rows[slot / columns.count], columns[slot % columns.count])
      var inputBlock = wholeBlock(0..<inputs, of: inputs)
      inputBlock.channels = rows.count
      var outputBlock = wholeBlock(0..<outputs, of: outputs)
      outputBlock.channels = columns.count
      withScratch(sumsCount) { sums in
        sums.update(repeating: 0, count: sumsCount)
        kernels.value.winograd_weight_products(
          planes + rows.lowerBound * tiles.count, inputBlock,
          gradient + columns.lowerBound * tiles.count, outputBlock, sums, high, wide)
        kernels.value.winograd_weight_gradient(
          shape.tile, sums, high, wide, inputs, columns.count, outputs, 0, rows.count,
          weightGradient + rows.lowerBound * outputs + columns.lowerBound)
      }
    }
  }
}
