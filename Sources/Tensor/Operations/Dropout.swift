extension Tensor where Scalar: DifferentiableScalar {
  /// Zeros with probability `rate`, all other scalars times `1 / (1 − rate)`, so that the expectation stays.
  ///
  /// What becomes of the scalar at row-major position `i` depends on `key` and `i` alone, so no mask is stored: the gradient
  /// is the same function, with the same key, of the upstream gradient.
  ///
  /// - Parameters:
  ///   - rate: In `0..<1`.
  ///   - key: Where the random numbers come from.
  public func dropout(rate: Double, key: RandomKey) -> Tensor {
    require(rate >= 0 && rate < 1, "dropout: needs a rate in 0..<1, got \(rate)")
    if rate == 0 { return self }
    let input = contiguous()
    return withExtendedLifetime(input) {
      Tensor(shape: shape) { buffer in
        guard let out = buffer.baseAddress else { return }
        let (from, to) = (Unchecked(UnsafePointer(input.pointer)), Unchecked(out))
        let writes = CachePolicy.writing(byteCount: buffer.count * MemoryLayout<Scalar>.stride)
        Parallel.forEachRange(of: buffer.count, grain: 1 << 14) { range in
          Scalar.kernels.dropout(
            from.value + range.lowerBound, to.value + range.lowerBound, range.count,
            range.lowerBound, rate, key, writes)
        }
      }
    }
  }
}
