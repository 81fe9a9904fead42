/// A chart of shares over shares, both from 0 to 100 %: what ROC, precision-recall and reliability diagrams have in common.
struct SquareChart {
  let xAxis: Axis
  let yAxis: Axis
  var notes: [String] = []
  private var curves: [XYPlot.Curve] = []
  private var guides: [XYPlot.Guide] = []
  private var legend: [ChartFrame.LegendItem] = []

  /// What a chart is wider than its plot is high.
  private static let margins = 108.0

  init(xAxis: Axis, yAxis: Axis) {
    self.xAxis = xAxis
    self.yAxis = yAxis
  }

  /// Adds a line for comparison.
  mutating func add(guide: XYPlot.Guide, name: String) {
    guides.append(guide)
    legend.append(.init(sample: .guide, name: name))
  }

  /// Adds a curve without marks.
  mutating func add(curve points: [(x: Double, y: Double)], index: Int, name: String) {
    curves.append(XYPlot.Curve(name: name, index: index, points: points))
    legend.append(.init(sample: .curve(index, marks: false), name: name))
  }

  /// Adds points with marks and intervals.
  mutating func add(
    points: [(x: Double, y: Double)], intervals: [(lower: Double, upper: Double)?], index: Int,
    name: String
  ) {
    curves.append(
      XYPlot.Curve(
        name: name, index: index, points: points, hasMarks: true, intervals: intervals))
    legend.append(.init(sample: .curve(index, marks: true), name: name))
  }

  /// Adds a single mark, whose name stands under the chart.
  mutating func add(mark point: (x: Double, y: Double), index: Int, name: String) {
    curves.append(XYPlot.Curve(name: name, index: index, points: [point], hasMarks: true))
    notes.append("Mark: \(name).")
  }

  /// The file.
  ///
  /// `strip` draws what stands under the plot, as wide as it is.
  func svg(
    title: String, kind: String, caption: String?, width: Double, stripHeight: Double = 0,
    strip: (Rectangle) -> [SVGElement] = { _ in [] }
  ) -> String {
    let plot = XYPlot(
      xAxis: xAxis, yAxis: yAxis, curves: curves, guides: guides, extendsY: false)
    var frame = ChartFrame(
      title: title,
      description: "\(kind) of \(yAxis.title) by \(xAxis.title). \(plot.description)",
      legend: legend, notes: plot.notes + notes, caption: caption)
    frame.width = ChartFrame.checked(width)
    let height = PlotFrame.headHeight(yAxis) + width - Self.margins + PlotFrame.footHeight
    return frame.svg(bodyHeight: height + stripHeight) { area in
      let axes = plot.frame(in: area.inset(bottom: stripHeight))
      let below = area.inset(top: area.height - stripHeight)
      return plot.elements(axes)
        + strip(Rectangle(x: axes.plot.x, y: below.y, width: axes.plot.width, height: below.height))
    }
  }
}
