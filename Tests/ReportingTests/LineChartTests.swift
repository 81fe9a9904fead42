import Foundation
import Reporting
import Testing

@Suite("Line chart")
struct LineChartTests {
  private func chart(
    _ series: [LineChart.Series], y: Axis = Axis("loss"), caption: String? = nil
  ) -> LineChart {
    LineChart(
      title: "Loss", xAxis: Axis("epoch", format: .integer), yAxis: y, series: series,
      caption: caption)
  }

  @Test("the example of the documentation")
  func example() throws {
    let chart = LineChart(
      title: "Loss", xAxis: Axis("epoch", format: .integer), yAxis: Axis("binary cross-entropy"),
      series: [
        .init("training", values: [0.986, 0.52, 0.15]),
        .init("validation", values: [0.72, 0.45, 0.067]),
      ], caption: "SYNTHETIC data")
    let svg = chart.svg()
    try expectSound(svg, title: "Loss")
    let picture = try Picture(svg)
    #expect(picture.texts.contains("training") && picture.texts.contains("validation"))
    #expect(picture.texts.contains("SYNTHETIC data"))
  }

  @Test("points stand where their values say, by hand")
  func places() throws {
    let svg = chart([.init("training", values: [1, 0.5, 0.25])]).svg()
    try expectSound(svg, title: "Loss")
    let picture = try Picture(svg)
    // The first circle is the sample in the legend.
    let marks = picture.circles().dropFirst()
    try #require(marks.count == 3)
    let (a, b, c) = (marks[1], marks[2], marks[3])
    #expect(abs((b.x - a.x) - (c.x - b.x)) < 0.02)
    #expect(abs((b.y - a.y) - 2 * (c.y - b.y)) < 0.03)
    // The axis goes from 0 to 1, and its line is the lowest of the picture.
    let axis = try #require(picture.styled("axis").compactMap { $0.number("y1") }.max())
    #expect(abs((axis - a.y) - 2 * (axis - b.y)) < 0.03)
    #expect(picture.texts.contains("0.0") && picture.texts.contains("1.0"))
  }

  @Test("it says in words what it shows")
  func description() throws {
    let picture = try Picture(
      chart([.init("training", values: [0.986, 0.5, 0.15])], caption: "SYNTHETIC data").svg())
    #expect(
      picture.description
        == "Line chart of loss by epoch. training: 3 points from 0.986 at 1 to 0.15 at 3, "
        + "lowest 0.15 at 3, highest 0.986 at 1. SYNTHETIC data")
    #expect(picture.texts.contains("SYNTHETIC data"))
    #expect(picture["title"].map(\.text).contains("training, epoch 2: 0.5"))
  }

  @Test("values that are not finite leave a gap, and are said")
  func gaps() throws {
    let svg = chart([.init("training", values: [1, 2, .nan, 3, 4, .infinity, 5])]).svg()
    try expectSound(svg, title: "Loss")
    let picture = try Picture(svg)
    // Two lines in the plot; the fifth finite value stands alone, as a mark.
    #expect(picture["path"].count == 2)
    #expect(picture.circles().count == 1 + 5)
    let note = "training: 2 of 7 values cannot be drawn (not a number, infinite), at 3, 6."
    #expect(picture.description.contains(note))
    #expect(picture.texts.joined(separator: " ").contains(note))
  }

  @Test("a value alone between gaps is seen in a chart without marks too")
  func loneValue() throws {
    let values = (0..<60).map { [30, 32].contains($0) ? Double.nan : Double($0 + 1) }
    let picture = try Picture(chart([.init("training", values: values)]).svg())
    #expect(picture.circles().count == 1)
    #expect(picture["path"].count == 2)
  }

  @Test("on a logarithmic axis equal ratios are equal distances, and zero has no place")
  func logarithmic() throws {
    let svg = chart(
      [.init("training", values: [10, 1, 0.1, 0])], y: Axis("loss", scale: .logarithmic)
    ).svg()
    try expectSound(svg, title: "Loss")
    let picture = try Picture(svg)
    let marks = Array(picture.circles().dropFirst())
    try #require(marks.count == 3)
    #expect(abs((marks[1].y - marks[0].y) - (marks[2].y - marks[1].y)) < 0.02)
    #expect(picture.description.contains("1 of 4 values cannot be drawn (not positive), at 4."))
  }

  @Test("an empty series is said to be empty, beside one that is not")
  func emptySeries() throws {
    let svg = chart([.init("training", values: [1, 2]), .init("validation", values: [])]).svg()
    try expectSound(svg, title: "Loss")
    #expect(try Picture(svg).texts.contains("validation: no data."))
  }

  @Test("a chart of nothing has axes and says so")
  func nothing() throws {
    for series in [[], [LineChart.Series("training", values: [])], [.init("a", values: [.nan])]] {
      let svg = chart(series).svg()
      try expectSound(svg, title: "Loss")
      #expect(try Picture(svg).texts.contains("No data"))
    }
  }

  @Test(
    "a single value, and equal values, have an axis with a width",
    arguments: [0.5, 0, -3, 1e99, 1e-99])
  func single(value: Double) throws {
    for count in [1, 4] {
      let svg = chart([.init("training", values: Array(repeating: value, count: count))]).svg()
      try expectSound(svg, title: "Loss")
      #expect(try Picture(svg).circles().count == 1 + count)
    }
  }

  static let oddValues: [[Double]] = [
    [1e308, -1e308], [1e100, -1e100], [.leastNonzeroMagnitude, 0], [1e15, 1e15 + 0.125],
    [-0.0, 0.0],
    [1, 1 + 1e-15], [1e-100, 1e100, .leastNormalMagnitude], [123_456_789, 123_456_790],
  ]

  @Test(
    "no values, however odd, make a chart that is not one",
    arguments: LineChartTests.oddValues, [Axis.Scale.linear, .logarithmic])
  func odd(values: [Double], scale: Axis.Scale) throws {
    for format in [Axis.Format.number, .percent, .integer] {
      let axis = Axis("loss", scale: scale, format: format)
      try expectSound(chart([.init("a", values: values)], y: axis).svg(), title: "Loss")
      let turned = LineChart(
        title: "Turned", xAxis: axis, yAxis: Axis("step"),
        series: [.init("a", points: values.map { .init(x: $0, y: 1) })])
      try expectSound(turned.svg(), title: "Turned")
    }
  }

  @Test("what lies outside a given range is cut off, and counted")
  func range() throws {
    let svg = chart(
      [.init("training", values: [1e90, 2, 0.5, 0.25])], y: Axis("loss", range: 0...1)
    ).svg()
    let picture = try Picture(svg)
    #expect(picture.texts.contains("training: 2 of 4 values lie outside the axes."))
    // Only what is inside the inner picture may reach out.
    let inner = try #require(picture["svg"].last)
    #expect(inner.path == ["svg"])
    #expect(picture["path"].allSatisfy { $0.path == ["svg", "svg"] })
    #expect(picture.coordinates.allSatisfy { $0.value.map { $0.magnitude < 1e7 } ?? false })
  }

  @Test("a hundred thousand points stay a small file that keeps the extremes")
  func manyPoints() throws {
    var values = (0..<100_000).map { sin(Double($0) / 5000) }
    values[54_321] = 3
    values[65_432] = -3
    let svg = chart([.init("training", values: values)]).svg()
    #expect(svg.utf8.count < 100_000)
    let path = try #require(try Picture(svg)["path"].last?.attributes["d"])
    let heights = path.dropFirst().split(separator: "L").compactMap {
      Double($0.split(separator: " ")[1])
    }
    // 3 and −3 are the ends of a range whose axis reaches from −3 or further.
    let top = try #require(heights.min())
    let bottom = try #require(heights.max())
    #expect(heights.count { $0 == top } == 1 && heights.count { $0 == bottom } == 1)
    #expect(bottom - top > 200)
  }

  @Test("text of any kind stays text")
  func escaping() throws {
    let hostile = "</text><script>alert(\"x\")</script>&\u{1}"
    let chart = LineChart(
      title: hostile, xAxis: Axis(hostile), yAxis: Axis(hostile),
      series: [.init(hostile, values: [1, 2])], caption: hostile)
    let picture = try Picture(chart.svg())
    #expect(picture["script"].isEmpty)
    #expect(picture["title"].first?.text == "</text><script>alert(\"x\")</script>&\u{FFFD}")
  }

  @Test("a long title and many series push the plot down instead of covering it")
  func longTexts() throws {
    let title = String(repeating: "a long title ", count: 20)
    let series = (0..<12).map {
      LineChart.Series("a series of a long name, number \($0)", values: [1, 2])
    }
    let svg = LineChart(
      title: title, xAxis: Axis("epoch"), yAxis: Axis("loss"), series: series
    ).svg()
    let picture = try Picture(svg)
    let legend = picture["text"].filter { $0.text.contains("number") }.compactMap { $0.number("y") }
    let plot = try #require(picture.styled("grid").compactMap { $0.number("y1") }.min())
    #expect(legend.count == 12)
    #expect(try #require(legend.max()) < plot - 10)
    #expect(Set(legend).count > 1)
    let titles = picture.styled("title").compactMap { $0.number("y") }
    #expect(titles.count > 2)
    #expect(try #require(titles.max()) < #require(legend.min()))
  }

  @Test("the same chart is the same file, and no two charts share names")
  func names() throws {
    let one = chart([.init("training", values: [1, 2])])
    let other = chart([.init("training", values: [1, 2.5])])
    #expect(one.svg() == one.svg())
    let names = try [one, other].map {
      try Picture($0.svg()).elements[0].attributes["aria-labelledby"]
    }
    #expect(names[0] != names[1])
  }

  @Test("a range without width stops the program")
  func rejectsRange() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Axis("loss", range: 1...1) }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("Axis loss") && message.contains("1.0...1.0"))
  }

  @Test("a logarithmic range from zero stops the program")
  func rejectsLogarithmOfZero() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Axis("loss", scale: .logarithmic, range: 0...1) }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("0.0...1.0") && message.contains("logarithmic"))
  }
}
