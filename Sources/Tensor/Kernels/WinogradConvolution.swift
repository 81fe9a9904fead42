import CKernels

/// A 3×3 or 5×5 convolution of stride 1 by Winograd's algorithms F(4×4, 3×3) and F(2×2, 5×5): 36 multiplications instead of
/// 144 and of 100.
///
/// `Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A` for each tile of 4×4 or 2×2 outputs, summed over input channels between the transforms,
/// where it is 36 matrix products. Points 0, ±3/4, ±3/2, ∞ for both, which therefore share `B`, and all but the size of a tile.
///
/// The relative error (L2, uniform data) is about 4e-7 to 6e-7 for 32 and 8e-7 to 11e-7 for 128 input channels, some three
/// times that of the direct convolution in `Float`. With 5×5 it is a tenth more, and twice as much for the gradient of the
/// weights (13e-7 on images of 28×28), which sums over four times as many tiles.
///
/// What is not a number in the input makes all outputs of each tile that reads it not a number, where the direct convolution
/// spoils only the outputs that depend on it; so may what is infinite. (Lavin and Gray, CVPR 2016.)
package struct WinogradConvolution: ConvolutionKernel {
  package let geometry: ConvolutionGeometry
  let kernels: Unchecked<ConvolutionKernels>
  let shape: WinogradShape

  /// Whether the algorithm applies: 3×3 or 5×5, stride 1, one group, no dilation.
  package static func supports(_ geometry: ConvolutionGeometry) -> Bool {
    (geometry.kernelHeight == 3 || geometry.kernelHeight == 5)
      && geometry.kernelWidth == geometry.kernelHeight && geometry.strideHeight == 1
      && geometry.strideWidth == 1 && geometry.dilationHeight == 1 && geometry.dilationWidth == 1
      && geometry.groups == 1
  }

  /// The side of a patch, which is what a tile of outputs depends on.
  static let patch = 6

  /// The rows, and columns, of a tile of outputs: as many as a patch has room for.
  static func outputsPerTile(_ geometry: ConvolutionGeometry) -> Int {
    patch + 1 - geometry.kernelHeight
  }

  /// The tiles of one image, down and across.
  static func tiles(_ geometry: ConvolutionGeometry) -> (rows: Int, columns: Int) {
    let size = outputsPerTile(geometry)
    return (
      (geometry.outputHeight + size - 1) / size, (geometry.outputWidth + size - 1) / size
    )
  }

  package init(
    _ geometry: ConvolutionGeometry, instructionSet: InstructionSet = .selected
  ) {
    geometry.check("WinogradConvolution")
    require(
      geometry.inputChannels >= 1 && geometry.outputChannels >= 1,
      "WinogradConvolution: needs channels, got \(geometry)")
    require(
      Self.supports(geometry),
      "WinogradConvolution: needs 3×3 or 5×5, stride 1, dilation 1 and one group, got \(geometry)")
    self.geometry = geometry
    kernels = Unchecked(instructionSet.convolution)
    let tiles = Self.tiles(geometry)
    shape = WinogradShape(
      tile: Self.outputsPerTile(geometry), height: geometry.height, width: geometry.width,
      input_channels: geometry.inputChannels, output_channels: geometry.outputChannels,
      padding_top: geometry.paddingTop, padding_left: geometry.paddingLeft,
      output_height: geometry.outputHeight, output_width: geometry.outputWidth,
      tile_rows: tiles.rows, tile_columns: tiles.columns)
  }

  static let planes = patch * patch
  /// What V, M and one panel of U together should fit in: the second-level cache of most servers.
  static let cacheFloats = (1 << 20) / MemoryLayout<Float>.stride

  var panel: Int { kernels.value.panel_width }
  var tilesPerImage: Int { shape.tile_rows * shape.tile_columns }

  /// A block of transformed channels with room for `capacity` tiles.
  ///
  /// The planes are one vector further apart than they are long: otherwise their addresses, a power of two apart, would meet
  /// in the same sets of the cache.
  func block(tiles: Range<Int>, capacity: Int, channels: Range<Int>) -> WinogradBlock {
    let width = kernels.value.vector_width
    return WinogradBlock(
      first_tile: tiles.lowerBound, tiles: tiles.count, capacity: capacity,
      first_channel: channels.lowerBound, channels: channels.count,
      plane_stride: channels.count.roundedUp(toMultipleOf: width) * capacity + width)
  }

  /// A panel of products of `capacity` tiles; see `block(tiles:capacity:channels:)` for the stride.
  func panelBlock(tiles: Range<Int>, capacity: Int, channels: Range<Int>) -> WinogradBlock {
    var block = block(tiles: tiles, capacity: capacity, channels: channels)
    block.plane_stride = panel * capacity + kernels.value.vector_width
    return block
  }

  /// The channels in ranges of `width`.
  static func chunks(of channels: Int, width: Int) -> [Range<Int>] {
    stride(from: 0, to: channels, by: width).map { $0..<min($0 + width, channels) }
  }

  // MARK: Weights

  package var preparedWeightCount: (forward: Int, gradient: Int) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    return (
      Self.planes * inputs * outputs.roundedUp(toMultipleOf: panel),
      Self.planes * outputs * inputs.roundedUp(toMultipleOf: panel)
    )
  }

  /// `U = G g Gᵀ` of weights `[taps, taps, inputChannels, outputChannels]`, for `forward`.
  package func prepareWeights(
    _ weights: UnsafePointer<Float>, into transformed: UnsafeMutablePointer<Float>
  ) {
    transform(
      weights, depth: geometry.inputChannels, columns: geometry.outputChannels, into: transformed)
  }

  /// Panel by panel, in parallel where there is much to do.
  private func transform(
    _ weights: UnsafePointer<Float>, depth: Int, columns: Int,
    into transformed: UnsafeMutablePointer<Float>
  ) {
    let pointers = Unchecked((weights, transformed))
    let panelsAtOnce = max(1, (1 << 12) / (depth * panel)) * panel
    Parallel.forEachRange(of: columns, grain: panelsAtOnce) { range in
      let (weights, transformed) = pointers.value
      kernels.value.winograd_weights(
        shape.tile, weights + range.lowerBound, depth, range.count, columns,
        transformed + range.lowerBound * Self.planes * depth)
    }
  }

  /// `Uᵀ`, for the gradient of the input.
  package func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into transformed: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    withScratch(geometry.weightCount) { transposed in
      let pointers = Unchecked((weights, transposed))
      let taps = geometry.kernelHeight * geometry.kernelWidth
      Parallel.forEachRange(of: taps, grain: max(1, (1 << 16) / (inputs * outputs))) { range in
        for tap in range {
          let start = tap * inputs * outputs
          Float.kernels.transpose(
            pointers.value.0 + start, outputs, inputs, outputs, pointers.value.1 + start, inputs,
            .throughCache)
        }
      }
      transform(transposed, depth: outputs, columns: inputs, into: transformed)
    }
  }

  // MARK: Forward

  package func forward(_ operands: ConvolutionOperands) {
    var operands = operands
    operands.writes = .writing(byteCount: geometry.outputCount * MemoryLayout<Float>.stride)
    if isDeepForward {
      return deepForward(operands) { [operands] in finish($0, $1, operands) }
    }
    let shared = Unchecked(operands)
    forEachTileRange { forward(tiles: $0, shared.value) }
  }

  package func forward(images: Range<Int>, _ operands: ConvolutionOperands) {
    forward(tiles: tiles(of: images), operands)
  }

  /// `output = maxPool2×2(activation(input ⋆ weights + bias))` for the whole batch; the windows do not overlap, and an odd
  /// last row or column is left out.
  ///
  /// - Parameter choices: Receives which of its four inputs each output is (`choiceBytes` of them); nil if nobody asks.
  package func forwardPooled(_ operands: ConvolutionOperands, choices: UnsafeMutablePointer<UInt8>?)
  {
    if isDeepForward {
      return deepForward(operands) { finishPooled($0, $1, operands, choices) }
    }
    let operands = Unchecked((operands, choices))
    forEachTileRange { forwardPooled(tiles: $0, operands.value.0, choices: operands.value.1) }
  }

  /// The same for some images, on this thread.
  package func forwardPooled(
    images: Range<Int>, _ operands: ConvolutionOperands, choices: UnsafeMutablePointer<UInt8>?
  ) {
    forwardPooled(tiles: tiles(of: images), operands, choices: choices)
  }

  /// The bytes of `choices` for the whole batch: two bits for each pooled output, rounded up to bytes per pixel.
  package var choiceBytes: Int {
    geometry.batch * (geometry.outputHeight / 2) * (geometry.outputWidth / 2) * 2
      * ((geometry.outputChannels + 7) / 8)
  }

  private func tiles(of images: Range<Int>) -> Range<Int> {
    images.lowerBound * tilesPerImage..<images.upperBound * tilesPerImage
  }

  private func forward(tiles: Range<Int>, _ operands: ConvolutionOperands) {
    forEachPanel(of: tiles, operands) { finish($0, $1, operands) }
  }

  private func forwardPooled(
    tiles: Range<Int>, _ operands: ConvolutionOperands, choices: UnsafeMutablePointer<UInt8>?
  ) {
    forEachPanel(of: tiles, operands) { finishPooled($0, $1, operands, choices) }
  }

  private func finish(
    _ block: WinogradBlock, _ products: UnsafePointer<Float>, _ operands: ConvolutionOperands
  ) {
    kernels.value.winograd_output(
      shape, block, products, operands.bias, operands.activation == .relu ? 1 : 0,
      operands.output, operands.writes.flag)
  }

  private func finishPooled(
    _ block: WinogradBlock, _ products: UnsafePointer<Float>, _ operands: ConvolutionOperands,
    _ choices: UnsafeMutablePointer<UInt8>?
  ) {
    kernels.value.winograd_pooled_output(
      shape, block, products, operands.bias, operands.activation == .relu ? 1 : 0,
      operands.output, choices)
  }

  /// How many tiles to work on at once: as many as fit in the cache beside their products and a panel of weights.
  var forwardCapacity: Int {
    let perTile = Self.planes * (geometry.inputChannels + panel)
    let weights = Self.planes * geometry.inputChannels * panel
    return capacity(perTile: perTile, fixed: weights)
  }

  /// A multiple of the rows of a product's tile, as many as fit beside `fixed` floats in the cache.
  ///
  /// At least two, so that the weights are not fetched for too little, and at most four, beyond which nothing is gained. Where the weights do not fit at all, four.
  func capacity(perTile: Int, fixed: Int) -> Int {
    let rows = kernels.value.rows
    let unit = rows * max(1, 14 / rows)
    guard fixed < Self.cacheFloats else { return 4 * unit }
    let fitting = (Self.cacheFloats * 3 / 4 - fixed) / perTile
    return min(max(fitting / unit, 2), 4) * unit
  }

  /// Calls `body` in parallel for ranges of tiles that are worth the call.
  private func forEachTileRange(_ body: @Sendable (Range<Int>) -> Void) {
    let work = Self.planes * geometry.inputChannels * geometry.outputChannels
    let blocks = max(1, 10_000_000 / (work * forwardCapacity))
    Parallel.forEachRange(
      of: geometry.batch * tilesPerImage, grain: blocks * forwardCapacity, body)
  }

  /// Computes the products of `tiles` on this thread, and hands them to `finish` panel by panel.
  private func forEachPanel(
    of tiles: Range<Int>, _ operands: ConvolutionOperands,
    finish: (_ block: WinogradBlock, _ products: UnsafePointer<Float>) -> Void
  ) {
    let capacity = min(forwardCapacity, tiles.count)
    let inputs = 0..<geometry.inputChannels
    let planeCount =
      Self.planes * block(tiles: tiles, capacity: capacity, channels: inputs).plane_stride
    let productCount =
      Self.planes * panelBlock(tiles: tiles, capacity: capacity, channels: 0..<panel).plane_stride
    withScratch(planeCount + productCount) { planes in
      let products = planes + planeCount
      for first in stride(from: tiles.lowerBound, to: tiles.upperBound, by: max(capacity, 1)) {
        let tiles = first..<min(first + capacity, tiles.upperBound)
        let inputBlock = block(tiles: tiles, capacity: capacity, channels: inputs)
        kernels.value.winograd_input(shape, inputBlock, operands.input, planes)
        for outputs in Self.chunks(of: geometry.outputChannels, width: panel) {
          let outputBlock = panelBlock(tiles: tiles, capacity: capacity, channels: outputs)
          kernels.value.winograd_products(
            planes, inputBlock,
            operands.weights + outputs.lowerBound * Self.planes * geometry.inputChannels,
            geometry.inputChannels, products, outputBlock.plane_stride, outputs.count, 0)
          finish(outputBlock, products)
        }
      }
    }
  }
}
