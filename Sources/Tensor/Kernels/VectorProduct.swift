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

  /// The depth that is multiplied at a time: so much of a slot of A stays in the second-level cache.
  private static let slab = 512
  /// The most rows, or columns, that are packed at a time.
  private static let largestSide = 4096
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
      forEach(parts, inParallel) { part in
        let (a, b, c, scratch) = shared.value
        multiply(
          a, b, m: m, n: n, depth: k * part / parts..<k * (part + 1) / parts,
          into: part == 0 ? c : scratch + (part - 1) * m * n, inParallel: false)
      }
      addUp([c] + (0..<parts - 1).map { scratch + $0 * m * n }, count: m * n)
    }
  }

  /// How many parts the depth is cut into.
  private func depthParts(m: Int, n: Int, k: Int) -> Int {
    m * n <= 1 << 14 && k >= 4 * m.advanced(by: n) ? max(1, min(16, k / 2048)) : 1
  }

  private func forEach(_ count: Int, _ inParallel: Bool, _ body: @Sendable (Int) -> Void) {
    if inParallel {
      Parallel.forEach(count, body)
    } else {
      for slot in 0..<count { body(slot) }
    }
  }

  private func multiply(
    _ a: Operand, _ b: Operand, m: Int, n: Int, depth: Range<Int>,
    into c: UnsafeMutablePointer<Float>, inParallel: Bool
  ) {
    let slab = min(depth.count, Self.slab)
    let rows = min(m, Self.largestSide)
    // Few rows read B once, as it lies; more of them share a packed copy.
    let packsB = b.isTransposed || !n.isMultiple(of: width) || m > 4 * kernels.value.rows
    let columns = packsB ? min(n, Self.largestSide) : n
    let capacity = capacity(for: rows)
    let aCount = capacity * slab.roundedUp(toMultipleOf: width)
    let bCount = packsB ? columns.roundedUp(toMultipleOf: panel) * slab : 0
    withScratch(aCount + bCount) { packedA in
      let packedB = packedA + aCount
      for firstRow in stride(from: 0, to: m, by: rows) {
        for firstColumn in stride(from: 0, to: n, by: columns) {
          for first in stride(from: depth.lowerBound, to: depth.upperBound, by: slab) {
            let block = Block(
              rows: firstRow..<min(firstRow + rows, m),
              columns: firstColumn..<min(firstColumn + columns, n),
              depth: first..<min(first + slab, depth.upperBound), capacity: capacity,
              accumulates: first > depth.lowerBound)
            pack(a, packedA, packsB ? (b, packedB) : nil, block, inParallel)
            multiply(
              block, packedA, b, packsB ? packedB : nil, into: c, stride: n, inParallel)
          }
        }
      }
    }
  }

  /// A part of the product: of some rows and columns of C, over some of the depth.
  private struct Block {
    let rows, columns, depth: Range<Int>
    /// How many rows a block of packed A has room for.
    let capacity: Int
    let accumulates: Bool
  }

  /// The room for some rows in each block of A.
  ///
  /// A tile reads as many rows of one block after another. Where these are a power of two apart, they fall on the same few
  /// places of the cache and push each other out; so each begins where the one before it ends, as far as places go.
  private func capacity(for rows: Int) -> Int {
    // The first-level cache finds a place by the address modulo 4 KiB.
    let period = 4096 / (MemoryLayout<Float>.stride * width)
    let excess = (rows - kernels.value.rows) % period
    return excess == 0 ? rows : rows + period - excess
  }

  /// Brings A into blocks of `width` columns, and B into panels.
  private func pack(
    _ a: Operand, _ packedA: UnsafeMutablePointer<Float>,
    _ b: (operand: Operand, packed: UnsafeMutablePointer<Float>)?, _ block: Block,
    _ inParallel: Bool
  ) {
    let (count, depth) = (block.rows.count, block.depth)
    let grain = max(64, (1 << 15) / depth.count)
    let aParts = (count + grain - 1) / grain
    let panels = b == nil ? 0 : (block.columns.count + panel - 1) / panel
    let shared = Unchecked((a, packedA, b))
    forEach(aParts + panels, inParallel) { slot in
      let (a, packedA, b) = shared.value
      if slot < aParts {
        let rows = slot * grain..<min(count, (slot + 1) * grain)
        packA(
          a, rows, firstRow: block.rows.lowerBound, depth, capacity: block.capacity, into: packedA)
      } else if let b {
        let first = block.columns.lowerBound + (slot - aParts) * panel
        packB(
          b.operand, first..<min(first + panel, block.columns.upperBound), depth,
          into: b.packed + (slot - aParts) * panel * depth.count)
      }
    }
  }

  private func packA(
    _ a: Operand, _ rows: Range<Int>, firstRow: Int, _ depth: Range<Int>, capacity: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let target = packed + rows.lowerBound * width
    let first = firstRow + rows.lowerBound
    guard a.isTransposed else {
      return kernels.value.pack_gradient(
        a.at(first, depth.lowerBound), nil, rows.count, depth.count, a.leading, 1, capacity, target,
        nil)
    }
    for (index, start) in stride(from: depth.lowerBound, to: depth.upperBound, by: width)
      .enumerated()
    {
      streams.value.transpose_block(
        a.at(first, start), a.leading, min(width, depth.upperBound - start), rows.count,
        target + index * capacity * width, width, 0)
    }
  }

  private func packB(
    _ b: Operand, _ columns: Range<Int>, _ depth: Range<Int>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let source = b.at(depth.lowerBound, columns.lowerBound)
    guard b.isTransposed else {
      return kernels.value.pack_panels(source, depth.count, columns.count, b.leading, packed)
    }
    if columns.count < panel { packed.update(repeating: 0, count: panel * depth.count) }
    streams.value.transpose_block(
      source, b.leading, columns.count, depth.count, packed, panel, 0)
  }

  private func multiply(
    _ block: Block, _ packedA: UnsafeMutablePointer<Float>, _ b: Operand,
    _ packedB: UnsafeMutablePointer<Float>?, into c: UnsafeMutablePointer<Float>, stride: Int,
    _ inParallel: Bool
  ) {
    let (rows, depth) = (block.rows.count, block.depth.count)
    // Slots of some ten million multiplications. One after the other they take the same rows, which stay in the second-level
    // cache while B goes by.
    let unit = kernels.value.rows * max(1, 14 / kernels.value.rows)
    let rowParts = (rows + 16 * unit - 1) / (16 * unit)
    let rowsPerSlot = ((rows + rowParts - 1) / rowParts).roundedUp(toMultipleOf: unit)
    let columnsPerSlot = panel * max(1, (1 << 23) / (rowsPerSlot * depth * panel))
    let columnParts = (block.columns.count + columnsPerSlot - 1) / columnsPerSlot
    let shared = Unchecked((packedA, b, packedB, c))
    forEach(rowParts * columnParts, inParallel) { slot in
      let (packedA, b, packedB, c) = shared.value
      let (rowPart, columnPart) = slot.quotientAndRemainder(dividingBy: columnParts)
      let row = rowPart * rowsPerSlot
      guard row < rows else { return }
      let end = min(block.columns.count, (columnPart + 1) * columnsPerSlot)
      for column in Swift.stride(from: columnPart * columnsPerSlot, to: end, by: panel) {
        let source =
          packedB.map { UnsafePointer($0 + column * depth) }
          ?? b.at(block.depth.lowerBound, block.columns.lowerBound + column)
        kernels.value.product(
          packedA + row * width, block.capacity, min(rowsPerSlot, rows - row), 1, depth, source,
          packedB == nil ? b.leading : panel, nil,
          c + (block.rows.lowerBound + row) * stride + block.columns.lowerBound + column, stride,
          min(panel, end - column), block.accumulates ? Int32(PRODUCT_ACCUMULATE) : 0)
      }
    }
  }
}
