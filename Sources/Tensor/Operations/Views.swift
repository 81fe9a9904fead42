extension Tensor {
  /// The same scalars in row-major order under another shape.
  ///
  /// A view where the strides allow it, else a copy.
  ///
  /// - Parameter newShape: Of the same count. One size may be −1: it is worked out from the others.
  public func reshaped(to newShape: [Int]) -> Tensor {
    let resolved = Self.resolve(newShape, count: count, from: shape)
    if resolved == shape { return self }
    if let view = layout.reshaped(to: resolved) { return Tensor(storage: storage, layout: view) }
    let copy = contiguous()
    return Tensor(storage: copy.storage, layout: Layout(contiguous: resolved))
  }

  /// `newShape` with its −1, if any, worked out.
  package static func resolve(_ newShape: [Int], count: Int, from shape: [Int]) -> [Int] {
    var resolved = newShape
    if let open = newShape.firstIndex(of: -1) {
      let others = newShape.enumerated().reduce(1) { $1.offset == open ? $0 : $0 * $1.element }
      require(
        others > 0 && count % others == 0,
        "reshaped: \(newShape) cannot hold the \(count) scalars of shape \(shape)")
      resolved[open] = others > 0 ? count / others : 0
    }
    require(
      resolved.allSatisfy { $0 >= 0 } && ShapeRules.count(resolved) == count,
      "reshaped: \(newShape) cannot hold the \(count) scalars of shape \(shape)")
    return resolved
  }

  /// The axes in another order: axis `i` of the result is axis `axes[i]` of this tensor.
  ///
  /// A view.
  public func permuted(_ axes: [Int]) -> Tensor {
    let order = axes.map { ShapeRules.normalize(axis: $0, rank: rank, "permuted") }
    require(
      order.count == rank && Set(order).count == rank,
      "permuted: \(axes) does not name each axis of shape \(shape) once")
    return Tensor(
      storage: storage,
      layout: Layout(
        shape: order.map { shape[$0] }, strides: order.map { strides[$0] }, offset: layout.offset))
  }

  /// The last two axes swapped: the transpose of a matrix, or of every matrix in a batch.
  ///
  /// A view.
  public func transposed() -> Tensor {
    require(rank >= 2, "transposed: needs rank 2 or more, got shape \(shape)")
    return transposed(-2, -1)
  }

  /// Two axes swapped.
  ///
  /// A view.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    var axes = Array(0..<rank)
    axes.swapAt(
      ShapeRules.normalize(axis: first, rank: rank, "transposed"),
      ShapeRules.normalize(axis: second, rank: rank, "transposed"))
    return permuted(axes)
  }

  /// Stretched to `newShape` by NumPy's rules: axes are added in front, and those of size 1 repeat.
  ///
  /// A view.
  public func broadcast(to newShape: [Int]) -> Tensor {
    if newShape == shape { return self }
    require(
      newShape.allSatisfy { $0 >= 0 } && ShapeRules.broadcast(shape, newShape) == newShape,
      "broadcast: shape \(shape) does not broadcast to \(newShape)")
    return Tensor(
      storage: storage,
      layout: Layout(
        shape: newShape, strides: layout.strides(broadcastTo: newShape), offset: layout.offset))
  }

  /// Without the axes named, all of size 1; without all axes of size 1 where none is named.
  ///
  /// A view.
  public func squeezed(axes: [Int]? = nil) -> Tensor {
    let dropped =
      axes.map { ShapeRules.normalize(axes: $0, rank: rank, "squeezed") }
      ?? shape.indices.filter { shape[$0] == 1 }
    for axis in dropped {
      require(shape[axis] == 1, "squeezed: axis \(axis) of shape \(shape) is not of size 1")
    }
    let kept = shape.indices.filter { !dropped.contains($0) }
    return reshaped(to: kept.map { shape[$0] })
  }

  /// With a new axis of size 1 at position `axis`; −1 puts it last.
  ///
  /// A view.
  public func expanded(atAxis axis: Int) -> Tensor {
    var newShape = shape
    newShape.insert(1, at: ShapeRules.normalize(axis: axis, rank: rank + 1, "expanded"))
    return reshaped(to: newShape)
  }

  /// All axes from `axis` on made one.
  ///
  /// A view where the strides allow it.
  public func flattened(fromAxis axis: Int = 0) -> Tensor {
    if rank == 0 { return reshaped(to: [1]) }
    let first = ShapeRules.normalize(axis: axis, rank: rank, "flattened")
    return reshaped(to: Array(shape[..<first]) + [ShapeRules.count(Array(shape[first...]))])
  }
}
