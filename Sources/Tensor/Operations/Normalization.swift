/// What batch normalization measured of a batch, each of shape `[channels]`.
public struct BatchMoments<Scalar: DifferentiableScalar>: Sendable {
  /// The mean of every channel.
  public var mean: Tensor<Scalar>
  /// The mean square of what differs from it.
  public var variance: Tensor<Scalar>
}

/// The gradients of batch normalization.
public struct BatchNormGradients<Scalar: DifferentiableScalar>: Sendable {
  /// With respect to the input, of its shape.
  public var input: Tensor<Scalar>
  /// With respect to `γ`, of shape `[channels]`.
  public var scale: Tensor<Scalar>
  /// With respect to `β`, of shape `[channels]`.
  public var offset: Tensor<Scalar>
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The mean and the variance of every channel, over all axes but the last.
  ///
  /// Blocks of rows are measured while they are in the cache, and joined by Chan's formula (Chan, Golub and LeVeque, 1983):
  /// one pass over memory, as exact as two.
  ///
  /// - Precondition: There is at least one row.
  public func batchMoments() -> BatchMoments<Scalar> {
    let rows = RowBlocks(shape, "batchMoments")
    let input = contiguous()
    let (means, deviations) = rows.partialSums(of: input) { first, count, mean, deviation in
      Scalar.kernels.normalization.moments(first, count, rows.channels, mean, deviation)
    }
    var mean = means
    let variance = Tensor(shape: [rows.channels]) { variance in
      mean = Tensor(shape: [rows.channels]) { mean in
        guard let mean = mean.baseAddress, let variance = variance.baseAddress else { return }
        Scalar.kernels.normalization.join(
          means.pointer, deviations.pointer, rows.count, rows.size, rows.channels, mean, variance)
      }
    }
    withExtendedLifetime((means, deviations)) {}
    return BatchMoments(mean: mean, variance: variance)
  }

  /// `γ (x − μ) / √(σ² + ε) + β` over all axes but the last.
  ///
  /// - Parameters:
  ///   - scale: `γ`, of shape `[channels]`.
  ///   - offset: `β`, of shape `[channels]`.
  ///   - moments: `μ` and `σ²`, as `batchMoments()` gave them, or averages of them.
  ///   - epsilon: `ε`, positive.
  /// - Returns: A tensor of this shape.
  public func batchNormalized(
    scale: Tensor, offset: Tensor, moments: BatchMoments<Scalar>, epsilon: Scalar
  ) -> Tensor {
    let rows = RowBlocks(shape, "batchNormalized")
    rows.check(scale, offset, moments, "batchNormalized")
    let factor = (scale / (moments.variance + epsilon).sqrt()).contiguous()
    let shift = (offset - moments.mean * factor).contiguous()
    let input = contiguous()
    return withExtendedLifetime((input, factor, shift)) {
      Tensor(shape: shape) { buffer in
        guard let base = buffer.baseAddress else { return }
        let pointers = Unchecked((input.pointer, factor.pointer, shift.pointer, base))
        Parallel.forEachRange(of: rows.count, grain: rows.grain) { range in
          let (x, scale, offset, out) = pointers.value
          let start = range.lowerBound * rows.channels
          Scalar.kernels.normalization.scale(
            x + start, scale, offset, range.count, rows.channels, out + start)
        }
      }
    }
  }

  /// The gradients of `batchNormalized` where the moments are those of the input itself.
  ///
  /// With `r = 1/√(σ² + ε)` and `x̂ = (x − μ) r` they are `∂β = Σ g`, `∂γ = Σ g x̂`, `∂x = γ r (g − ∂β / n − x̂ ∂γ / n)`.
  /// Ioffe and Szegedy, ICML 2015.
  ///
  /// - Parameters:
  ///   - upstream: `g`, of the shape of the input.
  ///   - input: `x`.
  ///   - scale: `γ`.
  ///   - moments: Those of `input`.
  ///   - epsilon: `ε`.
  public static func batchNormGradients(
    upstream: Tensor, input: Tensor, scale: Tensor, moments: BatchMoments<Scalar>, epsilon: Scalar
  ) -> BatchNormGradients<Scalar> {
    let rows = RowBlocks(input.shape, "batchNormGradients")
    rows.check(scale, scale, moments, "batchNormGradients")
    require(
      upstream.shape == input.shape,
      "batchNormGradients: upstream of shape \(upstream.shape) for an input of \(input.shape)")
    let (g, x, mean) = (upstream.contiguous(), input.contiguous(), moments.mean.contiguous())
    let gradient = Unchecked((g.pointer, x.pointer, mean.pointer))
    let (sums, products) = rows.partialSums(of: x) { first, count, sum, product in
      let (g, x, mean) = gradient.value
      Scalar.kernels.normalization.gradientMoments(
        g + (first - UnsafePointer(x)), first, mean, count, rows.channels, sum, product)
    }
    func total(_ parts: Tensor) -> Tensor {
      withExtendedLifetime(parts) {
        Tensor(shape: [rows.channels]) { buffer in
          guard let out = buffer.baseAddress else { return }
          Scalar.kernels.normalization.total(parts.pointer, rows.blocks, rows.channels, out)
        }
      }
    }
    let root = 1 / (moments.variance + epsilon).sqrt()
    let offsetGradient = total(sums)
    let scaleGradient = total(products) * root
    let count = Scalar(rows.count)
    let a = (scale * root).contiguous()
    let b = (-(a * root * scaleGradient) / count).contiguous()
    let c = (-(a * offsetGradient) / count - moments.mean * b).contiguous()
    let inputGradient = withExtendedLifetime((g, x, a, b, c, mean)) {
      Tensor(shape: input.shape) { buffer in
        guard let base = buffer.baseAddress else { return }
        let rowVectors = Unchecked((a.pointer, b.pointer, c.pointer, base))
        Parallel.forEachRange(of: rows.count, grain: rows.grain) { range in
          let (g, x, _) = gradient.value
          let (a, b, c, out) = rowVectors.value
          let start = range.lowerBound * rows.channels
          Scalar.kernels.normalization.combine(
            g + start, a, x + start, b, c, range.count, rows.channels, out + start)
        }
      }
    }
    return BatchNormGradients(input: inputGradient, scale: scaleGradient, offset: offsetGradient)
  }
}

/// All axes but the last as rows, cut into blocks by the shape alone.
private struct RowBlocks: Sendable {
  let count, channels: Int
  /// The rows of a block: some 32 KiB of floats, which stay in the first-level cache.
  let size: Int
  var blocks: Int { (count + size - 1) / size }
  /// The rows of a slot that is worth a thread.
  var grain: Int { max(1, (1 << 16) / channels) }

  init(_ shape: [Int], _ operation: String) {
    require(
      shape.count >= 2 && shape.allSatisfy { $0 > 0 },
      "\(operation): needs […, channels] with at least one row, got shape \(shape)")
    channels = shape[shape.count - 1]
    count = shape.dropLast().reduce(1, *)
    size = max(16, (1 << 13) / channels)
  }

  func size(of block: Int) -> Int { min(size, count - block * size) }

  func check<Scalar>(
    _ scale: Tensor<Scalar>, _ offset: Tensor<Scalar>, _ moments: BatchMoments<Scalar>,
    _ operation: String
  ) {
    for tensor in [scale, offset, moments.mean, moments.variance] {
      require(
        tensor.shape == [channels],
        "\(operation): needs tensors of shape \([channels]), got shape \(tensor.shape)")
    }
  }

  /// Two rows of sums for every block of a contiguous tensor.
  func partialSums<Scalar: DifferentiableScalar>(
    of x: Tensor<Scalar>,
    _ body:
      @Sendable (
        _ first: UnsafePointer<Scalar>, _ rows: Int, _ one: UnsafeMutablePointer<Scalar>,
        _ other: UnsafeMutablePointer<Scalar>
      ) -> Void
  ) -> (Tensor<Scalar>, Tensor<Scalar>) {
    let half = blocks * channels
    let both = Tensor<Scalar>(shape: [2, blocks, channels]) { buffer in
      guard let base = buffer.baseAddress else { return }
      let pointers = Unchecked((UnsafePointer(x.pointer), base))
      Parallel.forEachRange(of: blocks, grain: 8) { range in
        for block in range {
          let (x, sums) = pointers.value
          body(
            x + block * size * channels, size(of: block), sums + block * channels,
            sums + half + block * channels)
        }
      }
    }
    withExtendedLifetime(x) {}
    return (both[0], both[1])
  }
}
