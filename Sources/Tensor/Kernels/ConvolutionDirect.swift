import CKernels

/// Any convolution as a product of patches and weights: every multiplication is done, in the plain order of the sum.
///
/// Patches are copied block by block into the layout of the product (im2col that never leaves the cache), which costs a few
/// percent. The error is that of a plain sum in `Float`: relative (L2, uniform data) 1e-7 to 3e-7 for up to a thousand
/// terms, 1e-6 for three thousand. Padding enters as zeros, so that an infinite weight makes what it pads not a number.
package struct DirectConvolution: ConvolutionKernel {
  package let geometry: ConvolutionGeometry
  let kernels: Unchecked<ConvolutionKernels>
  let shape: PatchShape

  package init(_ geometry: ConvolutionGeometry, instructionSet: InstructionSet = .selected) {
    self.init(geometry, kernels: Unchecked(instructionSet.convolution))
  }

  init(_ geometry: ConvolutionGeometry, kernels: Unchecked<ConvolutionKernels>) {
    geometry.check("DirectConvolution")
    self.geometry = geometry
    self.kernels = kernels
    let inputs = geometry.inputChannels / geometry.groups
    // A row of the kernel lies side by side in the image, unless something comes between. One that is long enough alone is
    // cut: the shorter the runs, the more pixels may be taken at once.
    let isJoined =
      geometry.groups == 1 && geometry.dilationWidth == 1
      && inputs * geometry.kernelWidth <= Self.longestRun
    shape = PatchShape(
      batch: geometry.batch, height: geometry.height, width: geometry.width,
      channels: geometry.inputChannels, output_height: geometry.outputHeight,
      output_width: geometry.outputWidth, output_channels: geometry.outputChannels,
      kernel_height: geometry.kernelHeight, kernel_width: geometry.kernelWidth,
      stride_height: geometry.strideHeight, stride_width: geometry.strideWidth,
      dilation_height: geometry.dilationHeight, dilation_width: geometry.dilationWidth,
      padding_top: geometry.paddingTop, padding_left: geometry.paddingLeft,
      groups: geometry.groups,
      runs: geometry.kernelHeight * (isJoined ? 1 : geometry.kernelWidth),
      run_length: inputs * (isJoined ? geometry.kernelWidth : 1))
  }

  /// A row of the kernel is no longer than this, if it is cut.
  private static let longestRun = 512

  var panel: Int { kernels.value.panel_width }
  private var panels: WeightPanels { WeightPanels(kernels: kernels) }
  /// Multiplications per output: the rows of the weights.
  var depth: Int { shape.runs * shape.run_length }
  var outputsPerGroup: Int { geometry.outputChannels / geometry.groups }
  var outputPanels: Int { (outputsPerGroup + panel - 1) / panel }
  var runPanels: Int { (shape.run_length + panel - 1) / panel }
  var pixelsPerImage: Int { geometry.outputHeight * geometry.outputWidth }

  /// Scalars of one pixel of one run in blocks.
  var blockedRunLength: Int {
    shape.run_length.roundedUp(toMultipleOf: kernels.value.vector_width)
  }

  /// How many runs to take at once: as many as keep a tile of patches and a panel of weights in the first-level cache.
  var runsAtOnce: Int { min(shape.runs, max(1, 400 / max(blockedRunLength, 1))) }

  /// Half of a first-level cache, less what panels of weights need as they pass.
  private static let patchFloats = 6 << 10

  /// How many pixels to take at once, a multiple of the rows of a product's tile.
  func capacity(floatsPerPixel: Int) -> Int {
    let rows = kernels.value.rows
    let unit = rows * max(1, 14 / rows)
    return min(max(WinogradConvolution.cacheFloats / 3 / max(floatsPerPixel, 1) / unit, 2), 8)
      * unit
  }

  // MARK: Weights

  package var preparedWeightCount: (forward: Int, gradient: Int) {
    (
      forwardWeightCount,
      adjoint?.forwardWeightCount
        ?? geometry.groups * shape.runs * runPanels * outputsPerGroup * panel
    )
  }
  private var forwardWeightCount: Int { geometry.groups * outputPanels * depth * panel }

  /// The weights as panels, group by group.
  package func prepareWeights(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<geometry.groups {
      panels.pack(
        weights + group * outputsPerGroup, depth: depth, columns: outputsPerGroup,
        stride: geometry.outputChannels, into: packed + group * outputPanels * depth * panel)
    }
  }

  /// The gradient of the input as a forward pass of its own, from the upstream gradient and turned weights.
  ///
  /// It reads patches where the adjoint of copying them would add to overlapping ones. Only for stride 1, where it wastes
  /// nothing.
  var adjoint: DirectConvolution? {
    guard geometry.groups == 1 else { return nil }
    return geometry.adjoint.map { DirectConvolution($0, kernels: kernels) }
  }

  /// The weights for the gradient of the input, inputs and outputs exchanged: those of `adjoint`, whose taps come in reverse
  /// order, or run by run.
  package func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    let outputs = geometry.outputChannels
    if let adjoint {
      let (inputs, taps) = (geometry.inputChannels, geometry.kernelHeight * geometry.kernelWidth)
      return panels.pack(
        (0..<taps).map {
          WeightPanels.Transposed(
            source: weights + (taps - 1 - $0) * inputs * outputs,
            target: packed + $0 * outputs * panel)
        }, depth: outputs, columns: inputs, stride: outputs, panelStride: adjoint.depth * panel)
    }
    let matrixCount = runPanels * outputsPerGroup * panel
    panels.pack(
      (0..<geometry.groups * shape.runs).map { index in
        let (group, run) = index.quotientAndRemainder(dividingBy: shape.runs)
        return WeightPanels.Transposed(
          source: weights + run * shape.run_length * outputs + group * outputsPerGroup,
          target: packed + index * matrixCount)
      }, depth: outputsPerGroup, columns: shape.run_length, stride: outputs,
      panelStride: outputsPerGroup * panel)
  }

  // MARK: Forward

  package func forward(_ operands: ConvolutionOperands) {
    let pixels = geometry.batch * pixelsPerImage
    let capacity = forwardCapacity(for: pixels)
    let blocks = max(1, 5_000_000 / max(depth * geometry.outputChannels * capacity, 1))
    let grain = blocks * capacity
    let parts = (pixels + grain - 1) / grain
    // Few pixels and many weights are shared out by outputs as well.
    let panelsAtOnce = isDeep && parts < 8 ? Self.deepPanels : max(outputPanels, 1)
    let chunks = WinogradConvolution.chunks(of: outputPanels, width: panelsAtOnce)
    let shared = Unchecked(operands)
    Parallel.forEach(parts * chunks.count) { slot in
      let (part, chunk) = slot.quotientAndRemainder(dividingBy: chunks.count)
      forward(
        pixels: part * grain..<min(pixels, (part + 1) * grain), panels: chunks[chunk],
        shared.value)
    }
  }

  package func forward(images: Range<Int>, _ operands: ConvolutionOperands) {
    forward(
      pixels: images.lowerBound * pixelsPerImage..<images.upperBound * pixelsPerImage,
      panels: 0..<outputPanels, operands)
  }

  /// Whether the weights outgrow the cache, as they do deep in a network.
  package var isDeep: Bool { depth * outputsPerGroup > WinogradConvolution.cacheFloats }
  /// So many panels of deep weights are a slot's share.
  static let deepPanels = 8

  /// How many pixels to take at once.
  ///
  /// So many that their patches stay in the first-level cache from when they are copied until every panel has been multiplied;
  /// or in the second-level one, and in equal parts, where weights come from beyond it and each part reads all of them.
  private func forwardCapacity(for pixels: Int) -> Int {
    let unit = kernels.value.rows * max(1, 14 / kernels.value.rows)
    let perPixel = max(runsAtOnce * blockedRunLength, 1)
    guard isDeep else { return min(max(Self.patchFloats / perPixel / unit, 1), 8) * unit }
    let most = min(max(WinogradConvolution.cacheFloats / 2 / perPixel / unit, 1), 16) * unit
    let parts = max(1, (pixels + most - 1) / most)
    return ((pixels + parts - 1) / parts).roundedUp(toMultipleOf: unit)
  }

  /// Whether patches are the pixels themselves, side by side, so that the product can read them where they lie.
  private var isPointwise: Bool {
    geometry.reach == (1, 1) && geometry.strideHeight == 1 && geometry.strideWidth == 1
      && geometry.groups == 1 && geometry.outputHeight == geometry.height
      && geometry.outputWidth == geometry.width
      && geometry.outputChannels.isMultiple(of: panel)
  }

  /// As `forward(pixels:panels:_:)`, without copies.
  private func forwardPointwise(
    pixels: Range<Int>, panels: Range<Int>, _ operands: ConvolutionOperands
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let channel = panels.lowerBound * panel
    let capacity = forwardCapacity(for: pixels.count)
    for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: capacity) {
      kernels.value.rows_product(
        operands.input + first * inputs, inputs, min(capacity, pixels.upperBound - first), inputs,
        operands.weights + channel * inputs, operands.bias.map { $0 + channel },
        operands.output + first * outputs + channel, outputs, panels.count,
        operands.activation == .relu ? Int32(PRODUCT_RECTIFY) : 0)
    }
  }

  private func forward(pixels: Range<Int>, panels: Range<Int>, _ operands: ConvolutionOperands) {
    if isPointwise, !isDeep {
      return forwardPointwise(pixels: pixels, panels: panels, operands)
    }
    let capacity = min(forwardCapacity(for: pixels.count), pixels.count)
    withScratch(capacity * runsAtOnce * blockedRunLength) { patches in
      for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: max(capacity, 1)) {
        let count = min(capacity, pixels.upperBound - first)
        for group in 0..<geometry.groups {
          for run in stride(from: 0, to: shape.runs, by: runsAtOnce) {
            let block = PatchBlock(
              first_pixel: first, pixels: count, capacity: capacity, first_run: run,
              runs: min(runsAtOnce, shape.runs - run), group: group)
            kernels.value.pack_patches(shape, block, operands.input, patches)
            multiply(block, patches, panels: panels, operands)
          }
        }
      }
    }
  }

  /// Multiplies some runs of patches by some panels of their group.
  private func multiply(
    _ block: PatchBlock, _ patches: UnsafePointer<Float>, panels: Range<Int>,
    _ operands: ConvolutionOperands
  ) {
    var flags = 0
    if block.first_run > 0 { flags |= PRODUCT_ACCUMULATE }
    if block.first_run + block.runs == shape.runs, operands.activation == .relu {
      flags |= PRODUCT_RECTIFY
    }
    for index in panels {
      let channel = block.group * outputsPerGroup + index * panel
      let weights =
        operands.weights
        + ((block.group * outputPanels + index) * depth + block.first_run * shape.run_length)
        * panel
      kernels.value.product(
        patches, block.capacity, block.pixels, block.runs, shape.run_length, weights, panel,
        operands.bias.map { $0 + channel },
        operands.output + block.first_pixel * geometry.outputChannels + channel,
        geometry.outputChannels, min(panel, outputsPerGroup - index * panel), Int32(flags))
    }
  }
}
