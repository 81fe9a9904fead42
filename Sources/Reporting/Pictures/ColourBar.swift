import Imaging

/// A bar with the colours of all strengths and what they mean, beside a picture.
struct ColourBar {
  let isSigned: Bool
  let shades: Shades
  /// The size of the picture, which decides that of the letters.
  let film: ImageSize

  private static let ground = SIMD3<Float>(20, 23, 27)
  private static let ink = SIMD3<Float>(238, 241, 244)
  /// What lies below the colours of the bar: a film of middle grey.
  private static let filmGrey = SIMD3<Float>(repeating: 110)

  /// The height of a digit.
  private var text: Double { max(7, 0.022 * Double(min(film.height, 2 * film.width))) }
  private var words: (top: String, bottom: String) {
    isSigned ? ("for", "against") : ("strong", "weak")
  }
  private var ticks: [(strength: Double, label: String)] {
    isSigned
      ? [(-1, "−1"), (-0.5, "−0.5"), (0, "0"), (0.5, "0.5"), (1, "1")]
      : [(0, "0"), (0.5, "0.5"), (1, "1")]
  }

  /// The picture with the bar at its right.
  func drawn(beside picture: Image) -> Image {
    let margin = text
    let barWidth = 1.3 * text
    let labelStart = barWidth + 0.95 * text
    let contents =
      ([labelStart + (ticks.map { Self.width($0.label) }.max() ?? 0) * text]
      + [words.top, words.bottom].map { Self.width($0) * text }).max() ?? 0
    let height = max(picture.height, Int((8 * text).rounded(.up)))
    let panel = Int((contents + 2 * margin).rounded(.up))
    var canvas = Canvas(width: picture.width + panel, height: height, ground: Self.ground)
    canvas.draw(picture)

    let left = Double(picture.width) + margin
    // Short pictures have no room for the words.
    let hasWords = Double(height) >= 14 * text
    let top = hasWords ? margin + 1.9 * text : margin
    let bottom = Double(height) - (hasWords ? margin + 1.9 * text : margin)
    if hasWords {
      canvas.write(words.top, x: left, y: margin + 0.9 * text, size: text, Self.ink)
      canvas.write(
        words.bottom, x: left, y: Double(height) - margin - 0.1 * text, size: text, Self.ink)
    }
    let (first, last) = (Int(top.rounded()), Int(bottom.rounded()))
    let (start, end) = (Int(left.rounded()), Int((left + barWidth).rounded()))
    canvas.fill(x: start..<end, y: first..<last) { _, y in
      let position = 1 - (Double(y - first) + 0.5) / Double(last - first)
      return shades.colour(of: isSigned ? 2 * position - 1 : position, over: Self.filmGrey)
    }
    let thickness = max(1, Int((0.09 * text).rounded()))
    for (strength, label) in ticks {
      let position = isSigned ? (strength + 1) / 2 : strength
      let y = top + (1 - position) * (bottom - top)
      // The outermost ticks end with the bar.
      let row = min(max(Int((y - Double(thickness) / 2).rounded()), first), last - thickness)
      canvas.fill(x: end..<end + Int(0.45 * text), y: row..<row + thickness) { _, _ in Self.ink }
      canvas.write(
        label, x: left + labelStart, y: Double(row) + Double(thickness) / 2 + 0.5 * text,
        size: text, Self.ink)
    }
    return canvas.image
  }

  /// The width of a text of size 1.
  private static func width(_ text: String) -> Double { StrokeFont.lines(of: text).width }
}
