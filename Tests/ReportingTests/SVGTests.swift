import Foundation
import Reporting
import Testing

@Suite("SVG: text, numbers and ticks")
struct SVGTests {
  @Test("what XML reserves is escaped, and what it forbids replaced")
  func escaping() {
    #expect(SVGElement.escaped("a < b & \"c\" > d") == "a &lt; b &amp; &quot;c&quot; &gt; d")
    #expect(SVGElement.escaped("Röntgen ≥ 90 % 肺") == "Röntgen ≥ 90 % 肺")
    #expect(SVGElement.escaped("a\u{0}b\u{1B}c\u{FFFF}") == "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
    #expect(SVGElement.escaped("a\nb\tc") == "a b c")
  }

  @Test(
    "coordinates have at most two decimals",
    arguments: [
      (1.0, "1"), (1.5, "1.5"), (0.126, "0.13"), (-2.004, "-2"), (100.10, "100.1"), (-0.001, "0"),
    ])
  func numbers(value: Double, text: String) {
    #expect(SVGElement.number(value) == text)
  }

  @Test("steps are 1, 2 or 5 times a power of ten, and no more ticks than wanted")
  func steps() {
    for (low, high) in [(0.0, 1.0), (0, 0.986), (-3, 17), (0.5, 0.97), (1e-7, 3e-7), (0, 12_345)] {
      for count in 2...11 {
        let ticks = Ticks.linear(low, high, maximumCount: count, integersOnly: false)
        let mantissa = ticks.step / pow(10, log10(ticks.step * 1.0001).rounded(.down))
        #expect([1, 2, 5].contains { abs($0 - mantissa) < 1e-9 }, "\(ticks.step)")
        #expect(ticks.values(from: low, to: high).count <= count)
      }
    }
  }

  @Test("a step that fits exactly is taken")
  func exactSteps() {
    #expect(Ticks.linear(0, 1, maximumCount: 6, integersOnly: false).step == 0.2)
    #expect(Ticks.linear(1, 10, maximumCount: 10, integersOnly: true).step == 1)
    #expect(Ticks.linear(1, 3, maximumCount: 10, integersOnly: true).step == 1)
    let values = Ticks.linear(0, 0.3, maximumCount: 4, integersOnly: false).values(from: 0, to: 0.3)
    #expect(values.count == 4)
  }

  @Test("labels have as many decimals as their step")
  func labels() {
    #expect(Ticks.label(0, step: 0.2) == "0.0")
    #expect(Ticks.label(0.6000000001, step: 0.2) == "0.6")
    #expect(Ticks.label(-0.25, step: 0.05) == "−0.25")
    #expect(Ticks.label(40, step: 20) == "40")
    #expect(Ticks.label(2e6, step: 1e6) == "2×10⁶")
    #expect(Ticks.label(1_000_001, step: 1) == "1.000001×10⁶")
    #expect(Ticks.label(3e-6, step: 1e-6) == "3×10⁻⁶")
    #expect(Ticks.label(-1e-20, step: 1e-6) == "0")
    #expect(Ticks.label(0.001, step: nil) == "0.001")
    #expect(Ticks.label(1e-5, step: nil) == "10⁻⁵")
  }

  @Test(
    "values are written with the digits wanted and no more",
    arguments: [
      (0.98649, "0.9865"), (0.5, "0.5"), (12345.678, "12346"), (9.99996, "10"), (0, "0"),
      (-0.000123456, "−0.0001235"), (1.5e-7, "1.5×10⁻⁷"), (999_999.9, "10⁶"), (100, "100"),
      (.nan, "not a number"), (.infinity, "∞"), (-.infinity, "−∞"),
    ])
  func text(value: Double, text: String) {
    #expect(Ticks.text(value, significantDigits: 4) == text)
  }

  @Test(
    "shares are never rounded to nothing or to all",
    arguments: [
      (0, "0 %"), (1, "100 %"), (0.0666, "6.7 %"), (0.5, "50 %"), (1e-6, "< 0.1 %"),
      (0.99999, "> 99.9 %"),
    ])
  func percent(share: Double, text: String) {
    #expect(Ticks.percent(share) == text)
  }

  @Test("logarithmic ticks are powers of ten, with 2 and 5 between where these are few")
  func logarithmic() {
    #expect(Ticks.logarithmic(0.01, 100, maximumCount: 8) == [0.01, 0.1, 1, 10, 100])
    #expect(Ticks.logarithmic(1, 10, maximumCount: 8) == [1, 2, 5, 10])
    #expect(Ticks.logarithmic(1e-12, 1e12, maximumCount: 8).count <= 9)
    #expect(Ticks.logarithmic(1.1, 1.9, maximumCount: 8) == [1.1, 1.9])
    let (low, high) = Ticks.roundedOutwards(0.03, 45)
    #expect(abs(low - 0.02) < 1e-15 && high == 50)
  }

  @Test("text is broken at spaces, and words too long are cut")
  func lines() {
    let text = "one two three four five"
    let lines = TextMetrics.lines(text, size: 14, width: 80)
    #expect(lines.count > 1)
    #expect(lines.joined(separator: " ") == text)
    #expect(lines.allSatisfy { TextMetrics.width($0, size: 14) <= 80 })
    let cut = TextMetrics.lines(String(repeating: "w", count: 100), size: 14, width: 80)
    #expect(cut.count == 1 && cut[0].hasSuffix("…"))
    #expect(TextMetrics.lines("", size: 14, width: 80) == [])
  }
}

@Suite("Colours")
struct ColourTests {
  /// The relative luminance of WCAG 2.2.
  private func luminance(_ colour: [Double]) -> Double {
    let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  private func contrast(_ a: [Double], _ b: [Double]) -> Double {
    let (x, y) = (luminance(a), luminance(b))
    return (max(x, y) + 0.05) / (min(x, y) + 0.05)
  }

  private func colour(_ selector: String, dark: Bool) throws -> [Double] {
    let entry = try #require(Theme.colours.first { $0.selector == selector })
    let text = (dark ? entry.dark : entry.light).dropFirst()
    let value = try #require(Int(text, radix: 16))
    return [16, 8, 0].map { Double((value >> $0) & 255) / 255 }
  }

  @Test(
    "text has a contrast of 4.5 : 1 to the ground, series and lines one of 3 : 1",
    arguments: [false, true])
  func contrastToGround(dark: Bool) throws {
    let ground = try colour(".ground", dark: dark)
    for selector in [".ink", ".soft"] {
      #expect(try contrast(colour(selector, dark: dark), ground) >= 4.5, "\(selector)")
    }
    let series = (0..<Theme.seriesCount).flatMap { [".s\($0)", ".f\($0)"] }
    for selector in series + [".axis", ".guide", ".right", ".wrong", ".ink-line"] {
      #expect(try contrast(colour(selector, dark: dark), ground) >= 3, "\(selector)")
    }
    #expect(try contrast(colour(".soft", dark: dark), colour(".empty", dark: dark)) >= 4.5)
  }

  @Test("text has a contrast of 4.5 : 1 on every shade of a heat map", arguments: [false, true])
  func contrastOnCells(dark: Bool) throws {
    let ground = try colour(".ground", dark: dark)
    let ink = try colour(".ink", dark: dark)
    for selector in [".right", ".wrong"] {
      let full = try colour(selector, dark: dark)
      for share in stride(from: 0, through: 1, by: 0.05) {
        let opacity = 0.12 + 0.63 * share
        let shade = zip(full, ground).map { $0 * opacity + $1 * (1 - opacity) }
        #expect(contrast(ink, shade) >= 4.5, "\(selector) at \(share)")
      }
    }
  }
}
