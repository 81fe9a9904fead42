import Imaging
import Tensor

/// A film in the making: what the rays meet is added up, then exposed.
struct SyntheticFilm {
  private var canvas: SyntheticCanvas
  private let anatomy: SyntheticAnatomy
  private let key: RandomKey

  /// A chest without opacities.
  init(key: RandomKey, size: ImageSize) {
    self.key = key
    var draws = SyntheticDraws(key: key.derived(SyntheticChest.Address.markings))
    anatomy = SyntheticAnatomy(key: key.derived(SyntheticChest.Address.anatomy))
    let noise = SyntheticNoise(key: key.derived(SyntheticChest.Address.texture))
    canvas = SyntheticCanvas(size: size, pose: SyntheticPose(using: &draws))
    // A copy, since the loop has exclusive access to the film.
    let anatomy = anatomy
    canvas.forEachPixel { u, v, density, lung in
      (density, lung) = anatomy.matter(u, v, texture: noise)
    }
    for lung in anatomy.lungs { addVessels(of: lung, using: &draws) }
    addSmallThings(using: &draws)
  }

  // MARK: What everybody has

  /// Vessels branch out from the hilum, and thin.
  private mutating func addVessels(of lung: SyntheticLung, using draws: inout SyntheticDraws) {
    let strength = draws.uniform(0.5...1.2)
    for _ in 0..<6 {
      let offset = SIMD2(draws.uniform(-0.04...0.05), draws.uniform(-0.1...0.12))
      let centre = SIMD2(lung.side * (lung.hilum.a + offset.x), lung.hilum.v + offset.y)
      canvas.addBlob(
        at: centre, radii: SIMD2(draws.uniform(0.04...0.08), draws.uniform(0.04...0.09)),
        density: 0.08 * strength, inLungs: true)
    }
    for vessel in 0..<10 {
      // From straight up to nearly straight down, measured from the horizontal outwards, and from places that lie apart in
      // the same order: vessels do not all come out of one point.
      let angle = -1.3 + 2.7 * (Float(vessel) + draws.uniform(0...1)) / 10
      let start = SIMD2(lung.hilum.a + draws.uniform(-0.04...0.06), lung.hilum.v + 0.12 * angle)
      addVessel(
        from: SIMD2(lung.side * start.x, start.y), side: lung.side, angle: angle,
        width: draws.uniform(0.008...0.018), density: strength * draws.uniform(0.05...0.1),
        pieces: 7, using: &draws)
    }
  }

  private mutating func addVessel(
    from start: SIMD2<Float>, side: Float, angle: Float, width: Float, density: Float, pieces: Int,
    using draws: inout SyntheticDraws
  ) {
    var (place, angle, width, density) = (start, angle, width, density)
    for piece in 0..<pieces {
      angle += draws.uniform(-0.25...0.25)
      let step = draws.uniform(0.07...0.11)
      let direction = SIMD2(side * cosine(angle), cosine(angle - .pi / 2))
      let end = place + step * direction
      canvas.addStroke(
        from: place, to: end, widths: (width, width * 0.85), densities: (density, density * 0.85),
        inLungs: true)
      if pieces > 3 && piece > 0 && draws.chance(0.45) {
        addVessel(
          from: end, side: side, angle: angle + draws.side() * draws.uniform(0.4...0.8),
          width: width * 0.7, density: density * 0.7, pieces: 3, using: &draws)
      }
      (place, width, density) = (end, width * 0.85, density * 0.85)
    }
  }

  /// What lies about on films and says nothing: nipples, electrodes and their leads, the marker of the side.
  private mutating func addSmallThings(using draws: inout SyntheticDraws) {
    if draws.chance(0.35) {
      let v = draws.uniform(0.15...0.38)
      for side: Float in [-1, 1] {
        canvas.addBlob(
          at: SIMD2(side * draws.uniform(0.36...0.5), v + draws.uniform(-0.03...0.03)),
          radii: SIMD2(repeating: draws.uniform(0.025...0.04)), density: draws.uniform(0.05...0.12))
      }
    }
    if draws.chance(0.3) {
      for _ in 0..<draws.integer(1...3) { addElectrode(using: &draws) }
    }
    if draws.chance(0.7) { addMarker(using: &draws) }
  }

  private mutating func addElectrode(using draws: inout SyntheticDraws) {
    var place = SIMD2(draws.side() * draws.uniform(0.2...0.75), draws.uniform(-0.6...0.5))
    canvas.addDisc(at: place, radius: 0.035, density: 0.07)
    canvas.addDisc(at: place, radius: 0.014, density: 0.25)
    var angle = draws.uniform(0.8...2.4)
    for _ in 0..<12 {
      angle += draws.uniform(-0.3...0.3)
      let end = place + 0.15 * SIMD2(cosine(angle), cosine(angle - .pi / 2))
      canvas.addStroke(from: place, to: end, widths: (0.007, 0.007), densities: (0.1, 0.1))
      place = end
    }
  }

  /// The letter R or L, of lead, beside the shoulder of that side.
  private mutating func addMarker(using draws: inout SyntheticDraws) {
    let isRight = draws.chance(0.7)
    let side: Float = isRight ? -1 : 1
    let corner = SIMD2(side * draws.uniform(0.74...0.86), draws.uniform(-0.9 ... -0.72))
    let size = draws.uniform(0.04...0.07)
    // Each letter in strokes of the pen.
    let right: [[SIMD2<Float>]] = [
      [SIMD2(0, 2), SIMD2(0, 0), SIMD2(0.9, 0.2), SIMD2(0.9, 0.8), SIMD2(0, 1)],
      [SIMD2(0.2, 1), SIMD2(1, 2)],
    ]
    let left: [[SIMD2<Float>]] = [[SIMD2(0, 0), SIMD2(0, 2), SIMD2(1, 2)]]
    for stroke in isRight ? right : left {
      for (start, end) in zip(stroke, stroke.dropFirst()) {
        canvas.addStroke(
          from: corner + size * start, to: corner + size * end, widths: (0.011, 0.011),
          densities: (0.6, 0.6))
      }
    }
  }

  // MARK: What the positive class has

  /// Fills parts of the lungs with what is no air: patches, mostly in both lungs, towards the ribs and the diaphragm.
  mutating func addOpacities(key: RandomKey, scale: Float) {
    var draws = SyntheticDraws(key: key)
    let noise = SyntheticNoise(key: key.derived(0))
    // One in eight is faint: those are what a network misses.
    let severity = draws.chance(0.12) ? draws.uniform(0.1...0.35) : draws.uniform(0.7...1)
    let firstSide = draws.side()
    for number in 0..<draws.integer(8...13) {
      // The first two lie on either side, four times out of five or more.
      let side =
        number == 0 ? firstSide : number == 1 && draws.chance(0.8) ? -firstSide : draws.side()
      let lung = anatomy.lung(at: side)
      let v = draws.uniform(-0.45...0.5)
      let t = draws.uniform(0.4...0.95)
      let a = lung.inner[v] + t * (lung.outer[v] - lung.inner[v])
      let radius = draws.uniform(0.2...0.4)
      addOpacity(
        at: SIMD2(side * a, min(v, lung.dome[a] - 0.4 * radius)),
        radii: SIMD2(radius * draws.uniform(0.6...1), radius * draws.uniform(0.7...1.2)),
        filling: min(0.95, scale * severity * draws.uniform(0.7...1.2)), noise: noise,
        phase: draws.uniform(0...40))
    }
  }

  private mutating func addOpacity(
    at centre: SIMD2<Float>, radii: SIMD2<Float>, filling: Float, noise: SyntheticNoise,
    phase: Float
  ) {
    canvas.forEachPixel(around: centre, reach: 1.4 * max(radii.x, radii.y)) {
      place, density, lung in
      guard lung > 0 else { return }
      let offset = (place - centre) / radii
      let edge = noise.octaves(5 * place.x + phase, 5 * place.y + phase)
      let radius = (offset * offset).sum().squareRoot() + 0.45 * edge
      guard radius < 1 else { return }
      let patches = 0.8 + 0.25 * noise.value(14 * place.x + phase, 14 * place.y)
      // The next patch finds less air.
      let filled = lung * filling * smoothStep(1, 0.35, radius) * patches
      lung -= filled
      density += 0.65 * filled
    }
  }

  // MARK: Exposure

  /// The picture: densities through blur, exposure, vignetting and grain.
  consuming func exposed(mode: Image.ColourMode) -> Image {
    var draws = SyntheticDraws(key: key.derived(SyntheticChest.Address.exposure))
    let brightness = draws.uniform(-0.05...0.05)
    let contrast = draws.uniform(0.85...1.15)
    let bend = draws.uniform(-0.3...0.3)
    let vignette = draws.uniform(0...0.12)
    let grain = draws.uniform(2...7)
    // Less on a smaller picture, whose pixels see more of the chest; a window of three pixels can do no more on a larger.
    canvas.blur(weight: 0.25 * draws.uniform(0...1) * min(1, canvas.unit / 112))
    let collimated = draws.chance(0.3) ? draws.uniform(0.9...1) : 2

    let processing = automaticProcessing()

    let gain = contrast * processing.gain
    let (width, channels) = (canvas.width, mode.channels)
    let grainKey = key.derived(SyntheticChest.Address.grain)
    let canvas = canvas
    return Image(size: ImageSize(height: canvas.height, width: width), mode: mode) { pixels in
      var block = SIMD4<UInt32>()
      for index in 0..<canvas.density.count {
        if index & 3 == 0 { block = grainKey.block(at: UInt64(index >> 2)) }
        let (x, y) = canvas.picturePlace(row: index / width, column: index % width)
        var value = (canvas.density[index] - processing.middle) * gain + 0.5 + brightness
        // A film's curve: a parabola that keeps 0 and 1 where they are.
        value += bend * value * (1 - value)
        value *= 1 - vignette * (x * x + y * y)
        let frame = max(abs(x) * 1.02, abs(y))
        if frame > collimated { value = 0.03 }
        let noisy = 255 * value + grain * normalDeviate(block[index & 3])
        let grey = UInt8(max(0, min(255, noisy)) + 0.5)
        for channel in 0..<channels { pixels[index * channels + channel] = grey }
      }
    }
  }

  /// What a detector does by itself: half of what makes films differ in mean density and in contrast is evened out.
  private func automaticProcessing() -> (middle: Float, gain: Float) {
    let count = Float(canvas.density.count)
    let mean = canvas.density.reduce(0, +) / count
    let variance = canvas.density.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // The square root halves the difference of the logarithms.
    return (0.5 + 0.5 * (mean - 0.52), (0.2 / max(0.05, variance.squareRoot())).squareRoot())
  }

  /// The sum of four random bytes, centred and scaled to variance 1: nearly normal, and within ±3.5.
  @inline(__always)
  private func normalDeviate(_ word: UInt32) -> Float {
    let pairs = (word & 0x00FF_00FF) + (word >> 8 & 0x00FF_00FF)
    let sum = Float((pairs & 0xFFFF) + pairs >> 16)
    return (sum - 510) * (1 / 147.8)
  }
}

/// The cosine for angles of a few turns, by Bhaskara's approximation: within 0.002, from additions and products alone, so
/// that phantoms do not depend on the system's mathematics library.
func cosine(_ angle: Float) -> Float {
  let turns = angle / .pi
  let half = turns - (turns / 2).rounded() * 2
  let folded = abs(half) > 0.5 ? 1 - abs(half) : abs(half)
  let value = (1 - 4 * folded * folded) / (1 + folded * folded)
  return abs(half) > 0.5 ? -value : value
}
