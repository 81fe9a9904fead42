import RealModule

extension Tensor where Scalar: DifferentiableScalar {
  /// Scalars drawn uniformly from `range`, the upper bound excluded (rounding can reach it where the range is wide).
  public static func uniform(
    _ shape: [Int], in range: Range<Scalar> = 0..<1, using random: inout RandomGenerator
  ) -> Tensor {
    let (key, width) = (random.nextKey(), range.upperBound - range.lowerBound)
    return filled(shape) { range.lowerBound + width * unitScalar(key, UInt64($0)) }
  }

  /// Scalars drawn from the normal distribution, by the method of Box and Muller.
  public static func normal(
    _ shape: [Int], mean: Scalar = 0, standardDeviation: Scalar = 1,
    using random: inout RandomGenerator
  ) -> Tensor {
    require(
      standardDeviation >= 0,
      "normal: needs a standard deviation of 0 or more, got \(standardDeviation)")
    let key = random.nextKey()
    return filled(shape) { mean + standardDeviation * Scalar(normalDeviate(key, UInt64($0))) }
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
    let key = random.nextKey()
    return filled(shape) { index in
      // One draw in 22 falls outside, so that 64 draws all do has a probability below 1e-85.
      for attempt in 0..<64 {
        let deviate = normalDeviate(key.derived(UInt64(attempt)), UInt64(index))
        if deviate.magnitude < 2 { return mean + standardDeviation * Scalar(deviate) }
      }
      return mean
    }
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
    _ shape: [Int], _ value: @Sendable (_ index: Int) -> Scalar
  ) -> Tensor {
    Tensor(shape: shape) { buffer in
      guard let base = buffer.baseAddress else { return }
      let target = Unchecked(base)
      Parallel.forEachRange(of: buffer.count, grain: 1 << 13) { range in
        for i in range { (target.value + i).initialize(to: value(i)) }
      }
    }
  }

  /// Uniform in `0..<1`, of as many random bits as the scalar holds, so that 1 is never reached by rounding.
  private static func unitScalar(_ key: RandomKey, _ index: UInt64) -> Scalar {
    let bits = Swift.min(Scalar.significandBitCount + 1, 53)
    return Scalar(key.word(at: index) >> UInt64(64 - bits)) / Scalar(1 << bits as UInt64)
  }
}

/// One normal deviate for each index: `√(−2 log u) cos 2πv`, with `u` in `(0, 1]`.
private func normalDeviate(_ key: RandomKey, _ index: UInt64) -> Double {
  let u = 1 - key.uniform(at: 2 * index)
  let v = key.uniform(at: 2 * index + 1)
  return (-2 * Double.log(u)).squareRoot() * Double.cos(2 * .pi * v)
}

extension Tensor where Scalar == Int64 {
  /// The numbers `0..<count` in random order, of shape `[count]`.
  public static func permutation(_ count: Int, using random: inout RandomGenerator) -> Tensor {
    require(count >= 0, "permutation: needs a count of 0 or more, got \(count)")
    return Tensor((0..<Int64(count)).shuffled(using: &random), shape: [count])
  }
}
