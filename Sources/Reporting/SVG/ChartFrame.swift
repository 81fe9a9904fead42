import Tensor

/// What stands around every chart: title, legend above and notes below the picture, and the text for those who cannot see it.
struct ChartFrame {
  /// A sample of how something is drawn, with its name.
  struct LegendItem {
    enum Sample {
      case curve(Int, marks: Bool)
      case area(String)
      case guide

      var width: Double {
        if case .area = self { 18 } else { 30 }
      }
    }

    let sample: Sample
    let name: String
  }

  static let margin = 20.0

  let title: String
  /// What the picture shows, in words: read out by screen readers.
  let description: String
  var legend: [LegendItem] = []
  /// What the picture cannot show, such as values that are not numbers.
  var notes: [String] = []
  /// What the caller wants under the picture.
  let caption: String?
  var width = 560.0

  /// The width, if there is room for a chart in it.
  static func checked(_ width: Double) -> Double {
    require(width >= 320 && width <= 10_000, "svg(width:): needs 320 to 10000, got \(width)")
    return width
  }

  /// The file, of the body's height and what the rest needs.
  func svg(bodyHeight: Double, body: (Rectangle) -> [SVGElement]) -> String {
    let inner = width - 2 * Self.margin
    var elements: [SVGElement] = []
    var y = 14.0
    for line in TextMetrics.lines(title, size: Theme.titleSize, bold: true, width: inner) {
      y += Theme.titleSize * (y == 14 ? 1 : Theme.lineSpacing)
      elements.append(.text(line, Self.margin, y, "title ink"))
    }
    y += 12
    let (items, legendHeight) = legendElements(top: y, width: inner)
    elements += items
    y += legendHeight
    elements += body(Rectangle(x: Self.margin, y: y, width: inner, height: bodyHeight))
    y += bodyHeight
    for (text, style) in notes.map({ ($0, "note soft") })
      + (caption.map { [($0, "note strong ink")] } ?? [])
    {
      y += 6
      for line in TextMetrics.lines(
        text, size: Theme.noteSize, bold: style.contains("strong"), width: inner)
      {
        y += Theme.noteSize * Theme.lineSpacing
        elements.append(.text(line, Self.margin, y, style))
      }
    }
    return document(elements, height: (y + 16).rounded(.up))
  }

  /// The file around the elements.
  private func document(_ elements: [SVGElement], height: Double) -> String {
    let ground = SVGElement.rectangle(
      Rectangle(x: 0, y: 0, width: width, height: height), "ground")
    let content = [ground] + elements
    let spoken = ([description] + notes + (caption.map { [$0] } ?? [])).joined(separator: " ")
    // Names that no other chart on a page has, and the same for the same chart.
    let identifier = Self.fingerprint(
      ([title, spoken] + content.map { $0.written() }).joined(separator: "\n"))
    let size = [width, height].map(SVGElement.number)
    let root = SVGElement(
      "svg",
      [
        ("xmlns", "http://www.w3.org/2000/svg"), ("class", "roentgen"), ("role", "img"),
        ("aria-labelledby", "\(identifier)-title"),
        ("aria-describedby", "\(identifier)-description"),
        ("viewBox", "0 0 \(size[0]) \(size[1])"), ("width", size[0]), ("height", size[1]),
      ],
      [
        SVGElement("title", [("id", "\(identifier)-title")], text: title),
        SVGElement("desc", [("id", "\(identifier)-description")], text: spoken),
        SVGElement("style", text: nil),
      ] + content)
    // The style sheet holds no reserved character but quotes and >, which must stand as they are.
    return root.written().replacing("<style/>", with: "<style>\(Theme.styleSheet)</style>")
  }

  /// The 64-bit FNV-1a hash of a text, as a name.
  static func fingerprint(_ text: String) -> String {
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return "chart-" + String(hash, radix: 16)
  }

  private func legendElements(top: Double, width: Double) -> (
    elements: [SVGElement], height: Double
  ) {
    guard !legend.isEmpty else { return ([], 0) }
    let rowHeight = Theme.textSize * 1.6
    var elements: [SVGElement] = []
    var (x, y) = (Self.margin, top + 0.5 * rowHeight)
    for item in legend {
      let indent = item.sample.width + 8
      let name = TextMetrics.truncated(item.name, size: Theme.textSize, width: width - indent)
      let itemWidth = indent + TextMetrics.width(name, size: Theme.textSize)
      if x > Self.margin, x + itemWidth > Self.margin + width {
        x = Self.margin
        y += rowHeight
      }
      elements += sample(item.sample, x: x, y: y)
      elements.append(.text(name, x + indent, y + 0.35 * Theme.textSize, "ink"))
      x += itemWidth + 22
    }
    return (elements, y + 0.5 * rowHeight - top + 8)
  }

  private func sample(_ sample: LegendItem.Sample, x: Double, y: Double) -> [SVGElement] {
    let end = x + sample.width
    switch sample {
    case .curve(let series, let marks):
      let index = series % Theme.seriesCount
      let line = SVGElement.line(x, y, end, y, "curve s\(index) d\(index)")
      return marks ? [line, Theme.mark(index, (x + end) / 2, y)] : [line]
    case .area(let style):
      let area = Rectangle(x: x, y: y - 7, width: sample.width, height: 14)
      return [.rectangle(area, style, cornerRadius: 2)]
    case .guide:
      return [.line(x, y, end, y, "guide")]
    }
  }
}
