public import Tensor

extension Variable {
  /// The same scalars under another shape.
  ///
  /// One size may be −1.
  public func reshaped(to newShape: [Int]) -> Variable {
    let inputShape = shape
    if inputShape == newShape { return self }
    return Variable(value.reshaped(to: newShape), from: [self], keeping: .nothing) { _, upstream in
      [upstream.reshaped(to: inputShape)]
    }
  }

  /// The axes in another order: axis `i` of the result is axis `axes[i]` of this variable.
  public func permuted(_ axes: [Int]) -> Variable {
    let rank = rank
    return Variable(value.permuted(axes), from: [self], keeping: .nothing) { _, upstream in
      var inverse = [Int](repeating: 0, count: rank)
      for (position, axis) in axes.enumerated() {
        inverse[axis < 0 ? axis + rank : axis] = position
      }
      return [upstream.permuted(inverse)]
    }
  }

  /// Stretched to `newShape` by NumPy's rules.
  ///
  /// The gradient is summed over what was stretched.
  public func broadcast(to newShape: [Int]) -> Variable {
    let inputShape = shape
    if inputShape == newShape { return self }
    return Variable(value.broadcast(to: newShape), from: [self], keeping: .nothing) { _, upstream in
      [upstream.summed(to: inputShape)]
    }
  }

  /// The part that `slices` select.
  public func sliced(_ slices: [TensorSlice]) -> Variable {
    let inputShape = shape
    return Variable(value.sliced(slices), from: [self], keeping: .nothing) { _, upstream in
      [upstream.placed(at: slices, in: inputShape)]
    }
  }

  /// Zeros of `shape` with this variable at the selected part.
  public func placed(at slices: [TensorSlice], in shape: [Int]) -> Variable {
    Variable(value.placed(at: slices, in: shape), from: [self], keeping: .nothing) { _, upstream in
      [upstream.sliced(slices)]
    }
  }

  /// The parts one after another along `axis`.
  public static func concatenated(_ parts: [Variable], alongAxis axis: Int = 0) -> Variable {
    let joined = Tensor.concatenated(parts.map(\.value), alongAxis: axis)
    let axis = axis < 0 ? axis + joined.rank : axis
    let sizes = parts.map { $0.shape[axis] }
    return Variable(joined, from: parts, keeping: .nothing) { saved, upstream in
      var start = 0
      return sizes.enumerated().map { index, size in
        defer { start += size }
        guard saved.needed[index] else { return nil }
        var slices = [TensorSlice](repeating: .all, count: upstream.rank)
        slices[axis] = .range(start: start, end: start + size, step: 1)
        return upstream.sliced(slices)
      }
    }
  }

  /// The entries at `indices` along `axis`.
  ///
  /// The gradient of one that comes several times is the sum.
  public func gathered(at indices: Tensor<Int64>, alongAxis axis: Int = 0) -> Variable {
    let axis = axis < 0 ? axis + rank : axis
    let result = value.gathered(at: indices, alongAxis: axis)
    let size = shape[axis]
    return Variable(result, from: [self], keeping: .nothing) { _, upstream in
      [upstream.scatterAdded(at: indices, size: size, alongAxis: axis)]
    }
  }

  /// Zeros to which every entry is added at its index along `axis`: the adjoint of `gathered`.
  public func scatterAdded(
    at indices: Tensor<Int64>, size: Int, alongAxis axis: Int = 0
  ) -> Variable {
    let axis = axis < 0 ? axis + rank : axis
    return Variable(
      value.scatterAdded(at: indices, size: size, alongAxis: axis), from: [self],
      keeping: .nothing
    ) { _, upstream in
      [upstream.gathered(at: indices, alongAxis: axis)]
    }
  }
}
