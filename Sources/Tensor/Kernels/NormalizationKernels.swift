/// The loops of batch normalization over a matrix of `[rows, channels]`.
package struct NormalizationKernels<Scalar: DifferentiableScalar>: Sendable {
  /// The mean of every column, and the sum of the squares of what differs from it.
  package internal(set) var moments:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ rows: Int, _ channels: Int,
      _ mean: UnsafeMutablePointer<Scalar>,
      _ deviation: UnsafeMutablePointer<Scalar>
    ) -> Void = { x, rows, channels, mean, deviation in
      mean.update(repeating: 0, count: channels)
      deviation.update(repeating: 0, count: channels)
      for row in 0..<rows {
        for c in 0..<channels { mean[c] += x[row * channels + c] }
      }
      for c in 0..<channels { mean[c] /= Scalar(rows) }
      for row in 0..<rows {
        for c in 0..<channels {
          let difference = x[row * channels + c] - mean[c]
          deviation[c] += difference * difference
        }
      }
    }

  /// The sums over the rows of `g` and of `g (x − mean)`.
  package internal(set) var gradientMoments:
    @Sendable (
      _ g: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ mean: UnsafePointer<Scalar>,
      _ rows: Int, _ channels: Int, _ sums: UnsafeMutablePointer<Scalar>,
      _ products: UnsafeMutablePointer<Scalar>
    ) -> Void = { g, x, mean, rows, channels, sums, products in
      sums.update(repeating: 0, count: channels)
      products.update(repeating: 0, count: channels)
      for row in 0..<rows {
        for c in 0..<channels {
          let i = row * channels + c
          sums[c] += g[i]
          products[c] += g[i] * (x[i] - mean[c])
        }
      }
    }

  /// The mean and the variance of every column from those of blocks of `size` rows each (the last may have fewer), in double
  /// precision: Chan's formula.
  package internal(set) var join:
    @Sendable (
      _ means: UnsafePointer<Scalar>, _ deviations: UnsafePointer<Scalar>, _ rows: Int, _ size: Int,
      _ channels: Int, _ mean: UnsafeMutablePointer<Scalar>,
      _ variance: UnsafeMutablePointer<Scalar>
    ) -> Void = { means, deviations, rows, size, channels, mean, variance in
      let blocks = (rows + size - 1) / size
      for c in 0..<channels {
        var (sum, squares) = (0.0, 0.0)
        for block in 0..<blocks {
          sum += Double(min(size, rows - block * size)) * Double(means[block * channels + c])
        }
        let centre = sum / Double(rows)
        for block in 0..<blocks {
          let difference = Double(means[block * channels + c]) - centre
          squares +=
            Double(deviations[block * channels + c])
            + Double(min(size, rows - block * size)) * difference * difference
        }
        mean[c] = Scalar(centre)
        variance[c] = Scalar(squares / Double(rows))
      }
    }

  /// The sums over the rows of a matrix of few rows, in double precision.
  package internal(set) var total:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ rows: Int, _ channels: Int, _ out: UnsafeMutablePointer<Scalar>
    ) -> Void = { x, rows, channels, out in
      for c in 0..<channels {
        var sum = 0.0
        for row in 0..<rows { sum += Double(x[row * channels + c]) }
        out[c] = Scalar(sum)
      }
    }

  /// `out = x · scale + offset`.
  package internal(set) var scale:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ scale: UnsafePointer<Scalar>, _ offset: UnsafePointer<Scalar>,
      _ rows: Int, _ channels: Int, _ out: UnsafeMutablePointer<Scalar>
    ) -> Void = { x, scale, offset, rows, channels, out in
      for row in 0..<rows {
        for c in 0..<channels {
          let i = row * channels + c
          out[i] = x[i] * scale[c] + offset[c]
        }
      }
    }

  /// `out = g · a + x · b + offset`.
  package internal(set) var combine:
    @Sendable (
      _ g: UnsafePointer<Scalar>, _ a: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>,
      _ b: UnsafePointer<Scalar>, _ offset: UnsafePointer<Scalar>, _ rows: Int, _ channels: Int,
      _ out: UnsafeMutablePointer<Scalar>
    ) -> Void = { g, a, x, b, offset, rows, channels, out in
      for row in 0..<rows {
        for c in 0..<channels {
          let i = row * channels + c
          out[i] = g[i] * a[c] + (x[i] * b[c] + offset[c])
        }
      }
    }
}
