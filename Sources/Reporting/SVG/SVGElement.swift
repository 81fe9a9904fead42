import Foundation

/// An element of an SVG file: a name, attributes in order, and children.
///
/// Text and attribute values are escaped when written, so any string may stand in them.
package struct SVGElement: Sendable {
  package enum Child: Sendable {
    case element(SVGElement)
    case text(String)
  }

  let name: String
  var attributes: [(name: String, value: String)]
  var children: [Child]

  init(
    _ name: String, _ attributes: [(String, String)] = [], _ elements: [SVGElement] = [],
    text: String? = nil
  ) {
    self.name = name
    self.attributes = attributes.map { (name: $0.0, value: $0.1) }
    children = elements.map(Child.element) + (text.map { [Child.text($0)] } ?? [])
  }

  /// This element with a text that browsers show when the pointer rests on it.
  func titled(_ title: String) -> SVGElement {
    var result = self
    result.children.insert(.element(SVGElement("title", text: title)), at: 0)
    return result
  }

  // MARK: Writing

  /// The element as text, one line an element; a text and the element around it share a line.
  func written(indentation: Int = 0) -> String {
    let margin = String(repeating: " ", count: indentation)
    let head = attributes.reduce(margin + "<" + name) {
      $0 + " " + $1.name + "=\"" + Self.escaped($1.value) + "\""
    }
    if children.isEmpty { return head + "/>\n" }
    var result = head + ">"
    var endsLine = false
    for child in children {
      switch child {
      case .text(let text):
        result += Self.escaped(text)
        endsLine = false
      case .element(let element):
        if !endsLine { result += "\n" }
        result += element.written(indentation: indentation + 1)
        endsLine = true
      }
    }
    return result + (endsLine ? margin : "") + "</" + name + ">\n"
  }

  /// `text` with what XML reserves as references, and what XML forbids as the replacement character.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A coordinate with at most two decimals: a hundredth of a pixel is not seen.
  package static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    if rounded == rounded.rounded() { return String(Int(rounded)) }
    var text = String(format: "%.2f", rounded)
    if text.hasSuffix("0") { text.removeLast() }
    return text
  }
}

/// The shapes that charts are made of.
extension SVGElement {
  static func group(_ style: String? = nil, _ elements: [SVGElement]) -> SVGElement {
    SVGElement("g", style.map { [("class", $0)] } ?? [], elements)
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String)
    -> SVGElement
  {
    SVGElement(
      "line",
      [
        ("class", style), ("x1", number(x1)), ("y1", number(y1)), ("x2", number(x2)),
        ("y2", number(y2)),
      ])
  }

  static func rectangle(
    _ area: Rectangle, _ style: String, opacity: Double? = nil, cornerRadius: Double? = nil
  ) -> SVGElement {
    var attributes = [
      ("class", style), ("x", number(area.x)), ("y", number(area.y)),
      ("width", number(area.width)), ("height", number(area.height)),
    ]
    if let cornerRadius { attributes.append(("rx", number(cornerRadius))) }
    if let opacity { attributes.append(("fill-opacity", number(opacity))) }
    return SVGElement("rect", attributes)
  }

  static func path(_ data: String, _ style: String) -> SVGElement {
    SVGElement("path", [("class", style), ("d", data)])
  }

  /// A text whose baseline starts, is centred or ends at a point.
  static func text(
    _ text: String, _ x: Double, _ y: Double, _ style: String, anchor: TextAnchor = .start,
    rotation: Double? = nil
  ) -> SVGElement {
    var attributes = [("class", style), ("x", number(x)), ("y", number(y))]
    if anchor != .start { attributes.append(("text-anchor", anchor.rawValue)) }
    if let rotation {
      attributes.append(("transform", "rotate(\(number(rotation)) \(number(x)) \(number(y)))"))
    }
    return SVGElement("text", attributes, text: text)
  }
}

/// Where a text stands with respect to its point.
enum TextAnchor: String, Sendable {
  case start, middle, end
}

/// A rectangle in the units of the picture, `y` downwards.
package struct Rectangle: Sendable, Hashable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var maxX: Double { x + width }
  var maxY: Double { y + height }
  var midX: Double { x + width / 2 }
  var midY: Double { y + height / 2 }

  /// This rectangle with every side moved inwards.
  func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Rectangle
  {
    Rectangle(
      x: x + left, y: y + top, width: width - left - right, height: height - top - bottom)
  }
}
