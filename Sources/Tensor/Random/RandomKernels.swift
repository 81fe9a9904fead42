import RealModule

/// The loops that draw random scalars: each depends on a key and its own index alone.
package struct RandomKernels<Scalar: DifferentiableScalar>: Sendable {
  /// The scalars of some indices from a distribution with a place and a width.
  typealias Fill =
    @Sendable (
      _ out: UnsafeMutablePointer<Scalar>, _ indices: Range<Int>, _ key: RandomKey, _ place: Scalar,
      _ width: Scalar
    ) -> Void

  /// Uniform from `place` on, of as many random bits as the scalar holds, so that rounding reaches no 1 before the
  /// multiplication by `width`.
  let uniform: Fill
  /// Normal of mean `place` and deviation `width`.
  let normal: Fill
  /// The same, drawn again where it lies two deviations or more from the mean.
  let truncatedNormal: Fill
}

func randomKernels<Scalar: DifferentiableScalar>(_: Scalar.Type) -> RandomKernels<Scalar> {
  RandomKernels(
    uniform: { out, indices, key, place, width in
      let bits = Swift.min(Scalar.significandBitCount + 1, 53)
      let unit = 1 / Scalar(1 << bits as UInt64)
      func value(_ word: UInt64) -> Scalar {
        place + width * (Scalar(word >> UInt64(64 - bits)) * unit)
      }
      // A block has the words of two indices.
      for block in indices.lowerBound / 2..<(indices.upperBound + 1) / 2 {
        let words = key.words(at: UInt64(block))
        if 2 * block >= indices.lowerBound { out[2 * block] = value(words.0) }
        if 2 * block + 1 < indices.upperBound { out[2 * block + 1] = value(words.1) }
      }
    },
    normal: { out, indices, key, place, width in
      for index in indices {
        out[index] = place + width * Scalar(normalDeviate(key.words(at: UInt64(index))))
      }
    },
    truncatedNormal: { out, indices, key, place, width in
      // One draw in 22 falls outside, so that 64 draws all do has a probability below 1e-85.
      let keys = (0..<64 as Range<UInt64>).map { key.derived($0) }
      for index in indices {
        out[index] = place
        for key in keys {
          let deviate = normalDeviate(key.words(at: UInt64(index)))
          guard deviate.magnitude < 2 else { continue }
          out[index] = place + width * Scalar(deviate)
          break
        }
      }
    })
}

/// A normal deviate of two words: `√(−2 log u) cos 2πv`, with `u` in `(0, 1]`, by the method of Box and Muller.
private func normalDeviate(_ words: (UInt64, UInt64)) -> Double {
  let u = 1 - Double(words.0 >> 11) * 0x1p-53
  let v = Double(words.1 >> 11) * 0x1p-53
  return (-2 * Double.log(u)).squareRoot() * Double.cos(2 * .pi * v)
}
