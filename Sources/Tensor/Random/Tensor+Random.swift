extension Tensor where Scalar: DifferentiableScalar {
  /// Scalars drawn uniformly from `range`, the upper bound excluded (rounding can reach it where the range is wide).
  public static func uniform(
    _ shape: [Int], in range: Range<Scalar> = 0..<1, using random: inout RandomGenerator
  ) -> Tensor {
    filled(
      shape, Scalar.kernels.random.uniform, key: random.nextKey(), place: range.lowerBound,
      width: range.upperBound - range.lowerBound)
  }

  /// Scalars drawn from the normal distribution, by the method of Box and Muller.
  public static func normal(
    _ shape: [Int], mean: Scalar = 0, standardDeviation: Scalar = 1,
    using random: inout RandomGenerator
  ) -> Tensor {
    require(
      standardDeviation >= 0,
      "normal: needs a standard deviation of 0 or more, got \(standardDeviation)")
    return filled(
      shape, Scalar.kernels.random.normal, key: random.nextKey(), place: mean,
      width: standardDeviation)
  }

  /// Scalars drawn from the normal distribution, drawn again where they lie two deviations or more from the mean.
  ///
  /// The deviation of the result is 0.8796 of `standardDeviation`, as in Keras' `truncated_normal`.
  public static func truncatedNormal(
    _ shape: [Int], mean: Scalar = 0, standardDeviation: Scalar = 1,
    using random: inout RandomGenerator
  ) -> Tensor {
    require(
      standardDeviation >= 0,
      "truncatedNormal: needs a standard deviation of 0 or more, got \(standardDeviation)")
    return filled(
      shape, Scalar.kernels.random.truncatedNormal, key: random.nextKey(), place: mean,
      width: standardDeviation)
  }

  /// Ones with `probability`, else zeros.
  ///
  /// The scalar at row-major position `i` depends on `key` and `i` alone.
  public static func bernoulli(_ shape: [Int], probability: Double, key: RandomKey) -> Tensor {
    require(
      probability >= 0 && probability <= 1,
      "bernoulli: needs a probability in 0...1, got \(probability)")
    // 32 random bits a scalar, four scalars a block. 2³² as a threshold lets every draw pass.
    let threshold = UInt64((probability * 0x1p32).rounded())
    return Tensor(shape: shape) { buffer in
      guard let base = buffer.baseAddress else { return }
      let target = Unchecked(base)
      Parallel.forEachRange(of: buffer.count, grain: 1 << 15) { range in
        var position = range.lowerBound
        while position < range.upperBound {
          let block = key.block(at: UInt64(position >> 2))
          for lane in (position & 3)..<Swift.min(4, range.upperBound - (position & ~3)) {
            target.value[(position & ~3) + lane] = UInt64(block[lane]) < threshold ? 1 : 0
          }
          position = (position & ~3) + 4
        }
      }
    }
  }

  /// As `bernoulli(_:probability:key:)`, with a fresh key.
  public static func bernoulli(
    _ shape: [Int], probability: Double, using random: inout RandomGenerator
  ) -> Tensor {
    bernoulli(shape, probability: probability, key: random.nextKey())
  }

  private static func filled(
    _ shape: [Int], _ fill: RandomKernels<Scalar>.Fill, key: RandomKey, place: Scalar, width: Scalar
  ) -> Tensor {
    Tensor(shape: shape) { buffer in
      guard let base = buffer.baseAddress else { return }
      let target = Unchecked(base)
      Parallel.forEachRange(of: buffer.count, grain: 1 << 13) {
        fill(target.value, $0, key, place, width)
      }
    }
  }
}

extension Tensor where Scalar == Int64 {
  /// The numbers `0..<count` in random order, of shape `[count]`.
  public static func permutation(_ count: Int, using random: inout RandomGenerator) -> Tensor {
    require(count >= 0, "permutation: needs a count of 0 or more, got \(count)")
    return Tensor((0..<Int64(count)).shuffled(using: &random), shape: [count])
  }
}
