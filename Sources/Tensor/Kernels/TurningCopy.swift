/// A copy into row-major order of a tensor whose last axis is not the one that memory runs along, as after a transposition.
///
/// Element by element, every read would fetch a cache line for one scalar. In squares, lines are read and written whole.
struct TurningCopy: Sendable {
  /// The axes but two, walked one by one.
  private let outer: (shape: [Int], strides: [Int], targetStrides: [Int])
  /// The axis with neighbouring scalars in the source, and the last one.
  private let columns, rows: Int
  private let rowStride, targetStride: Int

  /// `nil` for other layouts, and for axes too short for squares.
  init?(_ layout: Layout) {
    guard let last = layout.shape.indices.last, layout.strides[last] > 1, layout.shape[last] >= 4,
      let turned = layout.shape.indices.dropLast().last(where: {
        layout.strides[$0] == 1 && layout.shape[$0] >= 4
      })
    else { return nil }
    let target = Layout(contiguous: layout.shape).strides
    let others = layout.shape.indices.filter { $0 != last && $0 != turned }
    outer = (
      others.map { layout.shape[$0] }, others.map { layout.strides[$0] }, others.map { target[$0] }
    )
    (columns, rows) = (layout.shape[turned], layout.shape[last])
    (rowStride, targetStride) = (layout.strides[last], target[turned])
  }

  /// Copies from the tensor's first scalar on.
  func run<Scalar: TensorScalar>(
    from source: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>
  ) {
    let positions = StridedLoop(
      shape: outer.shape, first: outer.strides, second: outer.targetStrides)
    var offsets: [(source: Int, target: Int)] = []
    offsets.reserveCapacity(positions.count)
    let steps = positions.rowStrides
    positions.run(0..<positions.count) { _, first, second, _, count in
      for i in 0..<count { offsets.append((first + i * steps.first, second + i * steps.second)) }
    }
    let starts = offsets
    // Strips of rows, of some 64 Ki scalars.
    let height = max(16, (1 << 16) / columns & ~15)
    let strips = (rows + height - 1) / height
    let writes = CachePolicy.writing(
      byteCount: positions.count * rows * columns * MemoryLayout<Scalar>.stride)
    let pointers = Unchecked((source, target))
    Parallel.forEach(starts.count * strips) { slot in
      let (position, strip) = slot.quotientAndRemainder(dividingBy: strips)
      let first = strip * height
      turn(
        pointers.value.0 + starts[position].source + first * rowStride,
        min(height, rows - first), pointers.value.1 + starts[position].target + first, writes)
    }
  }

  /// `target[column · targetStride + row] = source[row · rowStride + column]` for some rows.
  private func turn<Scalar: TensorScalar>(
    _ source: UnsafePointer<Scalar>, _ rows: Int, _ target: UnsafeMutablePointer<Scalar>,
    _ writes: CachePolicy
  ) {
    // Bits are moved, not numbers: any scalar of the width of a Float will do.
    if MemoryLayout<Scalar>.size == MemoryLayout<Float>.size {
      let from = UnsafeRawPointer(source).assumingMemoryBound(to: Float.self)
      let to = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Float.self)
      return Float.kernels.transpose(from, rowStride, rows, columns, to, targetStride, writes)
    }
    for firstColumn in stride(from: 0, to: columns, by: 16) {
      for firstRow in stride(from: 0, to: rows, by: 16) {
        for column in firstColumn..<min(firstColumn + 16, columns) {
          for row in firstRow..<min(firstRow + 16, rows) {
            target[column &* targetStride &+ row] = source[row &* rowStride &+ column]
          }
        }
      }
    }
  }
}
