import CKernels

/// Products of matrices of `Float` on the microkernel of the convolutions.
///
/// OpenBLAS picks its code by a list of processors that it was built with: on one that came later it falls back to code of the
/// year 2004, at a tenth of the speed. So large products are ours, and OpenBLAS has the small ones and those in `Double`.
/// See Docs/Decisions.
package struct VectorProduct: Sendable {
  private let streams: Unchecked<StreamKernels>
  private let kernels: Unchecked<ConvolutionKernels>

  package init(_ set: InstructionSet) {
    streams = Unchecked(set.streams)
    kernels = Unchecked(set.convolution)
  }

  private var width: Int { kernels.value.vector_width }
  private var panel: Int { kernels.value.panel_width }

  /// One matrix as it lies: rows `leading` scalars apart, or columns if it is transposed.
  package struct Operand {
    package var pointer: UnsafePointer<Float>
    package var leading: Int
    package var isTransposed: Bool

    package init(_ pointer: UnsafePointer<Float>, leading: Int, isTransposed: Bool) {
      self.pointer = pointer
      self.leading = leading
      self.isTransposed = isTransposed
    }

    /// The scalar in a row and a column.
    fileprivate func at(_ row: Int, _ column: Int) -> UnsafePointer<Float> {
      pointer + (isTransposed ? column * leading + row : row * leading + column)
    }
  }

  /// The depth that is multiplied at a time: so much of a slot of A stays in the second-level cache, while columns of B go by.
  private static let slab = 512
  /// The depth of A that is packed at a time.
  private static let packedDepth = 256
  /// The most rows, or columns, that are packed at a time.
  private static let largestSide = 4096
  /// The most scalars of A that are packed at a time.
  private static let largestPacked = 1 << 22
  /// Products with fewer multiplications are not worth packing for.
  private static let fewest = 1 << 14

  /// Whether this is the faster way for `[m, k] · [k, n]`.
  package static func isWorthwhile(m: Int, n: Int, k: Int) -> Bool {
    n >= 8 && m * n * k >= fewest
  }

  /// `C = A B`, of `m × k` and `k × n`; C is dense.
  ///
  /// Every scalar of C is a sum in an order that depends on the sizes alone.
  ///
  /// - Parameter inParallel: Whether to use several threads, or this one alone.
  package func multiply(
    _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int, into c: UnsafeMutablePointer<Float>,
    inParallel: Bool
  ) {
    let parts = depthParts(m: m, n: n, k: k)
    guard parts > 1 else {
      return multiply(a, b, m: m, n: n, depth: 0..<k, into: c, inParallel: inParallel)
    }
    // A small result of a long sum: the depth is cut, and the parts are added in order.
    withScratch((parts - 1) * m * n) { scratch in
      let shared = Unchecked((a, b, c, scratch))
      let multiplyPart = { @Sendable (part: Int) in
        let (a, b, c, scratch) = shared.value
        multiply(
          a, b, m: m, n: n, depth: k * part / parts..<k * (part + 1) / parts,
          into: part == 0 ? c : scratch + (part - 1) * m * n, inParallel: false)
      }
      if inParallel {
        Parallel.forEach(parts, multiplyPart)
      } else {
        for part in 0..<parts { multiplyPart(part) }
      }
      addUp([c] + (0..<parts - 1).map { scratch + $0 * m * n }, count: m * n)
    }
  }

  /// How many parts the depth is cut into.
  private func depthParts(m: Int, n: Int, k: Int) -> Int {
    m * n <= 1 << 14 && k >= 4 * m.advanced(by: n) ? max(1, min(16, k / 2048)) : 1
  }

  private func multiply(
    _ a: Operand, _ b: Operand, m: Int, n: Int, depth: Range<Int>,
    into c: UnsafeMutablePointer<Float>, inParallel: Bool
  ) {
    let (rows, columns) = (min(m, Self.largestSide), min(n, Self.largestSide))
    let source = source(of: b, m: m, n: n)
    // A slab at a time, or all of them for slots that have the whole depth of their columns to themselves.
    let rowsPerSlot = rowsPerSlot(of: rows, source)
    let packedRows = rows.roundedUp(toMultipleOf: rowsPerSlot)
    let slabs = source == .packed ? 1 : max(1, Self.largestPacked / (packedRows * Self.slab))
    let span = min(depth.count, slabs * Self.slab)
    let aCount = packedRows * span.roundedUp(toMultipleOf: width)
    let bCount = source == .packed ? columns.roundedUp(toMultipleOf: panel) * span : 0
    withScratch(aCount + bCount) { packed in
      for firstRow in stride(from: 0, to: m, by: rows) {
        for firstColumn in stride(from: 0, to: n, by: columns) {
          for first in stride(from: depth.lowerBound, to: depth.upperBound, by: span) {
            let block = Block(
              rows: firstRow..<min(firstRow + rows, m),
              columns: firstColumn..<min(firstColumn + columns, n),
              depth: first..<min(first + span, depth.upperBound), rowsPerSlot: rowsPerSlot,
              source: source, accumulates: first > depth.lowerBound)
            multiply(
              a, b, block, packedA: packed, packedB: packed + aCount, into: c, stride: n, inParallel
            )
          }
        }
      }
    }
  }

  /// Where the product reads B.
  private enum Source {
    /// Where it lies: whoever has no more rows than a tile reads it once.
    case inPlace
    /// In panels that each slot packs for itself: all rows are one slot's.
    case packedBySlot
    /// In panels that were packed for all slots.
    case packed
  }

  private func source(of b: Operand, m: Int, n: Int) -> Source {
    if m <= kernels.value.rows, !b.isTransposed, n.isMultiple(of: width) { return .inPlace }
    return m <= 16 * unit ? .packedBySlot : .packed
  }

  /// The rows of a slot.
  ///
  /// Few, so that over a slab they stay in the second-level cache, or in what a neighbour on the same processor leaves of it.
  /// Whoever packs columns for itself needs all rows.
  private func rowsPerSlot(of rows: Int, _ source: Source) -> Int {
    let most = (source == .packed ? 4 : 16) * unit
    let parts = (rows + most - 1) / most
    return ((rows + parts - 1) / parts).roundedUp(toMultipleOf: unit)
  }

  /// Rows that a product takes without a rest.
  private var unit: Int { kernels.value.rows * max(1, 14 / kernels.value.rows) }

  /// A part of the product: of some rows and columns of C, over some of the depth.
  private struct Block {
    let rows, columns, depth: Range<Int>
    /// The rows of a slot, which lie together when packed: of a vector's width of columns, then of the next.
    let rowsPerSlot: Int
    let source: Source
    let accumulates: Bool

    var rowParts: Int { (rows.count + rowsPerSlot - 1) / rowsPerSlot }

    func rows(ofPart part: Int) -> Range<Int> {
      let first = rows.lowerBound + part * rowsPerSlot
      return first..<min(first + rowsPerSlot, rows.upperBound)
    }
  }

  /// Packs what is to be packed, and multiplies it.
  private func multiply(
    _ a: Operand, _ b: Operand, _ block: Block, packedA: UnsafeMutablePointer<Float>,
    packedB: UnsafeMutablePointer<Float>, into c: UnsafeMutablePointer<Float>, stride: Int,
    _ inParallel: Bool
  ) {
    let (columns, depth) = (block.columns.count, block.depth)
    let slotCount = block.rowsPerSlot * depth.count.roundedUp(toMultipleOf: width)
    // Packing: A slot by slot in parts of some depth, B panel by panel.
    let depthParts = (depth.count + Self.packedDepth - 1) / Self.packedDepth
    let aParts = block.rowParts * depthParts
    let bParts = block.source == .packed ? (columns + panel - 1) / panel : 0
    // Products. One after the other they take the same rows, which stay in the second-level cache while B goes by.
    let columnsPerSlot = columnsPerSlot(block)
    let columnParts = (columns + columnsPerSlot - 1) / columnsPerSlot
    let shared = Unchecked((a, b, packedA, packedB, c))
    let pack = { @Sendable (slot: Int) in
      let (a, b, packedA, packedB, _) = shared.value
      if slot < aParts {
        let (rowPart, depthPart) = slot.quotientAndRemainder(dividingBy: depthParts)
        let first = depthPart * Self.packedDepth
        let last = min(first + Self.packedDepth, depth.count)
        packA(
          a, block.rows(ofPart: rowPart), depth.lowerBound + first..<depth.lowerBound + last,
          capacity: block.rowsPerSlot,
          into: packedA + rowPart * slotCount + first * block.rowsPerSlot)
      } else {
        let first = block.columns.lowerBound + (slot - aParts) * panel
        packB(
          b, first..<min(first + panel, block.columns.upperBound), depth,
          into: packedB + (slot - aParts) * panel * depth.count)
      }
    }
    let multiply = { @Sendable (slot: Int) in
      let (_, b, packedA, packedB, c) = shared.value
      let (rowPart, columnPart) = slot.quotientAndRemainder(dividingBy: columnParts)
      let rows = block.rows(ofPart: rowPart)
      let column = columnPart * columnsPerSlot
      self.multiply(
        block, rows: rows.count, columns: column..<min(column + columnsPerSlot, columns),
        packedA + rowPart * slotCount, b, packedB,
        into: c + rows.lowerBound * stride + block.columns.lowerBound, stride: stride)
    }
    if inParallel {
      Parallel.forEach(aParts + bParts, pack, then: block.rowParts * columnParts, multiply)
    } else {
      for slot in 0..<aParts + bParts { pack(slot) }
      for slot in 0..<block.rowParts * columnParts { multiply(slot) }
    }
  }

  /// The columns of a slot, in whole panels: for some ten million multiplications, but not so many that few slots are left.
  private func columnsPerSlot(_ block: Block) -> Int {
    // Who packs for itself reads rows of B, and wants them in pieces that memory likes.
    let least = block.source == .packed ? panel : 128
    let wanted = max(least, (1 << 23) / (block.rowsPerSlot * block.depth.count))
    let most = block.columns.count / ((16 + block.rowParts - 1) / block.rowParts)
    return max(1, min(wanted, most) / panel) * panel
  }

  /// Brings some rows of A over some of the depth into blocks of `width` columns with room for `capacity` rows.
  private func packA(
    _ a: Operand, _ rows: Range<Int>, _ depth: Range<Int>, capacity: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    guard a.isTransposed else {
      return kernels.value.pack_gradient(
        a.at(rows.lowerBound, depth.lowerBound), nil, rows.count, depth.count, a.leading, 1,
        capacity, packed, nil)
    }
    for (index, start) in stride(from: depth.lowerBound, to: depth.upperBound, by: width)
      .enumerated()
    {
      streams.value.transpose_block(
        a.at(rows.lowerBound, start), a.leading, min(width, depth.upperBound - start), rows.count,
        packed + index * capacity * width, width, 0)
    }
  }

  /// Brings some columns of B, over some of the depth, into panels.
  private func packB(
    _ b: Operand, _ columns: Range<Int>, _ depth: Range<Int>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let source = b.at(depth.lowerBound, columns.lowerBound)
    guard b.isTransposed else {
      return kernels.value.pack_panels(source, depth.count, columns.count, b.leading, packed)
    }
    for column in stride(from: 0, to: columns.count, by: panel) {
      let (count, target) = (min(panel, columns.count - column), packed + column * depth.count)
      if count < panel { target.update(repeating: 0, count: panel * depth.count) }
      streams.value.transpose_block(
        source + column * b.leading, b.leading, count, depth.count, target, panel, 0)
    }
  }

  /// The product of a slot, a slab after the other; `columns` are numbered from the block's first.
  private func multiply(
    _ block: Block, rows: Int, columns: Range<Int>, _ packedA: UnsafePointer<Float>,
    _ b: Operand, _ packedB: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let span = block.depth.count
    let ownCount = columns.count.roundedUp(toMultipleOf: panel) * min(span, Self.slab)
    withScratch(block.source == .packedBySlot ? ownCount : 0) { own in
      for first in Swift.stride(from: 0, to: span, by: Self.slab) {
        let depth = min(Self.slab, span - first)
        let start = block.depth.lowerBound + first
        if block.source == .packedBySlot {
          let base = block.columns.lowerBound
          packB(
            b, base + columns.lowerBound..<base + columns.upperBound, start..<start + depth,
            into: own)
        }
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: panel) {
          let (source, leading) =
            switch block.source {
            case .inPlace: (b.at(start, block.columns.lowerBound + column), b.leading)
            case .packedBySlot: (UnsafePointer(own + (column - columns.lowerBound) * depth), panel)
            case .packed: (packedB + column * span + first * panel, panel)
            }
          kernels.value.product(
            packedA + first * block.rowsPerSlot, block.rowsPerSlot, rows, 1, depth, source,
            leading, nil, c + column, stride, min(panel, columns.upperBound - column),
            block.accumulates || first > 0 ? Int32(PRODUCT_ACCUMULATE) : 0)
        }
      }
    }
  }
}
