import Foundation
import FoundationXML
import Testing

/// An SVG file, read back by an XML parser: every element with its attributes and text, in order.
struct Picture {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
    /// Where the element is, as the names of those around it.
    let path: [String]

    func number(_ attribute: String) -> Double? { attributes[attribute].flatMap(Double.init) }

    var styles: [Substring] { (attributes["class"] ?? "").split(separator: " ") }
  }

  let elements: [Element]

  /// Reads `svg`, and requires that it is well-formed.
  init(_ svg: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let collector = Collector()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = collector
    let isWellFormed = parser.parse()
    try #require(
      isWellFormed, "not well-formed: \(String(describing: parser.parserError))",
      sourceLocation: sourceLocation)
    elements = collector.elements
  }

  subscript(name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The texts drawn, in order.
  var texts: [String] { self["text"].map(\.text) }
  /// The picture in words.
  var description: String { self["desc"].first?.text ?? "" }
  /// Elements of a class.
  func styled(_ style: Substring) -> [Element] { elements.filter { $0.styles.contains(style) } }

  /// The marks of a series, drawn as circles, in the plot and in the legend.
  func circles() -> [(x: Double, y: Double)] {
    self["circle"].compactMap { circle in
      guard let x = circle.number("cx"), let y = circle.number("cy") else { return nil }
      return (x, y)
    }
  }

  /// The numbers that place something: coordinates, sizes and those of paths.
  var coordinates: [(name: String, value: Double?)] {
    elements.flatMap { element -> [(name: String, value: Double?)] in
      ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "d"].flatMap { name in
        (element.attributes[name] ?? "")
          .split { $0.isWhitespace || ($0.isLetter && $0.isASCII && !"einfa".contains($0)) }
          .map { ("\(element.name) \(name)", Double($0)) }
      }
    }
  }

  private final class Collector: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    private var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      elements.append(
        Element(name: name, attributes: attributes, path: open.map { elements[$0].name }))
      open.append(elements.count - 1)
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if let index = open.last { elements[index].text += text }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) {
      open.removeLast()
    }
  }
}

/// Checks what every chart promises: it says what it is, stays within its frame, and has both palettes.
func expectSound(
  _ svg: String, title: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let picture = try Picture(svg, sourceLocation: sourceLocation)
  let root = try #require(picture.elements.first)
  #expect(root.attributes["role"] == "img", sourceLocation: sourceLocation)
  #expect(root.attributes["class"] == "roentgen", sourceLocation: sourceLocation)
  for (reference, name) in [("aria-labelledby", "title"), ("aria-describedby", "desc")] {
    let target = try #require(picture[name].first { $0.path == ["svg"] })
    #expect(
      root.attributes[reference] == target.attributes["id"], sourceLocation: sourceLocation)
  }
  #expect(picture["title"].first?.text == title, sourceLocation: sourceLocation)
  #expect(!picture.description.isEmpty, sourceLocation: sourceLocation)
  #expect(
    svg.contains("@media screen and (prefers-color-scheme: dark)"), sourceLocation: sourceLocation)
  // Nothing is fetched from elsewhere.
  #expect(!svg.contains("url(") && !svg.contains("href"), sourceLocation: sourceLocation)
  let width = try #require(root.number("width"))
  let height = try #require(root.number("height"))
  #expect(
    root.attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) } == [
      0, 0, width, height,
    ])
  for (name, value) in picture.coordinates {
    let value = try #require(value, "\(name) is no number", sourceLocation: sourceLocation)
    #expect(value.isFinite, "\(name) is \(value)", sourceLocation: sourceLocation)
  }
  for element in picture.elements where element.path == ["svg"] {
    for (name, limit) in [("x", width), ("cx", width), ("y", height), ("cy", height)] {
      if let value = element.number(name) {
        #expect(
          value >= -1 && value <= limit + 1, "\(element.name) \(name) = \(value) is outside",
          sourceLocation: sourceLocation)
      }
    }
  }
}
