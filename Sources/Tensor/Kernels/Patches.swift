/// An image of `[height, width, channels]` seen as patches: one row for every position of a window,
/// the window's scalars in the order `[tap row, tap column, channel]`.
///
/// A convolution is the product of that matrix with the filter.
///
/// Only a few output rows are laid out at a time: the whole matrix would be as large as the window times the image.
package struct PatchKernels<Scalar: DifferentiableScalar>: Sendable {
  /// Writes the patches of some output rows; zeros where the window hangs over.
  package let gather:
    @Sendable (
      _ image: UnsafePointer<Scalar>, _ patches: UnsafeMutablePointer<Scalar>,
      _ rows: Range<Int>, _ channels: Int, _ window: PlacedWindow
    ) -> Void = { image, patches, rows, channels, window in
      let taps = window.window
      var out = patches
      for y in rows {
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          for tapRow in 0..<taps.height {
            let row = window.row(y, tapRow)
            let width = taps.width * channels
            guard row >= 0, row < window.inputHeight, !columns.isEmpty else {
              out.update(repeating: 0, count: width)
              out += width
              continue
            }
            let line = image + row * window.inputWidth * channels
            out.update(repeating: 0, count: columns.lowerBound * channels)
            if taps.horizontalDilation == 1 {
              (out + columns.lowerBound * channels).update(
                from: line + window.column(x, columns.lowerBound) * channels,
                count: columns.count * channels)
            } else {
              for tap in columns {
                (out + tap * channels).update(
                  from: line + window.column(x, tap) * channels, count: channels)
              }
            }
            (out + columns.upperBound * channels).update(
              repeating: 0, count: (taps.width - columns.upperBound) * channels)
            out += width
          }
        }
      }
    }

  /// Adds the patches of some output rows to the image: the adjoint of `gather`.
  package let scatter:
    @Sendable (
      _ patches: UnsafePointer<Scalar>, _ image: UnsafeMutablePointer<Scalar>,
      _ rows: Range<Int>, _ channels: Int, _ window: PlacedWindow
    ) -> Void = { patches, image, rows, channels, window in
      let taps = window.window
      var from = patches
      for y in rows {
        for x in 0..<window.outputWidth {
          let columns = window.columnTaps(at: x)
          for tapRow in 0..<taps.height {
            let row = window.row(y, tapRow)
            if row >= 0, row < window.inputHeight {
              let line = image + row * window.inputWidth * channels
              if taps.horizontalDilation == 1, !columns.isEmpty {
                let to = line + window.column(x, columns.lowerBound) * channels
                let patch = from + columns.lowerBound * channels
                for i in 0..<columns.count * channels { to[i] += patch[i] }
              } else {
                for tap in columns {
                  let to = line + window.column(x, tap) * channels
                  for i in 0..<channels { to[i] += from[tap * channels + i] }
                }
              }
            }
            from += taps.width * channels
          }
        }
      }
    }
}
