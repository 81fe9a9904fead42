/// The weight of a pixel by its distance from the centre of the new one.
enum ResamplingFilter {
  /// 1 within half a pixel.
  case box
  /// Falls linearly to 0 at a distance of one pixel.
  case triangle

  /// The distance beyond which all weights are 0.
  var support: Double { self == .box ? 0.5 : 1 }

  func weight(at distance: Double) -> Double {
    switch self {
    case .box: distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .triangle: max(0, 1 - distance.magnitude)
    }
  }
}

/// For each new pixel on an axis, which old ones it averages and with which weights.
///
/// Weights are integers with 22 bits of fraction, as in Pillow, which makes the results equal to its own on every
/// processor: 255 · 2²² leaves a bit to spare in 32.
struct ResamplingWeights {
  /// The number of new pixels.
  let count: Int
  /// For each new pixel, the first old one.
  private var starts: [Int] = []
  /// For each new pixel, where its weights begin in `values`; one more at the end.
  private var offsets: [Int] = [0]
  private var values: [Int32] = []

  private static let fractionBits: Int32 = 22

  init(from oldCount: Int, to newCount: Int, filter: ResamplingFilter) {
    count = newCount
    let scale = Double(oldCount) / Double(newCount)
    // An enlarged picture interpolates between neighbours; a reduced one widens the filter.
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    for i in 0..<newCount {
      let centre = (Double(i) + 0.5) * scale
      let start = max(Int(centre - support + 0.5), 0)
      let end = min(Int(centre + support + 0.5), oldCount)
      let weights = (start..<end).map { j in
        filter.weight(at: (Double(j) - centre + 0.5) * (1 / filterScale))
      }
      let sum = weights.reduce(0, +)
      starts.append(start)
      for weight in weights {
        let normalized = sum == 0 ? weight : weight / sum
        values.append(Int32(0.5 + normalized * Double(1 << Self.fractionBits)))
      }
      offsets.append(values.count)
    }
  }

  func resampleGreyRow(_ row: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
    values.withUnsafeBufferPointer { values in
      for i in 0..<count {
        let (first, start) = (offsets[i], starts[i])
        var sum = Self.half
        for j in 0..<(offsets[i + 1] - first) {
          sum &+= Int32(row[start + j]) &* values[first + j]
        }
        target[i] = Self.rounded(sum)
      }
    }
  }

  func resampleRGBRow(_ row: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
    values.withUnsafeBufferPointer { values in
      for i in 0..<count {
        let first = offsets[i]
        var pixel = row + 3 * starts[i]
        var (red, green, blue) = (Self.half, Self.half, Self.half)
        for j in first..<offsets[i + 1] {
          red &+= Int32(pixel[0]) &* values[j]
          green &+= Int32(pixel[1]) &* values[j]
          blue &+= Int32(pixel[2]) &* values[j]
          pixel += 3
        }
        target[3 * i] = Self.rounded(red)
        target[3 * i + 1] = Self.rounded(green)
        target[3 * i + 2] = Self.rounded(blue)
      }
    }
  }

  /// Averages whole rows of samples into new row `row`; `sums` is room for one row.
  func resampleColumns(
    _ source: UnsafePointer<UInt8>, rowLength: Int, row: Int, sums: UnsafeMutablePointer<Int32>,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    sums.update(repeating: Self.half, count: rowLength)
    for j in offsets[row]..<offsets[row + 1] {
      let weight = values[j]
      let line = source + (starts[row] + j - offsets[row]) * rowLength
      for i in 0..<rowLength { sums[i] &+= Int32(line[i]) &* weight }
    }
    for i in 0..<rowLength { target[i] = Self.rounded(sums[i]) }
  }

  private static let half: Int32 = 1 << (fractionBits - 1)

  @inline(__always)
  private static func rounded(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}
