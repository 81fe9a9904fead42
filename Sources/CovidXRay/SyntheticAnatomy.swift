import Tensor

/// The outlines of one chest, in coordinates of its own.
///
/// `u` runs to the viewer's right and `v` down, both about from −1 to 1. A lung knows the distance `a` from the midline
/// instead of `u`. Outlines are tabulated once, so that drawing them is a look-up for each pixel.
struct SyntheticAnatomy {
  /// Half the width of the trunk at each `v`.
  let trunk: SyntheticCurve
  /// The lungs at the viewer's left and right; the heart lies towards the right one.
  let lungs: [SyntheticLung]
  let ribs: SyntheticRibs
  let spineHalfWidth: Float
  let vertebraHeight: Float
  /// Where the windpipe lies.
  let trachea: Float
  /// The strength of soft tissue before the lower lungs, 0 for none.
  let breasts: Float
  /// The brightness of the shoulder blades.
  let scapula: Float
  /// The brightness of the abdomen.
  let abdomen: Float
  let gastricBubble: Float

  init(key: RandomKey) {
    var draws = SyntheticDraws(key: key)
    let apex = draws.uniform(-0.78 ... -0.70)
    let width = draws.uniform(0.62...0.70)
    let diaphragm = draws.uniform(0.40...0.52)
    let heart = SyntheticHeart(using: &draws, diaphragm: diaphragm)
    lungs = [-1, 1].map { side in
      SyntheticLung(
        side: side, apex: apex, width: width + draws.uniform(-0.02...0.02), diaphragm: diaphragm,
        lowering: side > 0 ? draws.uniform(0.01...0.07) : 0, heart: heart, using: &draws)
    }
    let (neck, shoulders) = (draws.uniform(0.30...0.42), draws.uniform(0.90...1.15))
    let (waist, slope) = (width + draws.uniform(0.16...0.34), draws.uniform(-0.06...0.06))
    trunk = SyntheticCurve { v in
      let body = max(waist, shoulders * smoothStep(0.3, -0.6, v)) + slope * v
      return neck + (body - neck) * smoothStep(apex - 0.22, apex + 0.12, v)
    }
    ribs = SyntheticRibs(apex: apex, width: width, using: &draws)
    spineHalfWidth = draws.uniform(0.075...0.1)
    vertebraHeight = draws.uniform(0.11...0.14)
    trachea = draws.uniform(-0.025...0.025)
    breasts = draws.chance(0.5) ? draws.uniform(0.02...0.10) : 0
    scapula = draws.uniform(0...0.07)
    abdomen = draws.uniform(0.08...0.2)
    gastricBubble = draws.chance(0.6) ? draws.uniform(0.05...0.2) : 0
  }

  @inline(__always)
  func lung(at u: Float) -> SyntheticLung { lungs[u < 0 ? 0 : 1] }
}

/// The outline of the heart: an ellipse about (`centre`, `level`), wider towards the viewer's right.
struct SyntheticHeart {
  let level: Float
  let height: Float
  let left: Float
  let right: Float

  init(using draws: inout SyntheticDraws, diaphragm: Float) {
    level = diaphragm - draws.uniform(0.16...0.26)
    height = draws.uniform(0.36...0.46)
    left = draws.uniform(0.13...0.21)
    right = draws.uniform(0.32...0.44)
  }

  /// How far it reaches from the midline towards `side` at `v`.
  func reach(_ side: Float, _ v: Float) -> Float {
    // The apex of the heart lies low on the viewer's right, the atrium higher on the left.
    let offset = (v - level - (side > 0 ? 0.06 : -0.04)) / height
    return (side > 0 ? right : left) * max(0, 1 - offset * offset).squareRoot()
  }
}

/// One lung, in the distance `a` from the midline.
struct SyntheticLung {
  /// The border towards the mediastinum, at each `v`.
  let inner: SyntheticCurve
  /// The border towards the ribs, at each `v`.
  let outer: SyntheticCurve
  /// The dome of the diaphragm, at each `a`.
  let dome: SyntheticCurve
  let side: Float
  let apex: Float
  /// Where the vessels come from.
  let hilum: (a: Float, v: Float)

  init(
    side: Float, apex: Float, width: Float, diaphragm: Float, lowering: Float,
    heart: SyntheticHeart, using draws: inout SyntheticDraws
  ) {
    let (axis, rounding) = (draws.uniform(0.27...0.33), draws.uniform(0.85...1.05))
    let flare = draws.uniform(-0.02...0.04)
    outer = SyntheticCurve { v in
      let t = max(0, min(1, (apex + rounding - v) / rounding))
      return axis + (width - axis) * max(0, 1 - t * t * t.squareRoot()).squareRoot()
        + flare * max(0, v)
    }
    let vessels = draws.uniform(0.09...0.13)
    let (knob, trunk) = (draws.uniform(0.03...0.09), draws.uniform(0.02...0.06))
    inner = SyntheticCurve { v in
      var border = vessels
      if side > 0 {
        border += knob * bump((v + 0.42) / 0.16) + trunk * bump((v + 0.2) / 0.2)
      }
      // A smooth maximum, since the outlines of vessels and heart meet without a corner.
      let (difference, heartBorder) = (heart.reach(side, v) - border, heart.reach(side, v))
      border = 0.5 * (border + heartBorder + (difference * difference + 0.002).squareRoot())
      let t = max(0, min(1, (apex + 0.24 - v) / 0.24))
      return axis - (axis - border) * max(0, 1 - t * t).squareRoot()
    }
    let (depth, crest) = (draws.uniform(0.12...0.24), draws.uniform(0.28...0.40))
    dome = SyntheticCurve { a in
      let lateral = max(0, a - crest) / (width - crest)
      let medial = max(0, crest - a) / crest
      // The domes meet in the middle, wherever they stand.
      let level = diaphragm + lowering * smoothStep(0, 0.3, a)
      return level + depth * lateral * lateral + 0.06 * medial * medial
    }
    self.side = side
    self.apex = apex
    hilum = (vessels + draws.uniform(0.04...0.08), side > 0 ? -0.17 : -0.11)
  }

  /// How much of the way through the body is lung: 0 outside, 1 well inside.
  @inline(__always)
  func depth(_ a: Float, _ v: Float) -> Float {
    let toDome = dome[a] - v
    guard toDome > -0.03 && v > apex - 0.03 else { return 0 }
    let (toInner, toOuter) = (a - inner[v], outer[v] - a)
    return smoothStep(-0.015, 0.05, toInner) * smoothStep(-0.008, 0.035, toOuter)
      * smoothStep(-0.012, 0.03, toDome)
  }
}

/// The ribs of both sides: the same curve again and again, one spacing lower each time.
struct SyntheticRibs {
  private let start: Float
  private let spacing: Float
  private let drop: Float
  private let rise: Float
  private let posterior: Float
  private let anterior: Float
  private let width: Float
  private let thickness: Float
  /// Where the collar bones begin, and how they run.
  let clavicle: (v: Float, slope: Float, bend: Float, strength: Float)

  init(apex: Float, width: Float, using draws: inout SyntheticDraws) {
    self.width = width
    start = apex + draws.uniform(0...0.12)
    spacing = draws.uniform(0.125...0.16)
    drop = draws.uniform(0.35...0.6)
    rise = draws.uniform(0.6...0.9)
    posterior = draws.uniform(0.06...0.12)
    anterior = draws.uniform(0.02...0.06)
    thickness = draws.uniform(0.20...0.26)
    clavicle = (
      apex + draws.uniform(0.08...0.18), draws.uniform(0.08...0.32), draws.uniform(0.02...0.07),
      draws.uniform(0.10...0.2)
    )
  }

  /// What the ribs add at a distance from the midline.
  @inline(__always)
  func density(_ a: Float, _ v: Float) -> Float {
    let back = profile((v - start - drop * a * a) / spacing) * smoothStep(0.06, 0.14, a)
    let front =
      profile((v - start - drop * width * width - rise * (width - a)) / spacing + 0.4)
      * smoothStep(0.28, 0.45, a)
    // Seen from the edge, laterally, a rib is thicker.
    return (posterior * back + anterior * front) * (0.8 + 0.5 * (a / width) * (a / width))
  }

  /// The density across a rib, of which there are eleven: its rims are denser than its middle.
  @inline(__always)
  private func profile(_ position: Float) -> Float {
    guard position > -0.5 && position < 10.5 else { return 0 }
    let t = distanceToInteger(position) / thickness
    guard t < 1.15 else { return 0 }
    return smoothStep(1.15, 0.85, t) * (0.6 + 0.4 * t * t)
  }

  /// What the collar bones add at a distance from the midline.
  @inline(__always)
  func clavicleDensity(_ a: Float, _ v: Float) -> Float {
    guard abs(v - clavicle.v) < 0.4 else { return 0 }
    let t = max(0, min(1, (a - 0.1) / 0.75))
    // An S: down first, then up.
    let centre = clavicle.v - clavicle.slope * t + clavicle.bend * (4 * t * (1 - t)) * (1 - 2 * t)
    let distance = abs(v - centre) / (0.034 + 0.012 * (1 - 2 * t) * (1 - 2 * t))
    return clavicle.strength * smoothStep(1.1, 0.8, distance) * (0.7 + 0.3 * distance * distance)
      * smoothStep(0.08, 0.12, a) * smoothStep(0.95, 0.85, a)
  }
}

/// A function of one coordinate, tabulated from −1.6 to 1.6 and linear between.
struct SyntheticCurve {
  private let values: [Float]
  private static let intervals = 192
  private static let reach: Float = 1.6
  private static let scale = Float(intervals) / (2 * reach)

  init(_ function: (Float) -> Float) {
    values = (0...Self.intervals).map { function(Float($0) / Self.scale - Self.reach) }
  }

  @inline(__always)
  subscript(x: Float) -> Float {
    let position = max(0, min(Float(Self.intervals) - 0.001, (x + Self.reach) * Self.scale))
    let index = Int(position)
    return values.withUnsafeBufferPointer {
      $0[index] + ($0[index + 1] - $0[index]) * (position - Float(index))
    }
  }
}
