import Foundation
import Imaging
import Tensor

/// A colour picture that is drawn on.
struct Canvas {
  let (width, height): (Int, Int)
  /// Red, green and blue of every pixel in `0...255`, row by row.
  private var samples: [UInt8]

  init(width: Int, height: Int, ground: SIMD3<Float>) {
    (self.width, self.height) = (width, height)
    samples = [UInt8](repeating: 0, count: 3 * width * height)
    fill(x: 0..<width, y: 0..<height) { _, _ in ground }
  }

  /// The finished picture.
  var image: Image {
    Image(size: ImageSize(height: height, width: width), mode: .rgb) {
      _ = $0.initialize(from: samples)
    }
  }

  /// Sets the pixels of a rectangle.
  mutating func fill(
    x columns: Range<Int>, y rows: Range<Int>, _ colour: (_ x: Int, _ y: Int) -> SIMD3<Float>
  ) {
    for y in rows.clamped(to: 0..<height) {
      for x in columns.clamped(to: 0..<width) { set(x, y, colour(x, y)) }
    }
  }

  /// Copies a colour picture to the upper left corner.
  mutating func draw(_ picture: Image) {
    picture.pixels.withUnsafeScalars { source in
      for y in 0..<min(height, picture.height) {
        for i in 0..<3 * min(width, picture.width) {
          samples[3 * y * width + i] = source[3 * y * picture.width + i]
        }
      }
    }
  }

  /// Writes a text with soft edges, its baseline at `y`.
  ///
  /// - Parameter size: The height of a digit, in pixels.
  mutating func write(
    _ text: String, x: Double, y: Double, size: Double, _ colour: SIMD3<Float>
  ) {
    let (lines, length) = StrokeFont.lines(of: text)
    // A line of less than a pixel would grow faint.
    let halfWidth = max(StrokeFont.halfWidth * size, 0.55)
    let columns = Int(x - 1)..<Int((x + length * size + 2).rounded(.up))
    let rows = Int(y - 1.1 * size - 1)..<Int((y + 0.4 * size + 2).rounded(.up))
    for row in rows.clamped(to: 0..<height) {
      for column in columns.clamped(to: 0..<width) {
        let place = StrokeFont.Point(
          (Double(column) + 0.5 - x) / size, (y - Double(row) - 0.5) / size)
        let distance = StrokeFont.distance(of: place, to: lines) * size
        let cover = Float(min(max(halfWidth - distance + 0.5, 0), 1))
        if cover > 0 {
          set(column, row, self[column, row] * (1 - cover) + colour * cover)
        }
      }
    }
  }

  private subscript(x: Int, y: Int) -> SIMD3<Float> {
    let start = 3 * (y * width + x)
    return SIMD3(Float(samples[start]), Float(samples[start + 1]), Float(samples[start + 2]))
  }

  private mutating func set(_ x: Int, _ y: Int, _ colour: SIMD3<Float>) {
    let start = 3 * (y * width + x)
    for part in 0..<3 { samples[start + part] = UInt8(colour[part].rounded()) }
  }
}
