/// The loops of pooling over one image of `[height, width, channels]`, channels innermost.
package struct PoolingKernels<Scalar: DifferentiableScalar>: Sendable {
  /// The largest scalar of every window in some rows of the output and, if asked for, its position in the window, `tap row ·
  /// width + tap column`.
  ///
  /// The first of several; what is not a number wins.
  package internal(set) var maximum:
    @Sendable (
      _ image: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>,
      _ indices: UnsafeMutablePointer<UInt8>?, _ channels: Int, _ window: PlacedWindow,
      _ rows: Range<Int>
    ) -> Void = { image, out, indices, channels, window, outputRows in
      for y in outputRows {
        let rows = window.rowTaps(at: y)
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          let start = (y * window.outputWidth + x) * channels
          let (best, index) = (out + start, indices.map { $0 + start })
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
                index?.update(repeating: tap, count: channels)
                isFirst = false
              } else {
                for c in 0..<channels
                where pixel[c] > best[c] || (pixel[c].isNaN && !best[c].isNaN) {
                  best[c] = pixel[c]
                  index?[c] = tap
                }
              }
            }
          }
        }
      }
    }

  /// The scalar at the position named by `indices` in every window.
  package internal(set) var pick:
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

  /// The image of zeros to which every scalar of `upstream` is added at the position named by `indices` in its window.
  package internal(set) var place:
    @Sendable (
      _ upstream: UnsafePointer<Scalar>, _ indices: UnsafePointer<UInt8>,
      _ image: UnsafeMutablePointer<Scalar>, _ channels: Int, _ window: PlacedWindow,
      _ writes: CachePolicy
    ) -> Void = { upstream, indices, image, channels, window, _ in
      image.update(repeating: 0, count: window.inputHeight * window.inputWidth * channels)
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
  package internal(set) var average:
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

  /// The image of zeros to which every scalar of `upstream` is added in equal parts at the taps of its window: the adjoint of
  /// `average`.
  package internal(set) var spread:
    @Sendable (
      _ upstream: UnsafePointer<Scalar>, _ image: UnsafeMutablePointer<Scalar>, _ channels: Int,
      _ window: PlacedWindow
    ) -> Void = { upstream, image, channels, window in
      image.update(repeating: 0, count: window.inputHeight * window.inputWidth * channels)
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
