extension Tensor {
  /// The tensors one after another along `axis`.
  ///
  /// Their shapes are equal but for that axis.
  public static func concatenated(_ tensors: [Tensor], alongAxis axis: Int = 0) -> Tensor {
    require(!tensors.isEmpty, "concatenated: needs at least one tensor")
    let first = tensors[0]
    let axis = ShapeRules.normalize(axis: axis, rank: first.rank, "concatenated")
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
      var (expected, actual) = (first.shape, tensor.shape)
      require(
        expected.count == actual.count,
        "concatenated: ranks differ, shapes \(first.shape) and \(tensor.shape)")
      shape[axis] += actual[axis]
      expected[axis] = 0
      actual[axis] = 0
      require(
        expected == actual,
        "concatenated: shapes \(first.shape) and \(tensor.shape) differ beside axis \(axis)")
    }
    let outer = ShapeRules.count(Array(shape[..<axis]))
    let inner = ShapeRules.count(Array(shape[(axis + 1)...]))
    let row = shape[axis] * inner
    return Tensor(shape: shape) { buffer in
      guard let base = buffer.baseAddress else { return }
      var start = 0
      for tensor in tensors {
        let part = tensor.shape[axis] * inner
        tensor.withUnsafeScalars { source in
          guard let from = source.baseAddress, part > 0 else { return }
          for i in 0..<outer {
            (base + i * row + start).initialize(from: from + i * part, count: part)
          }
        }
        start += part
      }
    }
  }

  /// The tensors, all of one shape, under a new axis.
  public static func stacked(_ tensors: [Tensor], alongAxis axis: Int = 0) -> Tensor {
    require(!tensors.isEmpty, "stacked: needs at least one tensor")
    for tensor in tensors {
      require(
        tensor.shape == tensors[0].shape,
        "stacked: shapes \(tensors[0].shape) and \(tensor.shape) differ")
    }
    let axis = ShapeRules.normalize(axis: axis, rank: tensors[0].rank + 1, "stacked")
    return concatenated(tensors.map { $0.expanded(atAxis: axis) }, alongAxis: axis)
  }

  /// The entries at `indices` along `axis`, in that order; one may come several times.
  ///
  /// - Parameters:
  ///   - indices: Of rank 1, each in `0..<shape[axis]`.
  ///   - axis: Counts from the end if negative.
  /// - Returns: A tensor of the same shape but for `axis`, which has the size of `indices`.
  public func gathered(at indices: Tensor<Int64>, alongAxis axis: Int = 0) -> Tensor {
    let axis = ShapeRules.normalize(axis: axis, rank: rank, "gathered")
    require(indices.rank == 1, "gathered: indices need rank 1, got shape \(indices.shape)")
    let size = shape[axis]
    let list = indices.scalars
    for index in list {
      require(
        index >= 0 && index < size,
        "gathered: index \(index) is out of range for axis \(axis) of shape \(shape)")
    }
    let outer = ShapeRules.count(Array(shape[..<axis]))
    let inner = ShapeRules.count(Array(shape[(axis + 1)...]))
    var newShape = shape
    newShape[axis] = list.count
    return withUnsafeScalars { source in
      Tensor(shape: newShape) { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for i in 0..<outer {
          for (position, index) in list.enumerated() {
            (to + (i * list.count + position) * inner)
              .initialize(from: from + (i * size + Int(index)) * inner, count: inner)
          }
        }
      }
    }
  }

  /// With `value` added around: `widths[axis]` scalars before and after on every axis.
  public func padded(
    _ widths: [(before: Int, after: Int)], with value: Scalar = .additiveIdentity
  ) -> Tensor {
    require(
      widths.count == rank && widths.allSatisfy { $0.before >= 0 && $0.after >= 0 },
      "padded: needs two widths of 0 or more for each axis of shape \(shape), got \(widths)")
    var result = Tensor(
      repeating: value, shape: zip(shape, widths).map { $0 + $1.before + $1.after })
    result.assign(
      self,
      at: zip(shape, widths).map {
        .range(start: $1.before, end: $1.before + $0, step: 1)
      })
    return result
  }
}

extension Tensor where Scalar: NumericScalar {
  /// Zeros of `shape`, to which every entry of this tensor is added at its index along `axis`: the adjoint of `gathered`.
  ///
  /// - Parameters:
  ///   - indices: Of rank 1, of the size of this tensor's `axis`, each in `0..<size`.
  ///   - size: The size of `axis` in the result.
  ///   - axis: Counts from the end if negative.
  public func scatterAdded(at indices: Tensor<Int64>, size: Int, alongAxis axis: Int = 0) -> Tensor
  {
    let axis = ShapeRules.normalize(axis: axis, rank: rank, "scatterAdded")
    require(
      indices.shape == [shape[axis]],
      "scatterAdded: needs \(shape[axis]) indices for axis \(axis) of shape \(shape), got shape \(indices.shape)"
    )
    var newShape = shape
    newShape[axis] = size
    var result = Tensor.zeros(newShape)
    let list = indices.scalars
    for index in list {
      require(
        index >= 0 && index < size, "scatterAdded: index \(index) is out of range for size \(size)")
    }
    let outer = ShapeRules.count(Array(shape[..<axis]))
    let inner = ShapeRules.count(Array(shape[(axis + 1)...]))
    let accumulate = Scalar.arithmetic.sum.accumulate
    withUnsafeScalars { source in
      result.withUnsafeMutableScalars { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for i in 0..<outer {
          for (position, index) in list.enumerated() {
            accumulate(
              to + (i * size + Int(index)) * inner, from + (i * list.count + position) * inner,
              inner, 1, 1, inner)
          }
        }
      }
    }
    return result
  }
}

extension Tensor where Scalar: NumericScalar {
  /// One row for each label: one at its class, zeros elsewhere.
  ///
  /// - Parameters:
  ///   - labels: Of any shape, each in `0..<classCount`.
  ///   - classCount: The size of the last axis of the result.
  /// - Returns: The shape of `labels` and `[classCount]`.
  public static func oneHot(_ labels: Tensor<Int64>, classCount: Int) -> Tensor {
    var result = zeros(labels.shape + [classCount])
    result.withUnsafeMutableScalars { buffer in
      for (row, label) in labels.scalars.enumerated() {
        require(
          label >= 0 && label < classCount,
          "oneHot: label \(label) is out of range for \(classCount) classes")
        buffer[row * classCount + Int(label)] = 1
      }
    }
    return result
  }
}
