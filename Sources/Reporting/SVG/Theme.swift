/// Colours, fonts and lines of all charts.
///
/// Plain classes instead of CSS variables, which several SVG programs do not know. Every rule is confined to `.roentgen`, so
/// that a chart may stand inside a page. Paper is always light.
///
/// Series take the colours of Okabe and Ito (2008), told apart by people with every kind of colour vision, in an order that
/// keeps a contrast of 3 : 1 to the ground; where one has less, a lighter or darker shade of it stands in. Dashes and marks
/// tell series apart without any colour.
package enum Theme {
  /// How many series look different.
  package static let seriesCount = 5

  static let titleSize = 18.0
  static let textSize = 14.0
  static let noteSize = 13.0
  /// From one baseline to the next, as a multiple of the font size.
  static let lineSpacing = 1.35

  /// Light and dark colours of the classes, each for the property named.
  package static let colours: [(selector: String, property: String, light: String, dark: String)] =
    [
      (".ground", "fill", "#ffffff", "#14171b"),
      (".ink", "fill", "#1a1d21", "#eef1f4"),
      (".ink-line", "stroke", "#1a1d21", "#eef1f4"),
      (".soft", "fill", "#555c65", "#b0b8c1"),
      (".grid", "stroke", "#e1e5ea", "#2b3138"),
      (".axis", "stroke", "#7d8590", "#79828d"),
      (".guide", "stroke", "#7d8590", "#8d96a1"),
      (".empty", "fill", "#f1f3f5", "#1c2025"),
      (".right", "fill", "#0072b2", "#0072b2"),
      (".wrong", "fill", "#d55e00", "#d55e00"),
      (".halo", "stroke", "#ffffff", "#14171b"),
    ]
    + series.enumerated().flatMap { index, colour in
      [
        (".s\(index)", "stroke", colour.light, colour.dark),
        (".f\(index)", "fill", colour.light, colour.dark),
      ]
    }

  /// Blue and sky blue, vermillion and orange, green, purple, black and white.
  private static let series = [
    (light: "#0072b2", dark: "#56b4e9"), (light: "#d55e00", dark: "#e69f00"),
    (light: "#008a64", dark: "#1fbf91"), (light: "#b8578f", dark: "#d98cb8"),
    (light: "#1a1d21", dark: "#eef1f4"),
  ]

  private static let dashes = ["", "7 4", "2 3", "10 3 2 3", "4 2"]

  /// The style sheet.
  static let styleSheet: String = {
    func rules(_ colour: (light: Bool, indentation: String)) -> String {
      colours.map { entry in
        let value = colour.light ? entry.light : entry.dark
        return "\(colour.indentation).roentgen \(entry.selector) { \(entry.property): \(value) }\n"
      }.joined()
    }
    let dashRules = dashes.enumerated().filter { !$0.element.isEmpty }
      .map { ".roentgen .d\($0.offset) { stroke-dasharray: \($0.element) }\n" }.joined()
    return """

      .roentgen { max-width: 100%; height: auto }
      .roentgen text { font: 400 \(format(textSize)) system-ui, -apple-system, "Segoe UI", \
      Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif }
      .roentgen .title { font-size: \(format(titleSize)); font-weight: 600 }
      .roentgen .note { font-size: \(format(noteSize)) }
      .roentgen .strong { font-weight: 600 }
      .roentgen .count { font-size: 24px; font-weight: 600 }
      .roentgen .number { font-variant-numeric: tabular-nums }
      .roentgen .grid, .roentgen .axis { stroke-width: 1 }
      .roentgen .guide { stroke-width: 1.25; stroke-dasharray: 4 4 }
      .roentgen .curve { fill: none; stroke-width: 2.25; stroke-linejoin: round }
      .roentgen .whisker { fill: none; stroke-width: 2 }
      .roentgen .halo { stroke-width: 1.25 }
      .roentgen .bar { fill-opacity: 0.6 }
      \(dashRules)\(rules((true, "")))\
      @media screen and (prefers-color-scheme: dark) {
      \(rules((false, "  ")))}

      """
  }()

  private static func format(_ size: Double) -> String { "\(SVGElement.number(size))px" }

  /// The mark of a series, centred on a point: circle, square, triangle, diamond or a smaller circle.
  static func mark(_ series: Int, _ x: Double, _ y: Double, radius: Double = 4) -> SVGElement {
    let style = "f\(series % seriesCount) halo"
    let (n, r) = (SVGElement.number, radius)
    switch series % seriesCount {
    case 1:
      let side = 0.88 * r
      let area = Rectangle(x: x - side, y: y - side, width: 2 * side, height: 2 * side)
      return .rectangle(area, style)
    case 2:
      return .path(
        "M\(n(x)) \(n(y - 1.2 * r))L\(n(x + 1.1 * r)) \(n(y + 0.8 * r))H\(n(x - 1.1 * r))Z", style)
    case 3:
      let d = 1.25 * r
      return .path(
        "M\(n(x)) \(n(y - d))L\(n(x + d)) \(n(y))L\(n(x)) \(n(y + d))L\(n(x - d)) \(n(y))Z", style)
    case let index:
      let circle = [
        ("class", style), ("cx", n(x)), ("cy", n(y)), ("r", n(index == 0 ? r : 0.75 * r)),
      ]
      return SVGElement("circle", circle)
    }
  }
}
