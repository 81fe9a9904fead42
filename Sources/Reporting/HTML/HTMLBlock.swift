import Foundation
public import Imaging

extension HTMLReport {
  /// A piece of a section.
  public enum Block: Sendable {
    /// A paragraph.
    case paragraph(String)
    /// A paragraph that must not be passed over.
    case notice(String)
    /// A list of sentences.
    case list([String])
    /// Names with their values, such as a configuration.
    case facts([Fact])
    /// The few figures that matter, large.
    case tiles([Tile])
    /// A table.
    case table(Table)
    /// Charts, side by side where there is room.
    case charts([Figure])
    /// Pictures with their captions, side by side.
    case gallery([Picture])
    /// A text in Markdown: headings, paragraphs, lists, tables, bold and code. Anything else in it stands as it is.
    case markdown(String)
    /// A text whose lines and spaces are kept.
    case preformatted(String)
    /// A heading within the section.
    case heading(String)
    /// Blocks that are folded away under a line until one asks for them.
    case details(String, [Block])
  }

  /// A name with its value.
  public struct Fact: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// A name with its value.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A figure that matters.
  public struct Tile: Sendable, Hashable {
    /// What it is.
    public let name: String
    /// The figure.
    public let value: String
    /// What it needs to be understood, such as its interval.
    public let note: String

    /// A figure with its name, and what it needs to be understood.
    public init(_ name: String, _ value: String, note: String = "") {
      self.name = name
      self.value = value
      self.note = note
    }
  }

  /// A chart in the page, with its numbers as a table to be unfolded.
  public struct Figure: Sendable {
    /// The chart.
    public let chart: any Chart
    /// Its numbers.
    public let table: Table?

    /// A chart with its numbers, those that it gives itself by default.
    public init(_ chart: any Chart, table: Table? = nil) {
      self.chart = chart
      self.table = table ?? chart.numbers
    }
  }

  /// Pictures of one case, side by side, with a caption.
  public struct Picture: Sendable {
    /// A picture and what it shows in words.
    public struct Part: Sendable {
      /// The picture.
      public let image: Image
      /// What it shows, for those who cannot see it.
      public let alternative: String

      /// The longest side of a picture that keeps a page of a dozen cases within a few megabytes.
      public static let longestSide = 256

      /// A picture, made smaller where a side is longer than `limit` pixels.
      ///
      /// - Precondition: `limit` is 1 or more.
      public init(_ image: Image, alternative: String, limit: Int = longestSide) {
        self.image = image.fitted(within: limit)
        self.alternative = alternative
      }
    }

    /// The pictures.
    public let parts: [Part]
    /// What the case is called.
    public let title: String
    /// What is said about it.
    public let caption: String
    /// Whether the case is one to be looked at, such as a mistake.
    public let isMarked: Bool

    /// Pictures of one case.
    public init(_ parts: [Part], title: String, caption: String, isMarked: Bool = false) {
      self.parts = parts
      self.title = title
      self.caption = caption
      self.isMarked = isMarked
    }
  }
}

extension Image {
  /// The picture, made smaller so that no side is longer than `limit` pixels.
  fileprivate func fitted(within limit: Int) -> Image {
    let longest = max(height, width)
    guard longest > limit else { return self }
    func scaled(_ side: Int) -> Int { max(1, (side * limit + longest / 2) / longest) }
    return resized(to: ImageSize(height: scaled(height), width: scaled(width)), by: .area)
  }
}

// MARK: Writing

extension HTMLReport.Block {
  var html: String {
    switch self {
    case .paragraph(let text): return HTMLWriter.element("p", text)
    case .notice(let text): return HTMLWriter.element("p", text, style: "notice")
    case .heading(let text): return HTMLWriter.element("h3", text)
    case .list(let items):
      return "<ul>\n" + items.map { HTMLWriter.element("li", $0) }.joined() + "</ul>\n"
    case .facts(let facts):
      return "<dl class=\"facts\">\n" + facts.map(\.html).joined() + "</dl>\n"
    case .tiles(let tiles):
      return "<dl class=\"tiles\">\n" + tiles.map(\.html).joined() + "</dl>\n"
    case .table(let table): return table.html
    case .charts(let figures):
      return "<div class=\"charts\">\n" + figures.map(\.html).joined() + "</div>\n"
    case .gallery(let pictures):
      return "<div class=\"gallery\">\n" + pictures.map(\.html).joined() + "</div>\n"
    case .markdown(let text): return Markdown(text).html
    case .preformatted(let text):
      return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Text\"><pre>"
        + HTMLWriter.escapedLines(text) + "</pre></div>\n"
    case .details(let title, let blocks):
      return "<details>\n" + HTMLWriter.element("summary", title)
        + blocks.map(\.html).joined() + "</details>\n"
    }
  }
}

extension HTMLReport.Fact {
  fileprivate var html: String {
    HTMLWriter.element("dt", name) + HTMLWriter.element("dd", value)
  }
}

extension HTMLReport.Tile {
  fileprivate var html: String {
    let note = note.isEmpty ? "" : HTMLWriter.element("span", note)
    return "<div>" + HTMLWriter.element("dt", name) + "<dd>"
      + HTMLWriter.element("strong", value) + note + "</dd></div>\n"
  }
}

extension HTMLReport.Figure {
  fileprivate var html: String {
    // The page has the style sheet of all charts, so that one fingerprint in its policy covers it.
    let svg = chart.svg(width: PageStyle.chartWidth)
      .replacing("<style>\(Theme.styleSheet)</style>", with: "")
    let numbers =
      table.map { HTMLReport.Block.details("Numbers: \(chart.title)", [.table($0)]).html } ?? ""
    return "<figure class=\"chart\">\n\(svg)\(numbers)</figure>\n"
  }
}

extension HTMLReport.Picture {
  fileprivate var html: String {
    let escape = HTMLWriter.escaped
    let images = parts.map { part in
      // Encoding fails only where memory does; a page without the picture still says what it shows.
      let data = (try? part.image.pngData())?.base64EncodedString() ?? ""
      return "<img alt=\"\(escape(part.alternative))\" width=\"\(part.image.width)\" "
        + "height=\"\(part.image.height)\" src=\"data:image/png;base64,\(data)\">\n"
    }.joined()
    return """
      <figure class="case\(isMarked ? " marked" : "")">
      <div>
      \(images)</div>
      <figcaption><strong>\(escape(title))</strong> \(escape(caption))</figcaption>
      </figure>

      """
  }
}
