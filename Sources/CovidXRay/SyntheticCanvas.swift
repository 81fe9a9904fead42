import Imaging
import Tensor

/// Two planes of numbers, one for each pixel, and the pose of the chest in them.
///
/// `density` is what the rays meet; `lung` is how much air there is in lungs, so that what grows in lungs stays in them.
struct SyntheticCanvas {
  let height: Int
  let width: Int
  var density: [Float]
  var lung: [Float]
  /// Pixels to a unit of the picture: half its shorter side.
  let unit: Float
  private let pose: SyntheticPose

  init(size: ImageSize, pose: SyntheticPose) {
    (height, width) = (size.height, size.width)
    density = Array(repeating: 0, count: height * width)
    lung = density
    unit = Float(min(height, width)) / 2
    self.pose = pose
  }

  /// Calls `body` for every pixel with its place in the chest.
  @inline(__always)
  mutating func forEachPixel(
    _ body: (_ u: Float, _ v: Float, _ density: inout Float, _ lung: inout Float) -> Void
  ) {
    for row in 0..<height {
      for column in 0..<width {
        let (x, y) = picturePlace(row: row, column: column)
        let (u, v) = pose.chestPlace(x, y)
        let index = row * width + column
        body(u, v, &density[index], &lung[index])
      }
    }
  }

  /// A pixel's place in the picture: −1 to 1 along the shorter side.
  @inline(__always)
  func picturePlace(row: Int, column: Int) -> (x: Float, y: Float) {
    ((Float(column) + 0.5 - Float(width) / 2) / unit, (Float(row) + 0.5 - Float(height) / 2) / unit)
  }

  /// Calls `body` for every pixel of a square about a place in the chest.
  ///
  /// - Parameter reach: Half the side of the square, in units of the chest.
  @inline(__always)
  mutating func forEachPixel(
    around centre: SIMD2<Float>, reach: Float,
    _ body: (_ place: SIMD2<Float>, _ density: inout Float, _ lung: inout Float) -> Void
  ) {
    let (x, y) = pose.picturePlace(centre.x, centre.y)
    let radius = reach * pose.scale * 1.1 * unit + 1
    let (column, row) = (x * unit + Float(width) / 2, y * unit + Float(height) / 2)
    for row in pixels(from: row - radius, to: row + radius, of: height) {
      for column in pixels(from: column - radius, to: column + radius, of: width) {
        let (x, y) = picturePlace(row: row, column: column)
        let (u, v) = pose.chestPlace(x, y)
        let index = row * width + column
        body(SIMD2(u, v), &density[index], &lung[index])
      }
    }
  }

  /// The pixels of an axis between two positions, none where both lie beyond the same end.
  private func pixels(from first: Float, to last: Float, of count: Int) -> Range<Int> {
    let start = max(0, min(count, Int(first)))
    return start..<max(start, min(count, Int(last) + 1))
  }

  /// Adds a line that tapers.
  ///
  /// - Parameters:
  ///   - widths: Half the width at both ends, in units of the chest.
  ///   - densities: What it adds in its middle, at both ends.
  ///   - inLungs: Whether it ends where the lungs do.
  mutating func addStroke(
    from start: SIMD2<Float>, to end: SIMD2<Float>, widths: (Float, Float),
    densities: (Float, Float), inLungs: Bool = false
  ) {
    let along = end - start
    let length = (along * along).sum()
    // What is finer than a pixel is drawn a pixel wide and fainter.
    let finest = 0.8 / (unit * pose.scale)
    forEachPixel(
      around: (start + end) / 2, reach: length.squareRoot() / 2 + max(widths.0, widths.1, finest)
    ) { place, density, lung in
      let t = max(0, min(1, ((place - start) * along).sum() / max(length, 1e-12)))
      let offset = place - start - along * t
      let halfWidth = widths.0 + (widths.1 - widths.0) * t
      let drawn = max(halfWidth, finest)
      let squared = (offset * offset).sum() / (drawn * drawn)
      guard squared < 1 else { return }
      let strength = (densities.0 + (densities.1 - densities.0) * t) * (halfWidth / drawn)
      density += strength * (1 - squared) * (inLungs ? lung : 1)
    }
  }

  /// Adds a soft ellipse.
  mutating func addBlob(
    at centre: SIMD2<Float>, radii: SIMD2<Float>, density strength: Float, inLungs: Bool = false
  ) {
    forEachPixel(around: centre, reach: max(radii.x, radii.y)) { place, density, lung in
      let offset = (place - centre) / radii
      let rest = max(0, 1 - (offset * offset).sum())
      density += strength * rest * rest * (inLungs ? lung : 1)
    }
  }

  /// Adds a disc with a clear edge.
  mutating func addDisc(at centre: SIMD2<Float>, radius: Float, density strength: Float) {
    let edge = 0.6 / unit
    forEachPixel(around: centre, reach: radius + edge) { place, density, _ in
      let offset = place - centre
      density +=
        strength * smoothStep(radius + edge, radius - edge, (offset * offset).sum().squareRoot())
    }
  }

  /// Blurs by a triangular window, `(w, 1 − 2w, w)` along both axes.
  mutating func blur(weight: Float) {
    guard weight > 0, height > 2, width > 2 else { return }
    blurLines(count: height, length: width, lineStep: width, step: 1, weight: weight)
    blurLines(count: width, length: height, lineStep: 1, step: width, weight: weight)
  }

  private mutating func blurLines(count: Int, length: Int, lineStep: Int, step: Int, weight: Float)
  {
    density.withUnsafeMutableBufferPointer { values in
      for line in 0..<count {
        var index = line * lineStep
        var before = values[index]
        for position in 0..<length {
          let current = values[index]
          let after = position + 1 < length ? values[index + step] : current
          values[index] = current + weight * (before - 2 * current + after)
          before = current
          index += step
        }
      }
    }
  }
}

/// Where the chest is in the picture: turned, scaled and shifted.
struct SyntheticPose {
  let scale: Float
  private let aspect: Float
  private let cosine: Float
  private let sine: Float
  private let shift: SIMD2<Float>

  init(using draws: inout SyntheticDraws) {
    scale = draws.uniform(0.96...1.06)
    aspect = draws.uniform(0.96...1.04)
    sine = draws.uniform(-0.05...0.05)
    cosine = (1 - sine * sine).squareRoot()
    shift = SIMD2(draws.uniform(-0.04...0.04), draws.uniform(-0.04...0.04))
  }

  /// From a place in the picture to one in the chest.
  @inline(__always)
  func chestPlace(_ x: Float, _ y: Float) -> (u: Float, v: Float) {
    let (dx, dy) = (x - shift.x, y - shift.y)
    return ((cosine * dx + sine * dy) / (scale * aspect), (cosine * dy - sine * dx) / scale)
  }

  /// From a place in the chest to one in the picture.
  @inline(__always)
  func picturePlace(_ u: Float, _ v: Float) -> (x: Float, y: Float) {
    let (dx, dy) = (u * scale * aspect, v * scale)
    return (cosine * dx - sine * dy + shift.x, sine * dx + cosine * dy + shift.y)
  }
}
