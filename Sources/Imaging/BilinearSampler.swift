import Tensor

/// The loops of affine resampling: for each new pixel, its old position, and the mean of the four pixels around it.
///
/// Positions are integers in units of 2⁻³² pixel: stepping along a row is one addition, without the error of a running sum
/// in floating point, and clamping is two conditional moves.
struct BilinearSampler {
  private let transform: AffineMap
  private let fill: FillMode
  private let scale: Float
  private let rows: SampledAxis
  private let columns: SampledAxis

  /// A sampler from a picture of size `source` to one of size `target`.
  init(
    source: ImageSize, target: ImageSize, transform: AffineMap, fill: FillMode, scale: Float
  ) {
    let (height, width) = (Double(target.height), Double(target.width))
    let farthestRow =
      transform.rowOffset.magnitude + transform.rowByRow.magnitude * height
      + transform.rowByColumn.magnitude * width
    let farthestColumn =
      transform.columnOffset.magnitude + transform.columnByRow.magnitude * height
      + transform.columnByColumn.magnitude * width
    require(
      farthestRow < 0x1p30 && farthestColumn < 0x1p30,
      "resample: needs positions within 2³⁰ pixels, got \(transform)")
    self.transform = transform
    self.fill = fill
    self.scale = scale
    rows = SampledAxis(count: source.height)
    columns = SampledAxis(count: source.width)
  }

  // MARK: One new row

  func writeGreyRow(
    _ row: Int, from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let (lineStep, pixelStep) = (rows.step &* columns.count, columns.step)
    forEachPixel(ofRow: row, columns: 0..<count) { column, y, x in
      let pixel = source + (y.index &* columns.count &+ x.index)
      let below = pixel + lineStep
      target[column] =
        scale
        * mix(
          mix(Float(pixel[0]), Float(pixel[pixelStep]), x.fraction),
          mix(Float(below[0]), Float(below[pixelStep]), x.fraction), y.fraction)
    } filling: { column, value in
      target[column] = scale * value
    }
  }

  /// For pictures of two columns and more.
  func writeRGBRow(
    _ row: Int, from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let lineStep = 3 &* rows.step &* columns.count
    // Three samples go through four lanes. Storing all four spills into the next pixel, which is written after this one;
    // the last pixel of a row has no next one.
    let last = count - 1
    forEachPixel(ofRow: row, columns: 0..<last) { column, y, x in
      let value = rgb(at: source + 3 &* (y.index &* columns.count &+ x.index), lineStep, y, x)
      UnsafeMutableRawPointer(target + 3 &* column).storeBytes(of: value, as: SIMD4<Float>.self)
    } filling: { column, value in
      for channel in 0..<3 { target[3 * column + channel] = scale * value }
    }
    forEachPixel(ofRow: row, columns: last..<count) { column, y, x in
      let value = rgb(at: source + 3 &* (y.index &* columns.count &+ x.index), lineStep, y, x)
      for channel in 0..<3 { target[3 * column + channel] = value[channel] }
    } filling: { column, value in
      for channel in 0..<3 { target[3 * column + channel] = scale * value }
    }
  }

  func writeRow(
    _ row: Int, from source: UnsafePointer<Float>, channels: Int,
    to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let pixelStep = channels &* columns.step
    let lineStep = channels &* rows.step &* columns.count
    forEachPixel(ofRow: row, columns: 0..<count) { column, y, x in
      let pixel = source + channels &* (y.index &* columns.count &+ x.index)
      let below = pixel + lineStep
      let output = target + channels &* column
      for channel in 0..<channels {
        output[channel] =
          scale
          * mix(
            mix(pixel[channel], pixel[pixelStep + channel], x.fraction),
            mix(below[channel], below[pixelStep + channel], x.fraction), y.fraction)
      }
    } filling: { column, value in
      for channel in 0..<channels { target[channels * column + channel] = scale * value }
    }
  }

  // MARK: Parts

  private typealias Place = (index: Int, fraction: Float)

  /// Calls `body` with the place of each new pixel in the old picture, or `filling` where there is none.
  @inline(__always)
  private func forEachPixel(
    ofRow row: Int, columns range: Range<Int>,
    _ body: (_ column: Int, _ y: Place, _ x: Place) -> Void,
    filling: (_ column: Int, _ value: Float) -> Void
  ) {
    let (yStep, xStep) = (fixed(transform.rowByColumn), fixed(transform.columnByColumn))
    var y = fixed(transform.rowOffset + transform.rowByRow * Double(row))
    var x = fixed(transform.columnOffset + transform.columnByRow * Double(row))
    y &+= yStep &* range.lowerBound
    x &+= xStep &* range.lowerBound
    switch fill {
    case .nearest:
      for column in range {
        body(column, rows.place(of: y), columns.place(of: x))
        y &+= yStep
        x &+= xStep
      }
    case .reflect:
      for column in range {
        body(column, rows.place(of: rows.reflected(y)), columns.place(of: columns.reflected(x)))
        y &+= yStep
        x &+= xStep
      }
    case .constant(let value):
      for column in range {
        if rows.contains(y) && columns.contains(x) {
          body(column, rows.place(of: y), columns.place(of: x))
        } else {
          filling(column, value)
        }
        y &+= yStep
        x &+= xStep
      }
    }
  }

  /// The scaled mean of an RGB pixel, its right neighbour, and the two below them.
  @inline(__always)
  private func rgb(
    at pixel: UnsafePointer<UInt8>, _ lineStep: Int, _ y: Place, _ x: Place
  ) -> SIMD4<Float> {
    let below = pixel + lineStep
    let top = mix(first(pixel), second(pixel), x.fraction)
    let bottom = mix(first(below), second(below), x.fraction)
    return mix(top, bottom, y.fraction) * scale
  }

  /// Red, green, blue and one lane of no meaning.
  @inline(__always)
  private func first(_ pixel: UnsafePointer<UInt8>) -> SIMD4<Float> {
    lanes(UnsafeRawPointer(pixel).loadUnaligned(as: UInt32.self))
  }

  /// The same for the next pixel, read from one byte before it, since the picture may end with it.
  @inline(__always)
  private func second(_ pixel: UnsafePointer<UInt8>) -> SIMD4<Float> {
    lanes(UnsafeRawPointer(pixel + 2).loadUnaligned(as: UInt32.self).littleEndian >> 8)
  }

  @inline(__always)
  private func lanes(_ word: UInt32) -> SIMD4<Float> {
    SIMD4<Float>(unsafeBitCast(word, to: SIMD4<UInt8>.self))
  }

  private func fixed(_ position: Double) -> Int { Int((position * 0x1p32).rounded()) }

  /// `a + (b − a) t`.
  @inline(__always)
  private func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }

  @inline(__always)
  private func mix(_ a: SIMD4<Float>, _ b: SIMD4<Float>, _ t: Float) -> SIMD4<Float> {
    a + (b - a) * t
  }
}

/// One axis of the picture that is sampled, with positions in units of 2⁻³² pixel.
struct SampledAxis {
  let count: Int
  /// The position of the last pixel.
  private let last: Int
  /// The greatest index that has a neighbour after it; 0 on an axis of one pixel.
  private let lastPair: Int
  /// The step to that neighbour; 0 on an axis of one pixel.
  let step: Int

  init(count: Int) {
    self.count = count
    last = (count - 1) << 32
    lastPair = max(count - 2, 0)
    step = count > 1 ? 1 : 0
  }

  /// Whether the position lies between the centres of the first and the last pixel.
  @inline(__always)
  func contains(_ position: Int) -> Bool { position >= 0 && position <= last }

  /// The pixel before the position, and how far the position is on the way to the next.
  ///
  /// Beyond the edge this is the edge itself, which is what `.nearest` asks for.
  @inline(__always)
  func place(of position: Int) -> (index: Int, fraction: Float) {
    let inside = max(0, min(last, position))
    let index = min(inside >> 32, lastPair)
    return (index, Float(inside &- index &<< 32) * 0x1p-32)
  }

  /// The position folded into the picture, mirrored in its edges, which lie half a pixel outside of the centres.
  func reflected(_ position: Int) -> Int {
    let (half, edge) = (1 << 31, count << 32)
    var folded = (position + half) % (2 * edge)
    if folded < 0 { folded += 2 * edge }
    return (folded > edge ? 2 * edge - folded : folded) - half
  }
}
