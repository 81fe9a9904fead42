import Tensor

/// Random numbers in sequence, from the key of one aspect of one phantom.
struct SyntheticDraws {
  private var generator: RandomGenerator

  init(key: RandomKey) { generator = RandomGenerator(key: key) }

  /// Uniform in the range, of 24 random bits.
  mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    let unit = Float(generator.next() >> 40) * 0x1p-24
    return range.lowerBound + (range.upperBound - range.lowerBound) * unit
  }

  /// Uniform among whole numbers.
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(generator.next() % UInt64(range.count))
  }

  /// Whether something with this probability happens.
  mutating func chance(_ probability: Float) -> Bool { uniform(0...1) < probability }

  /// −1 or 1: the viewer's left or right.
  mutating func side() -> Float { chance(0.5) ? -1 : 1 }
}

/// Smooth random numbers over the plane, about 0 and within −1...1, the same after 64 cells.
struct SyntheticNoise {
  private let lattice: [Float]
  private static let side = 64

  init(key: RandomKey) {
    var lattice: [Float] = []
    lattice.reserveCapacity(Self.side * Self.side)
    for index in 0..<UInt64(Self.side * Self.side / 4) {
      let block = key.block(at: index)
      for lane in 0..<4 { lattice.append(Float(block[lane] >> 8) * 0x1p-23 - 1) }
    }
    self.lattice = lattice
  }

  /// The value at a place, in cells, above −1024.
  @inline(__always)
  func value(_ x: Float, _ y: Float) -> Float {
    // The lattice repeats, so that many of its sides to the right the place is the same, and truncation is the floor.
    let (x, y) = (x + 1024, y + 1024)
    let (column, row) = (Int(x), Int(y))
    let (fx, fy) = (smooth(x - Float(column)), smooth(y - Float(row)))
    let mask = Self.side - 1
    let (left, top) = (column & mask, row & mask)
    let (right, bottom) = ((left + 1) & mask, (top + 1) & mask)
    return lattice.withUnsafeBufferPointer { values in
      let (upper, lower) = (top * Self.side, bottom * Self.side)
      let above = values[upper + left] + (values[upper + right] - values[upper + left]) * fx
      let below = values[lower + left] + (values[lower + right] - values[lower + left]) * fx
      return above + (below - above) * fy
    }
  }

  /// The sum of two octaves, within −1...1.
  @inline(__always)
  func octaves(_ x: Float, _ y: Float) -> Float {
    value(x, y) * 0.65 + value(2.1 * x + 17, 2.1 * y + 31) * 0.35
  }

  @inline(__always)
  private func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}

/// 0 below `low`, 1 above `high`, smooth between; falling where `low` is the greater.
@inline(__always)
func smoothStep(_ low: Float, _ high: Float, _ x: Float) -> Float {
  let t = max(0, min(1, (x - low) / (high - low)))
  return t * t * (3 - 2 * t)
}

/// How far a number is from the nearest whole one, for numbers above −1024.
@inline(__always)
func distanceToInteger(_ x: Float) -> Float {
  let shifted = x + 1024.5
  return abs(shifted - Float(Int(shifted)) - 0.5)
}

/// A bump of height 1 at 0 that is 0 from −1 on and up to 1: `(1 − x²)²`.
@inline(__always)
func bump(_ x: Float) -> Float {
  let rest = max(0, 1 - x * x)
  return rest * rest
}
