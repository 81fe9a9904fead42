extension Tensor where Scalar: DifferentiableScalar {
  /// The softmax of every row along the last axis, `yᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m)`.
  ///
  /// `m` is the row maximum. Subtracting it leaves the result unchanged and keeps `exp` finite.
  ///
  /// - Returns: A tensor of the same shape `[…, classes]`, each row of which sums to 1.
  /// - Precondition: The last axis exists and is not empty.
  public func softmax() -> Tensor {
    require(shape.last ?? 0 > 0, "softmax: needs a non-empty last axis, got shape \(shape)")
    let length = shape[rank - 1]
    let input = contiguous()
    return withExtendedLifetime(input) {
      Tensor(shape: shape) { buffer in
        guard let base = buffer.baseAddress else { return }
        let (from, to) = (Unchecked(UnsafePointer(input.pointer)), Unchecked(base))
        let writes = CachePolicy.writing(byteCount: buffer.count * MemoryLayout<Scalar>.stride)
        let grain = Swift.max(1, (1 << 16) / length)
        Parallel.forEachRange(of: buffer.count / length, grain: grain) { rows in
          for row in rows {
            Scalar.kernels.softmaxRow(
              from.value + row * length, to.value + row * length, length, writes)
          }
        }
      }
    }
  }

  /// The logarithm of the softmax of every row along the last axis, `yᵢ = xᵢ − log Σⱼ exp(xⱼ)`.
  ///
  /// Exact where the softmax itself would round to zero.
  public func logSoftmax() -> Tensor {
    require(shape.last ?? 0 > 0, "logSoftmax: needs a non-empty last axis, got shape \(shape)")
    return self - logSumExp(alongAxis: -1, keepingDimensions: true)
  }
}

extension TensorLike {
  /// The gradient of `softmax()` with respect to its input, `yᵢ (gᵢ − Σⱼ gⱼ yⱼ)`.
  ///
  /// It needs the output only, so a caller need not keep the input. One formula serves plain and recorded tensors.
  ///
  /// - Parameters:
  ///   - output: `y`, the value `softmax()` returned.
  ///   - upstream: `g`, the gradient of the loss with respect to `y`, of the same shape.
  /// - Returns: A tensor of the shape of `output`.
  public static func softmaxGradient(output: Self, upstream: Self) -> Self {
    let dots = (upstream * output).sum(alongAxis: -1, keepingDimensions: true)
    return output * (upstream - dots)
  }

  /// The gradient of `logSoftmax()` with respect to its input, `gᵢ − exp(yᵢ) Σⱼ gⱼ`.
  ///
  /// - Parameters:
  ///   - output: `y`, the value `logSoftmax()` returned.
  ///   - upstream: `g`, of the same shape.
  public static func logSoftmaxGradient(output: Self, upstream: Self) -> Self {
    upstream - output.exp() * upstream.sum(alongAxis: -1, keepingDimensions: true)
  }
}
