/// How a matrix lies in memory, seen by BLAS.
private struct MatrixOperand<Scalar: DifferentiableScalar> {
  let tensor: Tensor<Scalar>
  /// Whether the rows of the buffer are the columns of the matrix.
  let isTransposed: Bool
  /// The step from one row of the buffer to the next.
  let leadingDimension: Int

  /// Takes the last two axes of `tensor` as they lie, if BLAS can; else a contiguous copy.
  init(_ tensor: Tensor<Scalar>) {
    let rank = tensor.rank
    let (rows, columns) = (tensor.shape[rank - 2], tensor.shape[rank - 1])
    let (rowStride, columnStride) = (tensor.strides[rank - 2], tensor.strides[rank - 1])
    if (columnStride == 1 || columns == 1) && (rowStride >= max(columns, 1) || rows == 1) {
      self.tensor = tensor
      isTransposed = false
      leadingDimension = rows == 1 ? max(columns, 1) : rowStride
    } else if (rowStride == 1 || rows == 1) && (columnStride >= max(rows, 1) || columns == 1) {
      self.tensor = tensor
      isTransposed = true
      leadingDimension = columns == 1 ? max(rows, 1) : columnStride
    } else {
      self.tensor = tensor.contiguous()
      isTransposed = false
      leadingDimension = max(columns, 1)
    }
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The matrix product, `cᵢⱼ = Σₗ aᵢₗ bₗⱼ`, over the last two axes; the axes before them broadcast.
  ///
  /// Transposed and sliced operands are taken as they lie where their rows or columns are contiguous. Large products are split
  /// over threads.
  ///
  /// - Returns: `[…, m, n]` for `[…, m, k]` and `[…, k, n]`.
  public func matrixProduct(_ other: Tensor) -> Tensor {
    require(
      rank >= 2 && other.rank >= 2,
      "matrixProduct: needs rank 2 or more, got \(shape) · \(other.shape)")
    let (m, k) = (shape[rank - 2], shape[rank - 1])
    let n = other.shape[other.rank - 1]
    require(
      other.shape[other.rank - 2] == k,
      "matrixProduct: inner sizes differ, \(shape) · \(other.shape)")
    let batch = ShapeRules.broadcast(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
    require(
      batch != nil,
      "matrixProduct: the axes before the last two do not broadcast, \(shape) · \(other.shape)")
    let batchShape = batch ?? []
    let (a, b) = (MatrixOperand(self), MatrixOperand(other))
    let loop = StridedLoop(
      shape: batchShape,
      first: a.tensor.layout.batch.strides(broadcastTo: batchShape),
      second: b.tensor.layout.batch.strides(broadcastTo: batchShape))
    let steps = loop.rowStrides
    return withExtendedLifetime((a.tensor, b.tensor)) {
      Tensor(shape: batchShape + [m, n]) { buffer in
        guard let out = buffer.baseAddress, !buffer.isEmpty else { return }
        if k == 0 {
          buffer.initialize(repeating: 0)
          return
        }
        let (from, with) = (Unchecked(a.tensor.pointer), Unchecked(b.tensor.pointer))
        let to = Unchecked(out)
        let (transposeA, leadingA) = (a.isTransposed, a.leadingDimension)
        let (transposeB, leadingB) = (b.isTransposed, b.leadingDimension)
        var offsets: [(Int, Int)] = []
        offsets.reserveCapacity(loop.count)
        loop.run(0..<loop.count) { _, i, j, _, count in
          for l in 0..<count { offsets.append((i + l * steps.first, j + l * steps.second)) }
        }
        let starts = offsets
        if let vector = Scalar.kernels.product, VectorProduct.isWorthwhile(m: m, n: n, k: k) {
          // Many matrices are shared out whole, few are cut.
          let isCut = loop.count < 2 * Parallel.maximumThreads
          let multiply = { @Sendable (matrix: Int) in
            vector(
              from.value + starts[matrix].0, leadingA, transposeA, with.value + starts[matrix].1,
              leadingB, transposeB, m, n, k, to.value + matrix * m * n, isCut)
          }
          if isCut {
            for matrix in 0..<loop.count { multiply(matrix) }
          } else {
            Parallel.forEach(loop.count, multiply)
          }
          return
        }
        // A product is cut along its longer side, into pieces of a few million multiplications.
        let cutsRows = m >= n
        let piece = Swift.max(32, (4 << 20) / Swift.max(1, k * Swift.min(m, n)) & ~15)
        let pieces = ((cutsRows ? m : n) + piece - 1) / piece
        Parallel.forEach(loop.count * pieces) { slot in
          let (matrix, part) = slot.quotientAndRemainder(dividingBy: pieces)
          let start = part * piece
          let size = Swift.min(piece, (cutsRows ? m : n) - start)
          let left = from.value + starts[matrix].0
          let right = with.value + starts[matrix].1
          let result = to.value + matrix * m * n
          if cutsRows {
            Scalar.gemm(
              transposeA, transposeB, size, n, k, alpha: 1,
              left + (transposeA ? start : start * leadingA), leadingA, right, leadingB,
              beta: 0, result + start * n, n)
          } else {
            Scalar.gemm(
              transposeA, transposeB, m, size, k, alpha: 1, left, leadingA,
              right + (transposeB ? start * leadingB : start), leadingB,
              beta: 0, result + start, n)
          }
        }
      }
    }
  }
}

extension Layout {
  /// The axes before the last two.
  fileprivate var batch: Layout {
    Layout(shape: Array(shape.dropLast(2)), strides: Array(strides.dropLast(2)), offset: offset)
  }
}
