extension Tensor where Scalar: DifferentiableScalar {
  /// The reduced QR decomposition of every matrix over the last two axes, `A = Q R`, by Householder reflections.
  ///
  /// The columns of `Q` are orthonormal, `R` is zero below its diagonal. LAPACK leaves the signs open; here the diagonal of
  /// `R` is zero or positive, which makes the decomposition of a matrix of full rank unique, and the `Q` of a matrix of
  /// normal deviates uniform among the orthogonal matrices (Mezzadri, Notices of the AMS 54, 2007).
  ///
  /// - Returns: `q` of shape `[…, m, k]` and `r` of shape `[…, k, n]` for `[…, m, n]`, with `k = min(m, n)`.
  /// - Throws: `LinearAlgebraError` where a matrix holds infinity or what is not a number.
  public func qr() throws -> (q: Tensor, r: Tensor) {
    require(rank >= 2, "qr: needs rank 2 or more, got shape \(shape)")
    let batch = Array(shape.dropLast(2))
    let (m, n) = (shape[rank - 2], shape[rank - 1])
    let k = Swift.min(m, n)
    // Column-major, see LAPACKScalar: `a`, `q` and `r` hold one matrix after another, column by column.
    let a = transposed().contiguous()
    var r = Tensor.zeros(batch + [n, k])
    let q = try Tensor(shape: batch + [k, m]) { qBuffer in
      try r.withUnsafeMutableScalars { rBuffer in
        try a.withUnsafeScalars { aBuffer in
          guard let from = aBuffer.baseAddress, let qBase = qBuffer.baseAddress,
            let rBase = rBuffer.baseAddress, k > 0
          else { return }
          for matrix in 0..<ShapeRules.count(batch) {
            try factor(
              matrix, m, n, from + matrix * m * n, q: qBase + matrix * m * k,
              r: rBase + matrix * k * n)
          }
        }
      }
    }
    return (q.transposed(), r.transposed())
  }

  /// Factors the `m × n` matrix at `a` into `q`, `m × k`, and the upper triangle of `r`, `k × n`, all column by column.
  private func factor(
    _ matrix: Int, _ m: Int, _ n: Int, _ a: UnsafePointer<Scalar>,
    q: UnsafeMutablePointer<Scalar>, r: UnsafeMutablePointer<Scalar>
  ) throws {
    guard (0..<m * n).allSatisfy({ a[$0].isFinite }) else {
      throw LinearAlgebraError(
        operation: "qr", matrix: matrix, reason: "holds a value that is not finite")
    }
    let k = Swift.min(m, n)
    let (work, tau) = (
      Storage<Scalar>(uninitializedCount: m * n), Storage<Scalar>(uninitializedCount: k)
    )
    try withExtendedLifetime((work, tau)) {
      let reflectors = work.pointer
      reflectors.update(from: a, count: m * n)
      var status = Scalar.geqrf(m, n, reflectors, m, tau.pointer)
      require(status == 0, "qr: LAPACK's geqrf failed with \(status) on a \(m) × \(n) matrix")
      // Values whose lengths overflow are finite and yet have no decomposition in this precision.
      guard (0..<m * n).allSatisfy({ reflectors[$0].isFinite }) else {
        throw LinearAlgebraError(
          operation: "qr", matrix: matrix, reason: "has columns too long for \(Scalar.dtype)")
      }
      for column in 0..<n {
        let height = Swift.min(column + 1, k)
        (r + column * k).update(from: reflectors + column * m, count: height)
      }
      // The reflectors of the first k columns make Q.
      status = Scalar.orgqr(m, k, k, reflectors, m, tau.pointer)
      require(status == 0, "qr: LAPACK's orgqr failed with \(status) on a \(m) × \(n) matrix")
      q.update(from: reflectors, count: m * k)
      for row in 0..<k where r[row * k + row] < 0 {
        for i in 0..<m { q[row * m + i] = -q[row * m + i] }
        for column in row..<n { r[column * k + row] = -r[column * k + row] }
      }
    }
  }
}
