import Evaluation
import Foundation
import Imaging
import Reporting
import Tensor
import Testing

@Suite("HTML report")
struct HTMLReportTests {
  private static let chart = LineChart(
    title: "Loss by epoch", xAxis: Axis("epoch", format: .integer), yAxis: Axis("loss"),
    series: [.init("training", values: [0.9, 0.5]), .init("validation", values: [0.8, .nan])])

  /// Every kind of block, with texts that would be markup if they were not escaped.
  private static func report(_ text: String, label: String? = "SYNTHETIC") throws -> HTMLReport {
    let image = Image(Tensor((0..<600).map { UInt8($0 % 256) }, shape: [20, 30, 1]))
    return HTMLReport(
      title: "Title \(text)", subtitle: text, label: label, notices: [text],
      sections: [
        .init(
          "First \(text)",
          [
            .paragraph(text), .notice(text), .list([text, "b"]), .heading(text),
            .facts([.init("name \(text)", text)]), .tiles([.init("accuracy", text, note: text)]),
            .table(.init("table \(text)", columns: ["a", text], rows: [[text, "1"]])),
          ]),
        .init(
          "Second",
          [
            .charts([.init(chart)]),
            .gallery([
              .init(
                [.init(image, alternative: text), .init(image, alternative: "map", limit: 10)],
                title: text, caption: text, isMarked: true)
            ]),
            .markdown("# \(text)\n\n\(text)\n\n- \(text)\n\n| a | b |\n|---|---|\n| \(text) | 1 |"),
            .preformatted("line one \(text)\nline two"), .details(text, [.paragraph(text)]),
          ]),
      ], footer: text)
  }

  @Test("all that is said is there, in its place")
  func content() throws {
    let html = try Self.report("plain").html
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    let page = try Page(html)
    #expect(page["h1"].map(\.text) == ["Title plain"])
    #expect(page["h2"].map(\.text) == ["First plain ", "Second "])
    #expect(page["span"].filter { $0.path.last == "h2" }.map(\.text) == ["SYNTHETIC", "SYNTHETIC"])
    #expect(page["title"].first?.text == "SYNTHETIC: Title plain")
    #expect(page["svg"].count == 1 && page["img"].count == 2 && page["pre"].count == 1)
    #expect(page["pre"].first?.text == "line one plain\nline two")
    // The chart's numbers, those of the table, and those of the Markdown.
    #expect(page["table"].count == 3)
    let cells = page["td"].map(\.text)
    #expect(cells.contains("0.9") && cells.contains("not a number"))
    #expect(page["p"].contains { $0.attributes["class"] == "label" && $0.text == "SYNTHETIC" })
    let unlabelled = try Page(try Self.report("plain", label: nil).html)
    #expect(unlabelled["h2"].map(\.text) == ["First plain", "Second"])
    #expect(!unlabelled["title"][0].text.contains("SYNTHETIC"))
  }

  @Test(
    "text is text, whatever it holds",
    arguments: [
      "<script>alert(1)</script>", "\" onerror=\"x", "' autofocus '", "</style><b>", "&lt;b&gt;",
      "]]><!--", "**<i>**", "`<u>`", "a|<s>|", "[x](javascript:y)", "\u{0}\u{1B}[31m",
    ])
  func hostile(text: String) throws {
    let html = try Self.report(text).html
    let page = try Page(html)
    for name in ["script", "b", "i", "u", "s", "iframe", "object", "link"] {
      #expect(page[name].isEmpty, "\(name)")
    }
    for element in page.elements {
      for name in element.attributes.keys {
        #expect(!name.hasPrefix("on") && name != "style" && name != "autofocus", "\(name)")
      }
      if let link = element.attributes["href"] { #expect(link.hasPrefix("#")) }
      if let source = element.attributes["src"] {
        #expect(source.hasPrefix("data:image/png;base64,"))
      }
    }
    if !text.unicodeScalars.contains("\u{0}") {
      #expect(page["h1"].first?.text == "Title \(text)")
      #expect(page["img"].first?.attributes["alt"] == text)
    }
  }

  @Test("the policy allows the one style sheet and nothing else")
  func policy() throws {
    let html = try Self.report("plain").html
    let page = try Page(html)
    let policy = try #require(
      page["meta"].first { $0.attributes["http-equiv"] == "Content-Security-Policy" }?
        .attributes["content"])
    #expect(policy.hasPrefix("default-src 'none';"))
    #expect(!policy.contains("unsafe") && !policy.contains("http"))
    // Charts bring none of their own.
    #expect(page["style"].count == 1)
  }

  @Test("headings, regions and pictures can be told apart without sight or pointer")
  func accessibility() throws {
    let page = try Page(try Self.report("plain").html)
    #expect(page["html"].first?.attributes["lang"] == "en")
    for image in page["img"] { #expect(image.attributes["alt"]?.isEmpty == false) }
    for image in page["svg"] {
      #expect(image.attributes["role"] == "img" && image.attributes["aria-labelledby"] != nil)
    }
    let identifiers = page.elements.compactMap { $0.attributes["id"] }
    #expect(Set(identifiers).count == identifiers.count)
    for element in page.elements {
      for name in ["aria-labelledby", "aria-describedby"] {
        if let target = element.attributes[name] { #expect(identifiers.contains(target)) }
      }
      if let link = element.attributes["href"] {
        #expect(identifiers.contains(String(link.dropFirst())), "\(link)")
      }
      // What scrolls by itself can be reached by keyboard, and says what it is.
      if element.attributes["class"] == "scroll" {
        #expect(element.attributes["tabindex"] == "0" && element.attributes["aria-label"] != nil)
      }
    }
    for table in page["table"] { #expect(table.path.last == "div") }
    for cell in page["th"] { #expect(cell.attributes["scope"] != nil) }
    var level = 0
    for heading in page.elements where heading.name.count == 2 && heading.name.first == "h" {
      guard let next = heading.name.last?.wholeNumberValue else { continue }
      #expect(next <= level + 1, "\(heading.name) after h\(level)")
      level = next
    }
  }

  @Test("pictures are made smaller, and keep their shape")
  func pictures() throws {
    let page = try Page(try Self.report("plain").html)
    #expect(page["img"].map { $0.attributes["width"] } == ["30", "10"])
    #expect(page["img"].map { $0.attributes["height"] } == ["20", "7"])
    let source = try #require(page["img"][1].attributes["src"])
    let data = try #require(Data(base64Encoded: String(source.dropFirst(22))))
    #expect(try Image(decoding: data, as: .grey).size == ImageSize(height: 7, width: 10))
  }

  @Test("the Markdown of model cards")
  func markdown() throws {
    let text = """
      # Card

      Some **bold** words
      over two lines, and `code`.

      - one
      - **Two.** goes
        on here

      | | a | b |
      |---|---|---|
      | x | 1 | 2 |

      an * alone, ** too, and 1 < 2
      """
    let html = HTMLReport(title: "", sections: [.init("", [.markdown(text)])]).html
    for part in [
      "<h3>Card</h3>",
      "<p>Some <strong>bold</strong> words over two lines, and <code>code</code>.</p>",
      "<li>one</li>", "<li><strong>Two.</strong> goes on here</li>",
      "<th scope=\"col\">a</th>", "<th scope=\"row\">x</th><td>1</td><td>2</td>",
      "<p>an * alone, ** too, and 1 &lt; 2</p>",
    ] {
      #expect(html.replacing(" \n", with: "\n").contains(part), "\(part)")
    }
  }

  @Test("rows of another length stop the program")
  func traps() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = HTMLReport.Table("counts", columns: ["a", "b"], rows: [["1"]]) }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("HTMLReport.Table counts") && message.contains("2 columns"))
  }
}

@Suite("Charts in a page")
struct ChartNumbersTests {
  private static let scores = try? BinaryScores(
    [0.9, 0.8, 0.7, 0.3, 0.2], isPositive: [true, true, false, true, false])

  @Test("charts are as wide as asked, and keep within it", arguments: [320.0, 400, 700])
  func widths(width: Double) throws {
    let scores = try #require(Self.scores)
    let matrix = ConfusionMatrix(classNames: ["Covid", "Normal"], counts: [[30, 0], [2, 28]])
    let charts: [any Chart] = [
      LineChart(
        title: "T", xAxis: Axis("epoch", format: .integer), yAxis: Axis("loss"),
        series: [.init("training", values: [0.9, 0.5])]),
      ConfusionMatrixChart(matrix, title: "T"),
      ROCChart(title: "T", curves: [.init("network", scores: scores, threshold: 0.5)]),
      PrecisionRecallChart(title: "T", curves: [.init("network", scores: scores)]),
      IntervalChart(
        title: "T", axis: Axis("accuracy", format: .percent, range: 0...1),
        rows: [.init("negative predictive value", Proportion(58, of: 60))]),
      ReliabilityChart(
        title: "T",
        calibration: try Calibration(probabilities: [0.1, 0.9], outcomes: [false, true]),
        outcome: "Covid"),
    ]
    for chart in charts {
      let svg = chart.svg(width: width)
      try expectSound(svg, title: "T")
      let picture = try Picture(svg)
      let drawn = try #require(picture.elements.first?.number("width"))
      #expect(drawn <= width && drawn > 0.6 * width, "\(chart): \(drawn)")
      #expect(chart.numbers != nil)
    }
  }

  @Test("numbers are those of the curves, by hand")
  func numbers() throws {
    let scores = try #require(Self.scores)
    let roc = try #require(
      ROCChart(title: "T", curves: [.init("network", scores: scores)]).numbers)
    #expect(roc.columns == ["false positive rate", "network"])
    #expect(roc.rows.first == ["0 %", "66.7 %"] && roc.rows.last == ["100 %", "100 %"])
    #expect(roc.rows.contains(["50 %", "100 %"]))
    let curve = try #require(
      PrecisionRecallChart(title: "T", curves: [.init("network", scores: scores)]).numbers)
    #expect(curve.rows.first == ["10 %", "100 %"] && curve.rows.last == ["100 %", "75 %"])
  }

  @Test("too many numbers, or none, make no table")
  func none() throws {
    func chart(_ count: Int) -> LineChart {
      LineChart(
        title: "T", xAxis: Axis("step"), yAxis: Axis("loss"),
        series: [.init("a", values: [Double](repeating: 1, count: count))])
    }
    #expect(
      chart(0).numbers == nil && chart(1000).numbers == nil && chart(3).numbers?.rows.count == 3)
    let single = try BinaryScores([0.5], isPositive: [true])
    #expect(ROCChart(title: "T", curves: [.init("a", scores: single)]).numbers == nil)
  }
}
