import CKernels

/// The products of a convolution, or of one phase of its gradient, with images that are read where they lie.
///
/// Result `(i, j)` stands at row `first.row + i · step.row`, column `first.column + j · step.column` of the target image, and
/// is the sum over taps `t` of the source's channels at row `i · stride.row + t.row`, column `j · stride.column + t.column`
/// times the weights of that tap. For a convolution the steps are 1. The gradient of its input is one such pass for each
/// remainder of the target's places by the strides, whose source is the upstream gradient, and none of which adds to what
/// another has written.
///
/// A few rows of a source at a time are copied into a band, whose blocks of channels a product finds at every tap: one copy
/// instead of one for each tap.
struct BandProduct: Sendable {
  struct Images: Sendable {
    var height, width, channels: Int
    var count: Int { height * width * channels }
  }
  struct Place: Sendable, Hashable { var row, column: Int }

  let source, target: Images
  let groups: Int
  let stride, first, step: Place
  let taps: [Place]
  private let kernels: Unchecked<ConvolutionKernels>

  /// Channels of a group.
  let inputs, outputs: Int
  /// The rows and columns of results.
  let rows, columns: Int
  /// The place that the first tap of row and of column sees from the first result, and how far the last is from it.
  private let corner, reach: Place
  /// Columns of a band, for each remainder by the stride.
  private let bandColumns: Int
  /// Scalars from one row of a band to the next.
  private let rowCount: Int

  init(
    source: Images, target: Images, groups: Int, stride: Place, first: Place, step: Place,
    taps: [Place], kernels: Unchecked<ConvolutionKernels>
  ) {
    self.source = source
    self.target = target
    self.groups = groups
    self.stride = stride
    self.first = first
    self.step = step
    self.taps = taps
    self.kernels = kernels
    inputs = source.channels / groups
    outputs = target.channels / groups
    rows = max(0, (target.height - first.row + step.row - 1) / step.row)
    columns = max(0, (target.width - first.column + step.column - 1) / step.column)
    let (seenRows, seenColumns) = (taps.map(\.row), taps.map(\.column))
    corner = Place(row: seenRows.min() ?? 0, column: seenColumns.min() ?? 0)
    reach = Place(
      row: (seenRows.max() ?? 0) - corner.row, column: (seenColumns.max() ?? 0) - corner.column)
    bandColumns = columns + reach.column / stride.column
    rowCount =
      stride.column * bandColumns
      * inputs.roundedUp(toMultipleOf: kernels.value.vector_width)
  }

  private var panel: Int { kernels.value.panel_width }
  private var width: Int { kernels.value.vector_width }
  /// The rows of the weights of one group.
  var depth: Int { taps.count * inputs }
  private var panels: Int { (outputs + panel - 1) / panel }
  /// Scalars of the packed weights, `[group][panel][depth][panel width]`.
  var weightCount: Int { groups * panels * depth * panel }

  // MARK: Bands

  private func bandRows(_ rows: Int) -> Int { (rows - 1) * stride.row + reach.row + 1 }
  /// Scalars of a band from one row of results to the next.
  var rowStride: Int { stride.row * rowCount }
  /// Scalars of a band for so many rows of results.
  func bandCount(rows: Int) -> Int { bandRows(rows) * rowCount }

  /// Where in a band each block of channels of each tap starts.
  var offsets: [Int] {
    let blocks = (inputs + width - 1) / width
    return taps.flatMap { tap in
      let (column, phase) = (tap.column - corner.column).quotientAndRemainder(
        dividingBy: stride.column)
      let start =
        (tap.row - corner.row) * rowCount + (phase * blocks * bandColumns + column) * width
      return (0..<blocks).map { start + $0 * bandColumns * width }
    }
  }

  /// Fills a band with what `rows` of one group's results are made of.
  func packBand(
    rows: Range<Int>, group: Int, image: UnsafePointer<Float>, mask: UnsafePointer<Float>?,
    scale: Float, into band: UnsafeMutablePointer<Float>
  ) {
    let shape = BandShape(
      height: source.height, width: source.width, channels: source.channels,
      first_channel: group * inputs, used_channels: inputs,
      first_row: rows.lowerBound * stride.row + corner.row, rows: bandRows(rows.count),
      first_column: corner.column, columns: bandColumns, phases: stride.column)
    kernels.value.pack_band(shape, image, mask, scale, band)
  }

  /// In how many parts of rows an image's band fills half of a second-level cache at the most; `least` or more where the image
  /// has the rows.
  private func partCount(least: Int) -> Int {
    let limit = WinogradConvolution.cacheFloats / 2 / max(rowStride, 1)
    return min(max(least, (rows + max(limit, 1) - 1) / max(limit, 1)), rows)
  }

  // MARK: Products

  /// One pass with its buffers.
  typealias Pass = (product: BandProduct, operands: Operands)

  /// The results of some images, in parallel.
  static func run(_ passes: [Pass], images: Int) {
    let run = Run(passes, least: max(1, 8 / max(images, 1)))
    Parallel.forEach(images * run.parts) { run(image: $0 / run.parts, part: $0 % run.parts) }
  }

  /// The same for some images, on this thread.
  static func run(_ passes: [Pass], images: Range<Int>) {
    let run = Run(passes, least: 1)
    for image in images {
      for part in 0..<run.parts { run(image: image, part: part) }
    }
  }

  /// Several passes over the same images, which find what they share in the cache.
  private struct Run: @unchecked Sendable {
    private let passes: [Pass]
    private let offsets: [[Int]]
    /// The parts of an image.
    let parts: Int

    init(_ passes: [Pass], least: Int) {
      self.passes = passes
      offsets = passes.map(\.product.offsets)
      parts = passes.map { $0.product.partCount(least: least) }.max() ?? 0
    }

    func callAsFunction(image: Int, part: Int) {
      for (pass, offsets) in zip(passes, offsets) {
        let rows = pass.product.rows
        pass.product.run(
          image: image, rows: rows * part / parts..<rows * (part + 1) / parts, offsets,
          pass.operands)
      }
    }
  }

  /// The buffers of a pass, all of them of the whole batch.
  struct Operands {
    var source: UnsafePointer<Float>
    /// The source counts where this is above zero, times `scale`.
    var mask: UnsafePointer<Float>?
    var scale: Float = 1
    var weights: UnsafePointer<Float>
    var bias: UnsafePointer<Float>?
    var activation = ConvolutionActivation.none
    var target: UnsafeMutablePointer<Float>
  }

  private func run(image: Int, rows: Range<Int>, _ offsets: [Int], _ operands: Operands) {
    guard !rows.isEmpty else { return }
    let flags = operands.activation == .relu ? Int32(PRODUCT_RECTIFY) : 0
    withScratch(bandCount(rows: rows.count)) { band in
      for group in 0..<groups {
        packBand(
          rows: rows, group: group, image: operands.source + image * source.count,
          mask: operands.mask.map { $0 + image * source.count }, scale: operands.scale, into: band)
        for index in 0..<panels {
          let channel = group * outputs + index * panel
          let weights = operands.weights + (group * panels + index) * depth * panel
          for row in rows {
            let place = (first.row + row * step.row) * target.width + first.column
            kernels.value.band_product(
              band + (row - rows.lowerBound) * rowStride, offsets, columns, taps.count, inputs,
              weights, operands.bias.map { $0 + channel },
              operands.target + image * target.count + place * target.channels + channel,
              step.column * target.channels, min(panel, outputs - index * panel), flags)
          }
        }
      }
    }
  }
}
