/// A reduction over some axes, brought into the form that the kernels take.
///
/// The scalars of one block are combined in sixteen lanes or more, and the blocks' results pairwise, so that rounding errors grow with
/// the logarithm of the count. How a tensor is cut into blocks depends on its shape alone, not on the number of threads.
private struct ReductionPlan<Scalar: NumericScalar> {
  let kernels: ReductionKernels<Scalar>
  let base: Unchecked<UnsafePointer<Scalar>>
  /// The walk over the axes that stay, in the order of the result.
  let kept: (shape: [Int], strides: [Int])
  /// The walk over the axes that go.
  let reduced: StridedLoop

  /// The scalars of a block; those that lie side by side are combined in more lanes, so there may be more of them.
  private var block: Int {
    reduced.rowStrides.first == 1 ? kernels.rowLimit.adjacent : kernels.rowLimit.any
  }
  private static var grain: Int { 1 << 18 }

  /// The reduction of positions `range` of the reduced axes, at `offset`, halves combined pairwise.
  private func reduce(_ range: Range<Int>, at offset: Int) -> Scalar {
    if range.count <= block {
      var result = kernels.identity
      let stride = reduced.rowStrides.first
      reduced.run(range) { _, start, _, _, count in
        result = kernels.combine(result, kernels.row(base.value + offset + start, stride, count))
      }
      return result
    }
    // Halves at multiples of the block, so that all but the last block are full.
    let blocks = (range.count + block - 1) / block
    let middle = range.lowerBound + blocks / 2 * block
    return kernels.combine(
      reduce(range.lowerBound..<middle, at: offset), reduce(middle..<range.upperBound, at: offset))
  }

  /// The result at `offset`, long reductions in parallel pieces.
  private func reduceAll(at offset: Int) -> Scalar {
    let pieces = (reduced.count + Self.grain - 1) / Self.grain
    guard pieces > 1 else { return reduce(0..<reduced.count, at: offset) }
    let partial = Tensor<Scalar>(shape: [pieces]) { buffer in
      guard let base = buffer.baseAddress else { return }
      let to = Unchecked(base)
      Parallel.forEachRange(of: reduced.count, grain: Self.grain) { range in
        to.value[range.lowerBound / Self.grain] = reduce(range, at: offset)
      }
    }
    return partial.withUnsafeScalars { pairwise($0[...]) }
  }

  private func pairwise(_ values: Slice<UnsafeBufferPointer<Scalar>>) -> Scalar {
    switch values.count {
    case 0: return kernels.identity
    case 1: return values[values.startIndex]
    default:
      let middle = values.startIndex + values.count / 2
      return kernels.combine(pairwise(values[..<middle]), pairwise(values[middle...]))
    }
  }

  /// Writes the results in row-major order: for layouts whose reduced axes have the smaller strides.
  func runAlongRows(into out: UnsafeMutablePointer<Scalar>) {
    let positions = StridedLoop(shape: kept.shape, first: kept.strides)
    let stride = positions.rowStrides.first
    let to = Unchecked(out)
    guard positions.count > 1, reduced.count <= Self.grain else {
      positions.run(0..<positions.count) { position, offset, _, _, count in
        for i in 0..<count { to.value[position + i] = reduceAll(at: offset + i * stride) }
      }
      return
    }
    let grain = max(1, Self.grain / max(reduced.count, 1))
    if reduced.count == reduced.rowLength, reduced.count <= block {
      let (row, base, step, length) = (kernels.row, base, reduced.rowStrides.first, reduced.count)
      return positions.runInParallel(grain: grain) { position, offset, _, _, count in
        for i in 0..<count {
          to.value[position + i] = row(base.value + offset + i * stride, step, length)
        }
      }
    }
    positions.runInParallel(grain: grain) { position, offset, _, _, count in
      for i in 0..<count {
        to.value[position + i] = reduce(0..<reduced.count, at: offset + i * stride)
      }
    }
  }

  /// Writes the results in row-major order: for layouts whose last kept axis has the smallest stride.
  ///
  /// Whole rows of that axis are combined into running rows, and those pairwise.
  func runAcrossRows(into out: UnsafeMutablePointer<Scalar>) {
    let width = kept.shape[kept.shape.count - 1]
    let step = kept.strides[kept.strides.count - 1]
    let outer = StridedLoop(
      shape: Array(kept.shape.dropLast()), first: Array(kept.strides.dropLast()))
    let outerStride = outer.rowStrides.first
    let rowsPerPiece = max(64, Self.grain / max(width, 1))
    let pieces = (reduced.count + rowsPerPiece - 1) / rowsPerPiece
    var partial = Tensor<Scalar>(shape: [outer.count, pieces, width]) { buffer in
      guard let base = buffer.baseAddress else { return }
      let to = Unchecked(base)
      var offsets = [Int](repeating: 0, count: outer.count)
      outer.run(0..<outer.count) { position, offset, _, _, count in
        for i in 0..<count { offsets[position + i] = offset + i * outerStride }
      }
      let starts = offsets
      Parallel.forEach(outer.count * pieces) { slot in
        let (position, piece) = slot.quotientAndRemainder(dividingBy: pieces)
        let rows = piece * rowsPerPiece..<min(reduced.count, (piece + 1) * rowsPerPiece)
        combineRows(
          rows, at: starts[position], width: width, step: step, into: to.value + slot * width)
      }
    }
    partial.withUnsafeMutableScalars { buffer in
      guard let base = buffer.baseAddress else { return }
      for position in 0..<outer.count {
        let rows = base + position * pieces * width
        var distance = 1
        while distance < pieces {
          for piece in stride(from: 0, to: pieces - distance, by: 2 * distance) {
            kernels.accumulate(
              rows + piece * width, UnsafePointer(rows + (piece + distance) * width), width, 1, 1,
              width)
          }
          distance *= 2
        }
        let row = out + position * width
        if pieces > 0 {
          row.update(from: rows, count: width)
        } else {
          row.update(repeating: kernels.identity, count: width)
        }
      }
    }
  }

  /// Combines `rows` into `out`: 64 of them one after the other, and the results pairwise.
  private func combineRows(
    _ rows: Range<Int>, at offset: Int, width: Int, step: Int,
    into out: UnsafeMutablePointer<Scalar>
  ) {
    guard rows.count > 64 else {
      kernels.start(out, width)
      let rowStride = reduced.rowStrides.first
      reduced.run(rows) { _, first, _, _, count in
        kernels.accumulate(out, base.value + offset + first, rowStride, count, step, width)
      }
      return
    }
    let middle = rows.lowerBound + (rows.count / 2 + 63) & ~63
    combineRows(rows.lowerBound..<middle, at: offset, width: width, step: step, into: out)
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: width) { buffer in
      guard let second = buffer.baseAddress else { return }
      combineRows(middle..<rows.upperBound, at: offset, width: width, step: step, into: second)
      kernels.accumulate(out, second, width, 1, 1, width)
    }
  }
}

extension Tensor where Scalar: NumericScalar {
  private func reduced(
    axes: [Int], keepingDimensions: Bool, _ operation: @autoclosure () -> String,
    _ kernels: ReductionKernels<Scalar>
  ) -> Tensor {
    let axes = ShapeRules.normalize(axes: axes, rank: rank, operation())
    let resultShape = ShapeRules.reduced(shape, axes: axes, keepingDimensions: keepingDimensions)
    let keptAxes = shape.indices.filter { !axes.contains($0) }
    let kept = (shape: keptAxes.map { shape[$0] }, strides: keptAxes.map { strides[$0] })
    let plan = ReductionPlan(
      kernels: kernels, base: Unchecked(UnsafePointer(pointer)), kept: kept,
      reduced: StridedLoop(shape: axes.map { shape[$0] }, first: axes.map { strides[$0] }))
    // The axis that memory runs along decides whether rows are combined or folded.
    func smallest(_ candidates: [Int]) -> Int {
      candidates.filter { shape[$0] > 1 && strides[$0] != 0 }.map { Swift.abs(strides[$0]) }.min()
        ?? .max
    }
    let lastKept = keptAxes.last.map { shape[$0] > 1 ? Swift.abs(strides[$0]) : .max } ?? .max
    let acrossRows = lastKept < smallest(axes)
    return withExtendedLifetime(self) {
      Tensor(shape: resultShape) { buffer in
        guard let out = buffer.baseAddress, !buffer.isEmpty else { return }
        if acrossRows { plan.runAcrossRows(into: out) } else { plan.runAlongRows(into: out) }
      }
    }
  }

  /// The sum over `axes`; zero over none.
  ///
  /// Errors of rounding grow with the logarithm of the count.
  ///
  /// - Parameters:
  ///   - axes: Each counts from the end if negative.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func sum(alongAxes axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    reduced(axes: axes, keepingDimensions: keepingDimensions, "sum", Scalar.arithmetic.sum)
  }

  /// The least scalar over `axes`, not a number if any is; the identity of `min` (infinity) over none.
  public func min(alongAxes axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    reduced(axes: axes, keepingDimensions: keepingDimensions, "min", Scalar.arithmetic.min)
  }

  /// The largest scalar over `axes`, not a number if any is; the identity of `max` (minus infinity) over none.
  public func max(alongAxes axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    reduced(axes: axes, keepingDimensions: keepingDimensions, "max", Scalar.arithmetic.max)
  }

  /// The sum of all scalars, of shape `[]`.
  public func sum() -> Tensor { sum(alongAxes: Array(0..<rank)) }
  /// The sum over one axis.
  public func sum(alongAxis axis: Int, keepingDimensions: Bool = false) -> Tensor {
    sum(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The least of all scalars, of shape `[]`.
  public func min() -> Tensor { min(alongAxes: Array(0..<rank)) }
  /// The least scalar over one axis.
  public func min(alongAxis axis: Int, keepingDimensions: Bool = false) -> Tensor {
    min(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The largest of all scalars, of shape `[]`.
  public func max() -> Tensor { max(alongAxes: Array(0..<rank)) }
  /// The largest scalar over one axis.
  public func max(alongAxis axis: Int, keepingDimensions: Bool = false) -> Tensor {
    max(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The position of the least scalar along `axis`: the first of several, or of the first that is not a number.
  public func argMin(alongAxis axis: Int) -> Tensor<Int64> {
    arg(axis, "argMin") { best, next in next < best || (next.isNotANumber && !best.isNotANumber) }
  }

  /// The position of the largest scalar along `axis`: the first of several, or of the first that is not a number.
  public func argMax(alongAxis axis: Int) -> Tensor<Int64> {
    arg(axis, "argMax") { best, next in next > best || (next.isNotANumber && !best.isNotANumber) }
  }

  private func arg(
    _ axis: Int, _ operation: String, _ isBetter: (Scalar, Scalar) -> Bool
  ) -> Tensor<Int64> {
    let axis = ShapeRules.normalize(axis: axis, rank: rank, operation)
    require(shape[axis] > 0, "\(operation): axis \(axis) of shape \(shape) is empty")
    let (size, step) = (shape[axis], strides[axis])
    var (keptShape, keptStrides) = (shape, strides)
    keptShape.remove(at: axis)
    keptStrides.remove(at: axis)
    let loop = StridedLoop(shape: keptShape, first: keptStrides)
    let stride = loop.rowStrides.first
    return withExtendedLifetime(self) {
      Tensor<Int64>(shape: keptShape) { buffer in
        loop.run(0..<loop.count) { position, offset, _, _, count in
          for i in 0..<count {
            let row = pointer + offset + i * stride
            var (best, index) = (row[0], 0)
            for j in 1..<Swift.max(size, 1) where isBetter(best, row[j * step]) {
              (best, index) = (row[j * step], j)
            }
            buffer.initializeElement(at: position + i, to: Int64(index))
          }
        }
      }
    }
  }
}

extension Tensor where Scalar == Bool {
  /// Whether any scalar over `axes` is `true`; all axes where none are named.
  ///
  /// `false` over no scalars.
  public func any(alongAxes axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let ones: Tensor<UInt8> = converted()
    return ones.max(alongAxes: axes ?? Array(0..<rank), keepingDimensions: keepingDimensions) .> 0
  }

  /// Whether all scalars over `axes` are `true`; all axes where none are named.
  ///
  /// `true` over no scalars.
  public func all(alongAxes axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let ones: Tensor<UInt8> = converted()
    return ones.min(alongAxes: axes ?? Array(0..<rank), keepingDimensions: keepingDimensions) .> 0
  }
}
