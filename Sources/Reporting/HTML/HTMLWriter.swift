/// How text gets into a page.
package enum HTMLWriter {
  /// An element that holds nothing but a text, on a line of its own.
  static func element(_ name: String, _ text: String, style: String? = nil) -> String {
    let attribute = style.map { " class=\"\($0)\"" } ?? ""
    return "<\(name)\(attribute)>\(escaped(text))</\(name)>\n"
  }

  /// `text` with what HTML reserves as references, fit for content and for quoted attributes.
  ///
  /// Control characters and lines become what they are in SVG.
  package static func escaped(_ text: String) -> String {
    SVGElement.escaped(text).replacing("'", with: "&#39;")
  }

  /// The same, with line ends as they are.
  static func escapedLines(_ text: String) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { escaped(String($0)) }.joined(separator: "\n")
  }
}
