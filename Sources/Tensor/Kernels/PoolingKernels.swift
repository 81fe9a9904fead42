/// The loops of pooling over one image of `[height, width, channels]`, channels innermost.
package struct PoolingKernels<Scalar: DifferentiableScalar>: Sendable {
  /// The largest scalar of every window and its position in the window, `tap row · width + tap
  /// column`.
  ///
  /// The first of several; what is not a number wins.
  package let maximum:
    @Sendable (
      _ image: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ indices: UnsafeMutablePointer<UInt8>, _ channels: Int, _ window: PlacedWindow
    ) -> Void = { image, out, indices, channels, window in
      for y in 0..<window.outputHeight {
        let rows = window.rowTaps(at: y)
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          let start = (y * window.outputWidth + x) * channels
          let (best, index) = (out + start, indices + start)
          var isFirst = true
          for tapRow in rows {
            for tapColumn in columns {
              let pixel =
                image
                + (window.row(y, tapRow) * window.inputWidth + window.column(x, tapColumn))
                * channels
              let tap = UInt8(truncatingIfNeeded: tapRow * window.window.width + tapColumn)
              if isFirst {
                best.update(from: pixel, count: channels)
                index.update(repeating: tap, count: channels)
                isFirst = false
              } else {
                for c in 0..<channels
                where pixel[c] > best[c] || (pixel[c].isNaN && !best[c].isNaN) {
                  best[c] = pixel[c]
                  index[c] = tap
                }
              }
            }
          }
        }
      }
    }

  /// The scalar at the position named by `indices` in every window.
  package let pick:
    @Sendable (
      _ image: UnsafePointer<Scalar>, _ indices: UnsafePointer<UInt8>,
      _ out: UnsafeMutablePointer<Scalar>, _ channels: Int, _ window: PlacedWindow
    ) -> Void = { image, indices, out, channels, window in
      for y in 0..<window.outputHeight {
        for x in 0..<window.outputWidth {
          let start = (y * window.outputWidth + x) * channels
          for c in 0..<channels {
            let (tapRow, tapColumn) = Int(indices[start + c])
              .quotientAndRemainder(dividingBy: window.window.width)
            out[start + c] =
              image[
                (window.row(y, tapRow) * window.inputWidth + window.column(x, tapColumn))
                  * channels + c]
          }
        }
      }
    }

  /// Adds every scalar of `upstream` to the image, at the position named by `indices` in its window.
  package let place:
    @Sendable (
      _ upstream: UnsafePointer<Scalar>, _ indices: UnsafePointer<UInt8>,
      _ image: UnsafeMutablePointer<Scalar>, _ channels: Int, _ window: PlacedWindow
    ) -> Void = { upstream, indices, image, channels, window in
      for y in 0..<window.outputHeight {
        for x in 0..<window.outputWidth {
          let start = (y * window.outputWidth + x) * channels
          for c in 0..<channels {
            let (tapRow, tapColumn) = Int(indices[start + c])
              .quotientAndRemainder(dividingBy: window.window.width)
            image[
              (window.row(y, tapRow) * window.inputWidth + window.column(x, tapColumn))
                * channels + c] += upstream[start + c]
          }
        }
      }
    }

  /// The mean of every window over the taps that fall on the image.
  package let average:
    @Sendable (
      _ image: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ channels: Int,
      _ window: PlacedWindow
    ) -> Void = { image, out, channels, window in
      for y in 0..<window.outputHeight {
        let rows = window.rowTaps(at: y)
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          let mean = out + (y * window.outputWidth + x) * channels
          mean.update(repeating: 0, count: channels)
          for tapRow in rows {
            for tapColumn in columns {
              let pixel =
                image
                + (window.row(y, tapRow) * window.inputWidth + window.column(x, tapColumn))
                * channels
              for c in 0..<channels { mean[c] += pixel[c] }
            }
          }
          let scale = 1 / Scalar(rows.count * columns.count)
          for c in 0..<channels { mean[c] *= scale }
        }
      }
    }

  /// Adds every scalar of `upstream` in equal parts to the taps of its window: the adjoint of `average`.
  package let spread:
    @Sendable (
      _ upstream: UnsafePointer<Scalar>, _ image: UnsafeMutablePointer<Scalar>, _ channels: Int,
      _ window: PlacedWindow
    ) -> Void = { upstream, image, channels, window in
      for y in 0..<window.outputHeight {
        let rows = window.rowTaps(at: y)
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          let share = upstream + (y * window.outputWidth + x) * channels
          let scale = 1 / Scalar(rows.count * columns.count)
          for tapRow in rows {
            for tapColumn in columns {
              let pixel =
                image
                + (window.row(y, tapRow) * window.inputWidth + window.column(x, tapColumn))
                * channels
              for c in 0..<channels { pixel[c] += share[c] * scale }
            }
          }
        }
      }
    }
}
