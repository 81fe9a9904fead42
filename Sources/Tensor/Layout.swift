/// Where the scalars of a tensor lie in its storage.
package struct Layout: Sendable, Equatable {
  /// The size of every axis.
  package var shape: [Int]
  /// The step from one index to the next on every axis, in elements; zero where broadcast, negative where reversed.
  package var strides: [Int]
  /// The position of the first scalar.
  package var offset: Int

  package init(shape: [Int], strides: [Int], offset: Int) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// Row-major and without gaps, from the start of the storage.
  package init(contiguous shape: [Int]) {
    self.init(shape: shape, strides: ShapeRules.contiguousStrides(shape), offset: 0)
  }

  package var count: Int { ShapeRules.count(shape) }

  /// Whether the scalars lie in row-major order without gaps.
  ///
  /// The stride of an axis of size 1 does not matter.
  package var isContiguous: Bool {
    var expected = 1
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if shape[axis] == 0 { return true }
      if strides[axis] != expected { return false }
      expected *= shape[axis]
    }
    return true
  }

  /// The strides that walk this layout as `target`, to which it broadcasts.
  package func strides(broadcastTo target: [Int]) -> [Int] {
    let added = target.count - shape.count
    return target.indices.map { axis in
      axis < added || (shape[axis - added] == 1 && target[axis] != 1) ? 0 : strides[axis - added]
    }
  }

  /// This layout seen as `newShape` of the same count, `nil` where that takes a copy.
  ///
  /// Sizes are matched in groups of equal product; within a group the old axes must walk in one stride.
  package func reshaped(to newShape: [Int]) -> Layout? {
    if isContiguous {
      return Layout(
        shape: newShape, strides: ShapeRules.contiguousStrides(newShape), offset: offset)
    }
    let old = shape.indices.filter { shape[$0] != 1 }
    var newStrides = [Int](repeating: 0, count: newShape.count)
    var (oldAxis, newAxis) = (0, 0)
    while oldAxis < old.count || newAxis < newShape.count {
      var oldCount = 1
      var newCount = 1
      let firstOld = oldAxis
      let firstNew = newAxis
      repeat {
        if newCount <= oldCount, newAxis < newShape.count {
          newCount *= newShape[newAxis]
          newAxis += 1
        } else if oldAxis < old.count {
          oldCount *= shape[old[oldAxis]]
          oldAxis += 1
        } else {
          break
        }
      } while oldCount != newCount
      for axis in firstOld..<oldAxis where axis + 1 < oldAxis {
        let (outer, inner) = (old[axis], old[axis + 1])
        guard strides[outer] == strides[inner] * shape[inner] else { return nil }
      }
      var step = oldAxis > firstOld ? strides[old[oldAxis - 1]] : 1
      for axis in (firstNew..<newAxis).reversed() {
        newStrides[axis] = step
        step *= newShape[axis]
      }
    }
    return Layout(shape: newShape, strides: newStrides, offset: offset)
  }
}
