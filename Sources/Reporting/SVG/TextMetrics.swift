/// How wide a text will be, about.
///
/// An SVG file names fonts that the reader's machine may replace, so widths can only be estimated. The figures lie between
/// those of Arial and of the wider DejaVu Sans.
package enum TextMetrics {
  /// The estimated width of `text` at a font size.
  package static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
    text.reduce(0) { $0 + advance($1) } * size * (bold ? 1.16 : 1.07)
  }

  /// `text` broken at spaces into lines no wider than `width`, words too long for a line cut with an ellipsis.
  package static func lines(_ text: String, size: Double, bold: Bool = false, width limit: Double)
    -> [String]
  {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if width(longer, size: size, bold: bold) <= limit {
        line = longer
      } else {
        if !line.isEmpty { lines.append(line) }
        line = truncated(String(word), size: size, bold: bold, width: limit)
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// `text`, or as much of its beginning as fits with an ellipsis.
  package static func truncated(
    _ text: String, size: Double, bold: Bool = false, width limit: Double
  ) -> String {
    if width(text, size: size, bold: bold) <= limit { return text }
    var result = ""
    var sum = width("…", size: size, bold: bold)
    for character in text {
      sum += width(String(character), size: size, bold: bold)
      if sum > limit { break }
      result.append(character)
    }
    return result + "…"
  }

  /// The width of a character at font size 1.
  private static func advance(_ character: Character) -> Double {
    switch character {
    case "i", "j", "l", "'", "|": 0.24
    case " ", ".", ",", ":", ";", "!", "f", "t", "r", "I", "(", ")", "/", "·": 0.31
    case "m", "M", "W", "w", "%", "@", "…", "—": 0.9
    case "0"..."9", "a"..."z", "–", "−", "+", "=", "<", ">", "?", "_", "≥", "≤", "×": 0.58
    case "A"..."Z", "&": 0.71
    default:
      // Combining marks are part of their character; ideographs are square.
      character.unicodeScalars.first.map { $0.value >= 0x2E80 ? 1 : 0.62 } ?? 0
    }
  }
}
