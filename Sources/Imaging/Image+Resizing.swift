import Tensor

extension Image {
  /// The picture in another size.
  ///
  /// `.bilinear` and `.area` average over everything that a new pixel covers (antialiasing). They work along rows first
  /// and then along columns, rounding to 8 bits after each.
  public func resized(to size: ImageSize, by method: ResizeMethod) -> Image {
    if size == self.size { return self }
    switch method {
    case .nearest: return sampled(to: size)
    case .bilinear: return averaged(to: size, with: .triangle)
    case .area: return averaged(to: size, with: .box)
    }
  }

  private func sampled(to size: ImageSize) -> Image {
    let rows = nearestIndices(from: height, to: size.height)
    let columns = nearestIndices(from: width, to: size.width)
    let (sourceWidth, channels) = (width, channels)
    return pixels.withUnsafeScalars { source in
      Image(size: size, mode: mode) { target in
        guard let from = source.baseAddress, var to = target.baseAddress else { return }
        for row in rows {
          let line = from + Int(row) * sourceWidth * channels
          for column in columns {
            let pixel = line + Int(column) * channels
            for channel in 0..<channels { to[channel] = pixel[channel] }
            to += channels
          }
        }
      }
    }
  }

  private func averaged(to size: ImageSize, with filter: ResamplingFilter) -> Image {
    var image = self
    if size.width != width {
      image = image.withRowsResampled(
        by: ResamplingWeights(from: width, to: size.width, filter: filter))
    }
    if size.height != height {
      image = image.withColumnsResampled(
        by: ResamplingWeights(from: height, to: size.height, filter: filter))
    }
    return image
  }

  private func withRowsResampled(by weights: ResamplingWeights) -> Image {
    let (height, width, channels) = (height, width, channels)
    let target = ImageSize(height: height, width: weights.count)
    return pixels.withUnsafeScalars { source in
      Image(size: target, mode: mode) { result in
        guard let from = source.baseAddress, let to = result.baseAddress else { return }
        for row in 0..<height {
          let line = from + row * width * channels
          let output = to + row * weights.count * channels
          if channels == 1 {
            weights.resampleGreyRow(line, to: output)
          } else {
            weights.resampleRGBRow(line, to: output)
          }
        }
      }
    }
  }

  private func withColumnsResampled(by weights: ResamplingWeights) -> Image {
    let rowLength = width * channels
    let target = ImageSize(height: weights.count, width: width)
    return pixels.withUnsafeScalars { source in
      Image(size: target, mode: mode) { result in
        guard let from = source.baseAddress, let to = result.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowLength) { sums in
          guard let sums = sums.baseAddress else { return }
          for row in 0..<weights.count {
            weights.resampleColumns(
              from, rowLength: rowLength, row: row, sums: sums, to: to + row * rowLength)
          }
        }
      }
    }
  }
}

/// The index that nearest-neighbour resizing from `oldCount` to `newCount` takes for each new one.
package func nearestIndices(from oldCount: Int, to newCount: Int) -> [Int32] {
  let step = Double(oldCount) / Double(newCount)
  var position = 0.5 * step
  return (0..<newCount).map { _ in
    defer { position += step }
    // The last position lies half a step before the end, farther than rounding errors add up to.
    return Int32(min(Int(position), oldCount - 1))
  }
}
