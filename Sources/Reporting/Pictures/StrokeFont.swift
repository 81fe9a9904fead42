import Foundation

/// Letters drawn as lines of even width, at any size: those that a colour bar needs.
///
/// Coordinates count from the baseline upwards; a capital is 1 high, a small letter 0.66.
enum StrokeFont {
  typealias Point = SIMD2<Double>

  /// Half the width of a line.
  static let halfWidth = 0.065
  private static let gap = 0.16

  /// The lines of a text that begins at 0 on the baseline, and where it ends.
  ///
  /// Characters that the font does not have leave a gap.
  static func lines(of text: String) -> (lines: [[Point]], width: Double) {
    var (lines, x) = ([[Point]](), 0.0)
    for character in text {
      let glyph = glyphs[character] ?? Glyph(0.3, [])
      lines += glyph.lines.map { line in line.map { $0 + Point(x, 0) } }
      x += glyph.width + gap
    }
    return (lines, max(x - gap, 0))
  }

  /// The distance of a point to the nearest of `lines`.
  static func distance(of point: Point, to lines: [[Point]]) -> Double {
    var least = Double.infinity
    for line in lines {
      for (a, b) in zip(line, line.count > 1 ? line[1...] : line[...]) {
        let (along, offset) = (b - a, point - a)
        let length = (along * along).sum()
        let share = length > 0 ? min(max((along * offset).sum() / length, 0), 1) : 0
        let away = offset - share * along
        least = min(least, (away * away).sum())
      }
    }
    return least.squareRoot()
  }

  private struct Glyph {
    let width: Double
    let lines: [[Point]]

    init(_ width: Double, _ lines: [[Point]]) {
      self.width = width
      self.lines = lines
    }
  }

  /// Part of an ellipse, angles in degrees, counted from the right anticlockwise.
  private static func arc(
    _ x: Double, _ y: Double, _ radii: (Double, Double), from start: Double, to end: Double
  ) -> [Point] {
    let count = max(2, Int((end - start).magnitude / 12))
    return (0...count).map {
      let angle = (start + (end - start) * Double($0) / Double(count)) * .pi / 180
      return Point(x + radii.0 * cos(angle), y + radii.1 * sin(angle))
    }
  }

  private static let bowl = arc(0.24, 0.33, (0.21, 0.3), from: 0, to: 360)

  private static let glyphs: [Character: Glyph] = [
    "0": Glyph(0.58, [arc(0.29, 0.5, (0.25, 0.46), from: 0, to: 360)]),
    "1": Glyph(0.4, [[Point(0.06, 0.76), Point(0.3, 0.96), Point(0.3, 0.04)]]),
    "5": Glyph(
      0.56,
      [
        [Point(0.5, 0.96), Point(0.13, 0.96), Point(0.09, 0.52)]
          + arc(0.26, 0.34, (0.26, 0.3), from: 130, to: -145)
      ]),
    ".": Glyph(0.12, [[Point(0.06, 0.05)]]),
    "−": Glyph(0.5, [[Point(0.04, 0.46), Point(0.46, 0.46)]]),
    "a": Glyph(0.5, [bowl, [Point(0.45, 0.63), Point(0.45, 0.04)]]),
    "e": Glyph(
      0.52,
      [[Point(0.06, 0.35), Point(0.47, 0.35)] + arc(0.26, 0.33, (0.21, 0.3), from: 4, to: 318)]),
    "f": Glyph(
      0.36,
      [
        arc(0.32, 0.8, (0.17, 0.17), from: 70, to: 180) + [Point(0.15, 0.04)],
        [Point(0.02, 0.62), Point(0.33, 0.62)],
      ]),
    "g": Glyph(
      0.5,
      [
        bowl,
        [Point(0.45, 0.63)] + arc(0.24, -0.06, (0.21, 0.19), from: 0, to: -150),
      ]),
    "i": Glyph(0.14, [[Point(0.07, 0.63), Point(0.07, 0.04)], [Point(0.07, 0.88)]]),
    "k": Glyph(
      0.46,
      [
        [Point(0.06, 0.96), Point(0.06, 0.04)], [Point(0.42, 0.63), Point(0.06, 0.27)],
        [Point(0.19, 0.39), Point(0.44, 0.04)],
      ]),
    "n": Glyph(
      0.48,
      [
        [Point(0.06, 0.63), Point(0.06, 0.04)],
        arc(0.24, 0.4, (0.18, 0.23), from: 180, to: 0) + [Point(0.42, 0.04)],
      ]),
    "o": Glyph(0.5, [arc(0.25, 0.33, (0.21, 0.3), from: 0, to: 360)]),
    "r": Glyph(
      0.34,
      [
        [Point(0.06, 0.63), Point(0.06, 0.04)], arc(0.24, 0.4, (0.18, 0.23), from: 180, to: 60),
      ]),
    "s": Glyph(
      0.44,
      [
        arc(0.22, 0.48, (0.17, 0.15), from: 35, to: 262)
          + arc(0.22, 0.185, (0.18, 0.15), from: 82, to: -145)
      ]),
    "t": Glyph(
      0.38,
      [
        [Point(0.15, 0.86)] + arc(0.31, 0.2, (0.16, 0.16), from: 180, to: 285),
        [Point(0.02, 0.62), Point(0.34, 0.62)],
      ]),
    "w": Glyph(
      0.7,
      [
        [
          Point(0.04, 0.63), Point(0.2, 0.04), Point(0.35, 0.6), Point(0.5, 0.04),
          Point(0.66, 0.63),
        ]
      ]),
  ]
}
