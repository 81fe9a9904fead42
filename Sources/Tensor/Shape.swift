/// Arithmetic on shapes: `[Int]`, the size of every axis, outermost first.
///
/// `[]` is the shape of a single scalar.
package enum ShapeRules {
  /// The number of scalars in a tensor of `shape`.
  package static func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }

  /// The strides of a contiguous row-major tensor, in elements.
  package static func contiguousStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// `axis` counted from the start.
  ///
  /// Traps where it is not an axis of a tensor of `rank`.
  package static func normalize(axis: Int, rank: Int, _ operation: @autoclosure () -> String) -> Int
  {
    require(
      axis >= -rank && axis < rank,
      "\(operation()): axis \(axis) is out of range for a tensor of rank \(rank)")
    return axis < 0 ? axis + rank : axis
  }

  /// The axes counted from the start, in ascending order.
  ///
  /// Traps on one out of range or named twice.
  package static func normalize(
    axes: [Int], rank: Int, _ operation: @autoclosure () -> String
  ) -> [Int] {
    let normalized = axes.map { normalize(axis: $0, rank: rank, operation()) }.sorted()
    for (axis, next) in zip(normalized, normalized.dropFirst()) where axis == next {
      require(false, "\(operation()): axis \(axis) is named twice in \(axes)")
    }
    return normalized
  }

  /// The common shape of two that broadcast: aligned at their last axes, sizes are equal or one of them is 1.
  package static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    if a == b { return a }
    let rank = max(a.count, b.count)
    var shape = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let x = axis < rank - a.count ? 1 : a[axis - (rank - a.count)]
      let y = axis < rank - b.count ? 1 : b[axis - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else { return nil }
      shape[axis] = x == 1 ? y : x
    }
    return shape
  }

  /// The axes that broadcasting `shape` to `target` stretched or added, counted in `target`.
  package static func broadcastAxes(of shape: [Int], to target: [Int]) -> [Int] {
    let added = target.count - shape.count
    return target.indices.filter { $0 < added || (shape[$0 - added] == 1 && target[$0] != 1) }
  }

  /// `shape` without `axes`, or with size 1 in their place.
  ///
  /// `axes` count from the start.
  package static func reduced(_ shape: [Int], axes: [Int], keepingDimensions: Bool) -> [Int] {
    var result: [Int] = []
    for axis in shape.indices {
      if !axes.contains(axis) {
        result.append(shape[axis])
      } else if keepingDimensions {
        result.append(1)
      }
    }
    return result
  }
}
