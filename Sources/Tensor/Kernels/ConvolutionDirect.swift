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

  private init(_ geometry: ConvolutionGeometry, kernels: Unchecked<ConvolutionKernels>) {
    geometry.check("DirectConvolution")
    self.geometry = geometry
    self.kernels = kernels
    let inputs = geometry.inputChannels / geometry.groups
    // A row of the kernel lies side by side in the image, unless something comes between.
    let isJoined = geometry.groups == 1 && geometry.dilationWidth == 1
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

  var panel: Int { kernels.value.panel_width }
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
      kernels.value.pack_panels(
        weights + group * outputsPerGroup, depth, outputsPerGroup, geometry.outputChannels,
        packed + group * outputPanels * depth * panel)
    }
  }

  /// The gradient of the input as a forward pass of its own, from the upstream gradient and turned weights.
  ///
  /// It reads patches where the adjoint of copying them would add to overlapping ones. Only for stride 1, where it wastes
  /// nothing.
  var adjoint: DirectConvolution? {
    let (rows, columns) = (geometry.reach.height - 1, geometry.reach.width - 1)
    guard geometry.strideHeight == 1, geometry.strideWidth == 1, geometry.groups == 1,
      max(geometry.paddingTop, geometry.paddingBottom) <= rows,
      max(geometry.paddingLeft, geometry.paddingRight) <= columns
    else { return nil }
    return DirectConvolution(
      ConvolutionGeometry(
        batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth,
        inputChannels: geometry.outputChannels, outputChannels: geometry.inputChannels,
        kernel: (geometry.kernelHeight, geometry.kernelWidth),
        padding: (
          rows - geometry.paddingTop, rows - geometry.paddingBottom,
          columns - geometry.paddingLeft, columns - geometry.paddingRight
        ), dilation: (geometry.dilationHeight, geometry.dilationWidth)), kernels: kernels)
  }

  /// The weights for the gradient of the input: those of `adjoint`, or transposed as panels, run by run.
  package func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    if let adjoint { return prepareTurnedWeights(weights, for: adjoint, into: packed) }
    withScratch(geometry.weightCount) { transposed in
      Float.kernels.transpose(
        weights, geometry.outputChannels, depth, geometry.outputChannels, transposed, depth,
        .throughCache)
      var target = packed
      for group in 0..<geometry.groups {
        for run in 0..<shape.runs {
          kernels.value.pack_panels(
            transposed + group * outputsPerGroup * depth + run * shape.run_length,
            outputsPerGroup, shape.run_length, depth, target)
          target += runPanels * outputsPerGroup * panel
        }
      }
    }
  }

  /// The taps in reverse order, inputs and outputs exchanged.
  private func prepareTurnedWeights(
    _ weights: UnsafePointer<Float>, for adjoint: DirectConvolution,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let taps = geometry.kernelHeight * geometry.kernelWidth
    withScratch(geometry.weightCount) { turned in
      for tap in 0..<taps {
        Float.kernels.transpose(
          weights + tap * inputs * outputs, outputs, inputs, outputs,
          turned + (taps - 1 - tap) * inputs * outputs, inputs, .throughCache)
      }
      adjoint.prepareWeights(turned, into: packed)
    }
  }

  // MARK: Forward

  package func forward(_ operands: ConvolutionOperands) {
    let operands = Unchecked(operands)
    let capacity = forwardCapacity
    let blocks = max(1, 5_000_000 / max(depth * geometry.outputChannels * capacity, 1))
    Parallel.forEachRange(of: geometry.batch * pixelsPerImage, grain: blocks * capacity) {
      forward(pixels: $0, operands.value)
    }
  }

  package func forward(images: Range<Int>, _ operands: ConvolutionOperands) {
    forward(
      pixels: images.lowerBound * pixelsPerImage..<images.upperBound * pixelsPerImage, operands)
  }

  /// So many pixels that their patches stay in the first-level cache from when they are copied until every panel has been
  /// multiplied.
  private var forwardCapacity: Int {
    let unit = kernels.value.rows * max(1, 14 / kernels.value.rows)
    let fitting = Self.patchFloats / max(runsAtOnce * blockedRunLength, 1) / unit
    return min(max(fitting, 1), 8) * unit
  }

  private func forward(pixels: Range<Int>, _ operands: ConvolutionOperands) {
    let capacity = min(forwardCapacity, pixels.count)
    withScratch(capacity * runsAtOnce * blockedRunLength) { patches in
      for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: max(capacity, 1)) {
        let count = min(capacity, pixels.upperBound - first)
        for group in 0..<geometry.groups {
          for run in stride(from: 0, to: shape.runs, by: runsAtOnce) {
            let block = PatchBlock(
              first_pixel: first, pixels: count, capacity: capacity, first_run: run,
              runs: min(runsAtOnce, shape.runs - run), group: group)
            kernels.value.pack_patches(shape, block, operands.input, patches)
            multiply(block, patches, operands)
          }
        }
      }
    }
  }

  /// Multiplies some runs of patches by all panels of their group.
  private func multiply(
    _ block: PatchBlock, _ patches: UnsafePointer<Float>, _ operands: ConvolutionOperands
  ) {
    var flags = 0
    if block.first_run > 0 { flags |= PRODUCT_ACCUMULATE }
    if block.first_run + block.runs == shape.runs, operands.activation == .relu {
      flags |= PRODUCT_RECTIFY
    }
    for index in 0..<outputPanels {
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
