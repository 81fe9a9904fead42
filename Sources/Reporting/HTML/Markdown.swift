import Foundation

/// The part of Markdown that model cards need: headings, paragraphs, lists, tables, bold and code.
///
/// Everything else stands in the page as it was written. Headings start at the third level, below those of the page.
package struct Markdown {
  private let lines: [Substring]

  package init(_ text: String) {
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  package var html: String {
    var result = ""
    var index = 0
    while index < lines.count {
      let line = lines[index]
      if line.allSatisfy(\.isWhitespace) {
        index += 1
      } else if let (level, text) = Self.heading(line) {
        result += "<h\(level)>\(Self.inline(text))</h\(level)>\n"
        index += 1
      } else if Self.isItem(line) {
        let end = self.end(from: index) { Self.isItem($0) || $0.first == " " }
        result += Self.list(lines[index..<end])
        index = end
      } else if line.hasPrefix("|") {
        let end = self.end(from: index) { $0.hasPrefix("|") }
        result += Self.table(lines[index..<end])
        index = end
      } else {
        let end = self.end(from: index) {
          Self.heading($0) == nil && !Self.isItem($0) && !$0.hasPrefix("|")
        }
        result += "<p>\(Self.inline(lines[index..<end].joined(separator: " ")))</p>\n"
        index = end
      }
    }
    return result
  }

  /// The first line after `index` that is empty or does not belong.
  private func end(from index: Int, belongs: (Substring) -> Bool) -> Int {
    lines[(index + 1)...].firstIndex { $0.allSatisfy(\.isWhitespace) || !belongs($0) }
      ?? lines.count
  }

  private static func heading(_ line: Substring) -> (level: Int, text: String)? {
    let marks = line.prefix { $0 == "#" }.count
    guard 1...6 ~= marks, line.dropFirst(marks).first == " " else { return nil }
    return (min(6, marks + 2), String(line.dropFirst(marks + 1)))
  }

  private static func isItem(_ line: Substring) -> Bool {
    line.hasPrefix("- ") || line.hasPrefix("* ")
  }

  /// A list; lines that begin with a space go on with the item above.
  private static func list(_ lines: ArraySlice<Substring>) -> String {
    var items: [String] = []
    for line in lines {
      if isItem(line) {
        items.append(String(line.dropFirst(2)))
      } else if let last = items.indices.last {
        items[last] += " " + line.drop { $0 == " " }
      }
    }
    return "<ul>\n" + items.map { "<li>\(inline($0))</li>\n" }.joined() + "</ul>\n"
  }

  private static func table(_ lines: ArraySlice<Substring>) -> String {
    let rows = lines.map { line in
      var cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      cells.removeFirst()
      if cells.last?.allSatisfy(\.isWhitespace) == true { cells.removeLast() }
      return cells
    }
    let isRuled =
      rows.count > 1 && rows[1].allSatisfy { $0.allSatisfy { "-: ".contains($0) } }
    let head = isRuled ? rows[0] : []
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>"
        + cells.enumerated().map { index, cell in
          let name = index == 0 ? "th" : tag
          let scope = tag == "th" ? " scope=\"col\"" : index == 0 ? " scope=\"row\"" : ""
          return "<\(name)\(scope)>\(inline(cell))</\(name)>"
        }.joined() + "</tr>\n"
    }
    let body = (isRuled ? Array(rows.dropFirst(2)) : rows).map { row($0, "td") }.joined()
    return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table\"><table>\n"
      + (isRuled ? "<thead>\(row(head, "th"))</thead>\n" : "") + "<tbody>\n\(body)</tbody>\n"
      + "</table></div>\n"
  }

  /// Bold and code, everything else escaped.
  ///
  /// A mark without its partner stands as it is.
  private static func inline(_ text: String) -> String {
    paired(text, "`", "code") { paired($0, "**", "strong", HTMLWriter.escaped) }
  }

  /// `text` with every second piece between marks in an element, and the others passed on.
  private static func paired(
    _ text: String, _ mark: String, _ name: String, _ rest: (String) -> String
  ) -> String {
    var result = ""
    var remaining = text[...]
    while let open = remaining.firstRange(of: mark),
      let close = remaining[open.upperBound...].firstRange(of: mark)
    {
      let inner = String(remaining[open.upperBound..<close.lowerBound])
      result += rest(String(remaining[..<open.lowerBound]))
      result += "<\(name)>\(HTMLWriter.escaped(inner))</\(name)>"
      remaining = remaining[close.upperBound...]
    }
    return result + rest(String(remaining))
  }
}
