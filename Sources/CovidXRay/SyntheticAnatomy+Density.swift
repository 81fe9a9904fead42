import Tensor

/// What the rays meet on their way through the chest.
extension SyntheticAnatomy {
  /// The density at a place, 0 for air, and how much of it is lung, 0 for none.
  @inline(__always)
  func matter(
    _ u: Float, _ v: Float, texture noise: SyntheticNoise
  ) -> (density: Float, lung: Float) {
    let a = abs(u)
    let across = a / trunk[v]
    guard across < 1.03 else { return (0, 0) }
    let lung = lung(at: u)
    let depth = lung.depth(a, v)
    var sum = 0.46 + 0.20 * max(0, 1 - across * across).squareRoot()

    // Above the diaphragm and between the lungs: heart and great vessels.
    let toDome = lung.dome[a] - v
    sum += 0.16 * smoothStep(0.10, -0.06, a - lung.inner[v]) * smoothStep(-0.9, -0.5, v)
    sum += abdomen * smoothStep(0.02, -0.12, toDome)
    if u > 0 && gastricBubble > 0 {
      let (x, y) = ((a - 0.36) / 0.14, (toDome + 0.11) / 0.07)
      sum -= gastricBubble * bump(min(1, (x * x + y * y).squareRoot()))
    }
    sum += spine(u, v) + softTissue(a, v)

    // Lungs let the rays through, the more so the farther out and up.
    let grain = noise.octaves(9 * u + 40, 9 * v + 40)
    sum -= depth * (0.40 - 0.05 * smoothStep(-0.2, 0.6, v) + 0.03 * a + 0.035 * grain)

    // Ribs stand out before air, and drown in what is dense already. No two run alike.
    let unevenness = noise.value(3 * u + 10, 3 * v + 20)
    let cage = smoothStep(0.04, 0.0, a - lung.outer[v]) * (0.25 + 0.75 * depth)
    sum += ribs.density(a, v + 0.012 * unevenness) * cage * smoothStep(-0.2, 0.02, toDome)
    sum += ribs.clavicleDensity(a, v) + 0.02 * unevenness
    return (sum * smoothStep(1.03, 0.97, across), depth)
  }

  /// The spine, and the windpipe before it.
  @inline(__always)
  private func spine(_ u: Float, _ v: Float) -> Float {
    let a = abs(u)
    guard a < 0.13 else { return 0 }
    let disc = distanceToInteger(v / vertebraHeight)
    var sum = 0.07 * smoothStep(spineHalfWidth + 0.02, spineHalfWidth - 0.02, a)
    sum *= 0.55 + 0.45 * smoothStep(0.08, 0.2, disc)
    let airway = smoothStep(0.06, 0.025, abs(u - trachea)) * smoothStep(-0.18, -0.42, v)
    return sum - 0.13 * airway
  }

  /// Breasts and shoulder blades, in front of and behind the lungs.
  @inline(__always)
  private func softTissue(_ a: Float, _ v: Float) -> Float {
    var sum: Float = 0
    if breasts > 0 {
      let (x, y) = ((a - 0.45) / 0.40, (v - 0.22) / 0.36)
      let radius = x * x + y * y
      // Denser below, where the contour is.
      sum += breasts * smoothStep(1.05, 0.75, radius) * (0.55 + 0.45 * y)
    }
    if scapula > 0 && v > -0.7 && v < 0.2 {
      let border = 0.56 + 0.3 * (v + 0.3) * (v + 0.3)
      sum +=
        scapula * smoothStep(-0.03, 0.03, a - border) * smoothStep(0.2, 0, v)
        * smoothStep(-0.7, -0.5, v)
    }
    return sum
  }
}
