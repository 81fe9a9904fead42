import Evaluation
import Foundation
import Reporting
import Testing

@Suite("Confusion matrix chart")
struct ConfusionMatrixChartTests {
  private let article = ConfusionMatrix(
    classNames: ["Covid", "Normal"], counts: [[30, 0], [2, 28]])

  @Test("every count stands in its cell, with its share of the row")
  func cells() throws {
    let svg = ConfusionMatrixChart(article, caption: "SYNTHETIC data").svg()
    try expectSound(svg, title: "Confusion matrix")
    let picture = try Picture(svg)
    #expect(picture.styled("count").map(\.text) == ["30", "0", "2", "28"])
    for text in [
      "100 %", "0 %", "6.7 %", "93.3 %", "Covid", "Normal", "30 in all", "SYNTHETIC data",
    ] {
      #expect(picture.texts.contains(text), "\(text)")
    }
    let cells = picture["rect"].filter { $0.path == ["svg", "g"] }
    #expect(cells.map { $0.attributes["class"] } == ["right", "empty", "wrong", "right"])
    #expect(cells.map { $0.number("fill-opacity") } == [0.75, nil, 0.16, 0.71])
    // Rows are actual classes: the second row is lower, the second column further right.
    #expect(try #require(cells[2].number("y")) > #require(cells[0].number("y")))
    #expect(try #require(cells[1].number("x")) > #require(cells[0].number("x")))
  }

  @Test("it says in words what it shows")
  func description() throws {
    let picture = try Picture(ConfusionMatrixChart(article).svg())
    #expect(
      picture.description.hasPrefix(
        "Confusion matrix of 60 samples, 58 of them right. Actual class: predicted classes. "
          + "Covid (30): 30 as Covid. Normal (30): 2 as Covid, 28 as Normal."))
    #expect(picture["title"].map(\.text).contains("2 of 30 Normal taken for Covid (6.7 %)"))
  }

  @Test("classes without samples, long names and hostile ones", arguments: [2, 3, 8, 40])
  func manyClasses(count: Int) throws {
    let names = (0..<count).map {
      $0 == 1 ? "<b> & a name that is far too long for its place" : "class \($0)"
    }
    var matrix = ConfusionMatrix(classNames: names)
    try expectSound(ConfusionMatrixChart(matrix, title: "T").svg(), title: "T")
    for index in 0..<count { matrix.add(actual: index, predicted: (index * 3) % count) }
    let svg = ConfusionMatrixChart(matrix, title: "T").svg()
    try expectSound(svg, title: "T")
    let picture = try Picture(svg)
    #expect(picture["rect"].count { $0.path == ["svg", "g"] } == count * count)
    #expect(picture["b"].isEmpty)
  }

  @Test("columns of many classes do not run into each other")
  func turnedNames() throws {
    let names = (0..<8).map { "a class name \($0)" }
    let picture = try Picture(ConfusionMatrixChart(ConfusionMatrix(classNames: names)).svg())
    #expect(
      picture["text"].count { $0.attributes["transform"]?.hasPrefix("rotate(-45") == true } == 8)
  }
}

@Suite("ROC, precision-recall and reliability charts")
struct CurveChartTests {
  private func scores() throws -> BinaryScores {
    try BinaryScores([0.9, 0.7, 0.4, 0.1], isPositive: [true, false, true, false])
  }

  /// The corners of the last path of a series, as shares of the plot, from the lower left.
  private func corners(_ picture: Picture, _ series: Substring) throws -> [[Double]] {
    let path = try #require(
      picture.styled(series).last { $0.name == "path" }?.attributes["d"])
    let grid = picture.styled("grid")
    let left = try #require(grid.compactMap { $0.number("x1") }.min())
    let right = try #require(grid.compactMap { $0.number("x2") }.max())
    let top = try #require(grid.compactMap { $0.number("y1") }.min())
    let bottom = try #require(grid.compactMap { $0.number("y1") }.max())
    return path.dropFirst().split(separator: "L").map { pair in
      let numbers = pair.split(separator: " ").compactMap { Double($0) }
      return [
        ((numbers[0] - left) / (right - left) * 1000).rounded() / 1000,
        ((bottom - numbers[1]) / (bottom - top) * 1000).rounded() / 1000,
      ]
    }
  }

  @Test("an ROC curve of four samples has its corners where they belong")
  func rocCorners() throws {
    let svg = ROCChart(title: "ROC", curves: [.init("network", scores: try scores())]).svg()
    try expectSound(svg, title: "ROC")
    let picture = try Picture(svg)
    #expect(try corners(picture, "s0") == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]])
    #expect(picture.texts.contains { $0.hasPrefix("network, area 0.75 (95 %: ") })
  }

  @Test("an interval that is given takes the place of DeLong's")
  func givenInterval() throws {
    let interval = ConfidenceInterval(lower: 0.125, upper: 0.875, level: 0.95)
    let curve = ROCChart.Curve("network", scores: try scores(), interval: interval)
    let picture = try Picture(ROCChart(title: "ROC", curves: [curve]).svg())
    #expect(picture.texts.contains("network, area 0.75 (95 %: \(interval))"))
  }

  @Test("a threshold in use is marked, with its rates")
  func operatingPoint() throws {
    let curve = ROCChart.Curve("network", scores: try scores(), threshold: 0.5)
    let roc = try Picture(ROCChart(title: "ROC", curves: [curve]).svg())
    #expect(
      roc.description.contains(
        "Mark: network at 0.5: sensitivity 50.0 % (1/2), specificity 50.0 % (1/2)."))
    #expect(roc.circles().count == 1)
    let precision = try Picture(PrecisionRecallChart(title: "PR", curves: [curve]).svg())
    #expect(
      precision.description.contains(
        "Mark: network at 0.5: sensitivity 50.0 % (1/2), precision 50.0 % (1/2)."))
  }

  @Test("precision stays level between thresholds, as average precision counts it")
  func precisionCorners() throws {
    let svg = PrecisionRecallChart(
      title: "PR", curves: [.init("network", scores: try scores())]
    ).svg()
    try expectSound(svg, title: "PR")
    let picture = try Picture(svg)
    #expect(
      try corners(picture, "s0") == [
        [0, 1], [0.5, 1], [0.5, 0.5], [0.5, 0.5], [0.5, 0.667], [1, 0.667], [1, 0.5], [1, 0.5],
      ])
    #expect(picture.texts.contains("network, average precision 0.833"))
    #expect(picture.texts.contains("chance (50 %)"))
  }

  @Test("one class alone has no curve, and the chart says why")
  func undefined() throws {
    let one = ROCChart.Curve("network", scores: try BinaryScores([0.5], isPositive: [false]))
    for svg in [
      ROCChart(title: "T", curves: [one]).svg(),
      PrecisionRecallChart(title: "T", curves: [one]).svg(),
    ] {
      try expectSound(svg, title: "T")
      let picture = try Picture(svg)
      #expect(picture.description.contains("none of the 1 samples is positive"))
      #expect(picture.texts.contains("No data"))
    }
  }

  @Test("an area without an interval says why")
  func perfect() throws {
    let perfect = try BinaryScores([0.9, 0.8, 0.2, 0.1], isPositive: [true, true, false, false])
    let picture = try Picture(ROCChart(title: "T", curves: [.init("a", scores: perfect)]).svg())
    #expect(picture.texts.contains("a, area 1"))
    #expect(picture.description.contains("no variance"))
  }

  @Test("a reliability diagram shows each bin that holds samples")
  func reliability() throws {
    let calibration = try Calibration(
      probabilities: [0.1, 0.2, 0.8, 0.9], outcomes: [false, true, true, true], binCount: 4)
    let svg = ReliabilityChart(
      title: "Calibration", calibration: calibration, outcome: "Covid"
    ).svg()
    try expectSound(svg, title: "Calibration")
    let picture = try Picture(svg)
    // One circle in the legend, two in the plot; three lines an interval; two bars.
    #expect(picture.circles().count == 3)
    #expect(picture.styled("whisker").count == 6)
    #expect(picture["rect"].count { $0.attributes["class"] == "f0" } == 2)
    #expect(picture.texts.contains("Expected calibration error 0.25 over 4 bins of 4 samples."))
    #expect(picture["title"].map(\.text).contains("75 % to 100 %: 2 samples"))
  }

  @Test("a reliability diagram of nothing says so")
  func emptyReliability() throws {
    let svg = ReliabilityChart(
      title: "Calibration", calibration: try Calibration(probabilities: [], outcomes: []),
      outcome: "Covid"
    ).svg()
    try expectSound(svg, title: "Calibration")
    #expect(try Picture(svg).texts.contains("No data"))
  }
}

@Suite("Interval chart")
struct IntervalChartTests {
  private let rows: [IntervalChart.Row] = [
    .init("accuracy", Proportion(58, of: 60)), .init("sensitivity", Proportion(30, of: 30)),
    .init("nothing", Proportion(0, of: 0)), .init("diverged", value: .nan),
  ]

  @Test(
    "figures are written with their intervals, and drawn where they belong",
    arguments: [IntervalChart.Style.points, .bars])
  func figures(style: IntervalChart.Style) throws {
    let svg = IntervalChart(
      title: "Rates", axis: Axis("share", format: .percent, range: 0...1), rows: rows,
      style: style, reference: 0.5
    ).svg()
    try expectSound(svg, title: "Rates")
    let picture = try Picture(svg)
    #expect(picture.texts.contains("96.7 % (88.5–99.6 %)"))
    #expect(picture.texts.count { $0 == "undefined" } == 2)
    #expect(picture.texts.contains("Lines: 95 % intervals."))
    #expect(picture.texts.contains("for comparison: 50 %"))
    #expect(picture.styled("whisker").count == 6)
    let axis = try #require(picture.styled("axis").first)
    let (left, right) = (try #require(axis.number("x1")), try #require(axis.number("x2")))
    switch style {
    case .points:
      let marks = picture.circles()
      try #require(marks.count == 2)
      #expect(abs((marks[0].x - left) / (right - left) - 58.0 / 60) < 1e-3)
      #expect(abs(marks[1].x - right) < 0.02)
    case .bars:
      let bars = picture.styled("bar")
      try #require(bars.count == 2)
      #expect(try abs(#require(bars[0].number("x")) - left) < 0.02)
      let width = try #require(bars[0].number("width"))
      #expect(abs(width / (right - left) - 58.0 / 60) < 1e-3)
    }
  }

  @Test("what goes beyond a given axis is said")
  func beyond() throws {
    let svg = IntervalChart(
      title: "T", axis: Axis("share", range: 0.9...1), rows: Array(rows.prefix(1)), reference: 0.5
    ).svg()
    try expectSound(svg, title: "T")
    let picture = try Picture(svg)
    #expect(picture.texts.contains("accuracy: goes beyond the axis."))
    // The line for comparison stands in the legend only.
    #expect(picture.styled("guide").count == 1)
  }

  @Test("negative figures have bars to the left of zero")
  func negative() throws {
    let svg = IntervalChart(
      title: "T", axis: Axis("difference"), rows: [.init("a", value: -1), .init("b", value: 1)],
      style: .bars
    ).svg()
    try expectSound(svg, title: "T")
    let bars = try Picture(svg).styled("bar")
    let (a, b) = (bars[0], bars[1])
    #expect(
      try abs(#require(a.number("x")) + #require(a.number("width")) - #require(b.number("x")))
        < 0.02)
  }

  @Test("no figures, and figures on a logarithmic axis")
  func emptyAndLogarithmic() throws {
    let empty = IntervalChart(title: "T", axis: Axis("share"), rows: []).svg()
    try expectSound(empty, title: "T")
    #expect(try Picture(empty).texts.contains("No data"))
    let svg = IntervalChart(
      title: "T", axis: Axis("seconds", scale: .logarithmic),
      rows: [.init("a", value: 0.01), .init("b", value: 100), .init("c", value: 0)], style: .bars
    ).svg()
    try expectSound(svg, title: "T")
    #expect(try Picture(svg).texts.contains("undefined"))
  }
}
