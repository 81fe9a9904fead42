import Foundation
import Testing

/// A page of ours read back, far enough for tests: it is written as XML would be, but for elements without an end.
struct Page {
  let elements: [Picture.Element]

  init(_ html: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var text = html
    let doctype = "<!DOCTYPE html>\n"
    try #require(text.hasPrefix(doctype), sourceLocation: sourceLocation)
    text.removeFirst(doctype.count)
    // The style sheet has characters that XML reserves, and none of ours says "]]>".
    text = text.replacing("<style>", with: "<style><![CDATA[")
      .replacing("</style>", with: "]]></style>")
    text = text.replacing(/<(meta|img)([^>]*)>/) { "<\($0.output.1)\($0.output.2)/>" }
    elements = try Picture(text, sourceLocation: sourceLocation).elements
  }

  subscript(name: String) -> [Picture.Element] { elements.filter { $0.name == name } }
}
