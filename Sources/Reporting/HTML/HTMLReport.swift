import Foundation

/// A page that holds all of a report: text, tables, charts and pictures in one file, which opens anywhere, offline.
///
/// It loads nothing and runs nothing: no script, no font, no address. A policy in its head forbids both, so that not even what
/// a hostile file name might smuggle in could; and all text is escaped. It is read in light and dark, on a phone, on paper,
/// by keyboard and by screen reader: every chart has its title and its numbers in words, and most have them as a table.
///
/// ```swift
/// let report = HTMLReport(
///   title: "Covid or Normal", label: "SYNTHETIC",
///   sections: [
///     .init("Figures", [.paragraph("Measured without augmentation."), .charts([.init(chart)])])
///   ])
/// try report.html.write(to: url, atomically: true, encoding: .utf8)
/// ```
public struct HTMLReport: Sendable {
  /// A part of the page under a heading, which the list of contents names.
  public struct Section: Sendable {
    /// The heading.
    public let title: String
    /// What stands under it.
    public let blocks: [Block]

    /// A part of the page.
    public init(_ title: String, _ blocks: [Block]) {
      self.title = title
      self.blocks = blocks
    }
  }

  /// The title of the page.
  public let title: String
  /// A line under the title, such as what was measured and when.
  public let subtitle: String?
  /// A short word that stands at the top of the window while one scrolls, and at every heading, such as `SYNTHETIC`.
  public let label: String?
  /// What has to be known before anything else, under the title.
  public let notices: [String]
  /// The parts of the page.
  public let sections: [Section]
  /// The last line.
  public let footer: String?

  /// A page.
  public init(
    title: String, subtitle: String? = nil, label: String? = nil, notices: [String] = [],
    sections: [Section], footer: String? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.label = label
    self.notices = notices
    self.sections = sections
    self.footer = footer
  }

  /// The page as a file in UTF-8.
  public var html: String {
    let escape = HTMLWriter.escaped
    let badge = label.map { " <span class=\"badge\">\(escape($0))</span>" } ?? ""
    let contents = sections.enumerated().map {
      "<li><a href=\"#section-\($0.offset + 1)\">\(escape($0.element.title))</a></li>\n"
    }.joined()
    let body = sections.enumerated().map { index, section in
      let id = "section-\(index + 1)"
      return """
        <section aria-labelledby="\(id)">
        <h2 id="\(id)" tabindex="-1">\(escape(section.title))\(badge)</h2>
        \(section.blocks.map(\.html).joined())</section>

        """
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>\(label.map { escape($0) + ": " } ?? "")\(escape(title))</title>
      <style>\(PageStyle.sheet)</style>
      </head>
      <body>
      <a class="skip" href="#main">Skip to the content</a>
      \(label.map { "<p class=\"label\" role=\"note\">\(escape($0))</p>\n" } ?? "")<header>
      <h1>\(escape(title))</h1>
      \(subtitle.map { "<p class=\"subtitle\">\(escape($0))</p>\n" } ?? "")\(noticeList)\
      <nav aria-label="Contents"><ol>
      \(contents)</ol></nav>
      </header>
      <main id="main">
      \(body)</main>
      \(footer.map { "<footer><p>\(escape($0))</p></footer>\n" } ?? "")</body>
      </html>

      """
  }

  private var noticeList: String {
    notices.map { "<p class=\"notice\">\(HTMLWriter.escaped($0))</p>\n" }.joined()
  }

  /// Nothing from anywhere, but the one style sheet and the pictures that the page itself carries.
  package static var policy: String {
    "default-src 'none'; style-src 'sha256-\(PageStyle.fingerprint)'; img-src data:; "
      + "base-uri 'none'; form-action 'none'"
  }
}
