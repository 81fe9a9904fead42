public import Evaluation

/// Named figures with their intervals, one a line: metrics of a model, or one metric of several models.
public struct IntervalChart: Sendable, Hashable {
  /// A figure under a name.
  public struct Row: Sendable, Hashable {
    /// What it is called.
    public let name: String
    /// The figure, or nil where there is none.
    public let value: Double?
    /// Its interval, if it has one.
    public let interval: ConfidenceInterval?

    /// A figure under a name.
    ///
    /// One that is nil or not finite is written as undefined.
    public init(_ name: String, value: Double?, interval: ConfidenceInterval? = nil) {
      self.name = name
      self.value = value
      self.interval = interval
    }

    /// A share with its exact interval, or as undefined where there are no cases.
    public init(_ name: String, _ proportion: Proportion, level: Double = 0.95) {
      self.init(
        name, value: proportion.value,
        interval: proportion.count == 0 ? nil : proportion.clopperPearsonInterval(level: level))
    }
  }

  /// How figures are drawn.
  public enum Style: Sendable, Hashable {
    /// As points on the axis, for figures whose distance from each other matters.
    case points
    /// As bars from zero, for figures whose size matters.
    case bars
  }

  /// What the chart shows.
  public let title: String
  /// The common axis.
  public let axis: Axis
  /// The figures, from the top.
  public let rows: [Row]
  /// How they are drawn.
  public let style: Style
  /// A value for comparison, drawn as a dashed line, such as what chance gives.
  public let reference: Double?
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of some figures.
  public init(
    title: String, axis: Axis, rows: [Row], style: Style = .points, reference: Double? = nil,
    caption: String? = nil
  ) {
    self.title = title
    self.axis = axis
    self.rows = rows
    self.style = style
    self.reference = reference
    self.caption = caption
  }

  private static let rowHeight = 48.0
  private static let footHeight = 50.0

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: How wide it is, in pixels, 320 or more. Text keeps its size.
  public func svg(width: Double = 560) -> String {
    var frame = ChartFrame(
      title: title,
      description: "Chart of \(axis.title). " + rows.map(spoken).joined(separator: " "),
      legend: reference.map {
        [.init(sample: .guide, name: "for comparison: \(axis.text($0))")]
      } ?? [], notes: notes, caption: caption)
    frame.width = ChartFrame.checked(width)
    let height = Self.rowHeight * Double(max(1, rows.count)) + Self.footHeight
    return frame.svg(bodyHeight: height) { elements(in: $0) }
  }

  private func isShown(_ row: Row) -> Bool { row.value.map(axis.accepts) ?? false }

  func written(_ row: Row) -> String {
    guard let value = row.value, isShown(row) else { return "undefined" }
    guard let interval = row.interval else { return axis.text(value) }
    if axis.format == .percent {
      return String("\(Ticks.percent(value)) (\(interval.percentDescription))")
    }
    return "\(Ticks.text(value, significantDigits: 3)) (\(interval))"
  }

  private func spoken(_ row: Row) -> String { "\(row.name): \(written(row))." }

  private var notes: [String] {
    let levels = Set(rows.compactMap { isShown($0) ? $0.interval?.level : nil }).sorted()
    var notes: [String] = []
    if !levels.isEmpty {
      notes.append("Lines: \(levels.map(Ticks.percent).joined(separator: " and ")) intervals.")
    }
    if let range = axis.range {
      for row in rows where isShown(row) && !numbers(row).allSatisfy(range.contains) {
        notes.append("\(row.name): goes beyond the axis.")
      }
    }
    return notes
  }

  /// The figure and the ends of its interval.
  private func numbers(_ row: Row) -> [Double] {
    [row.value, row.interval?.lower, row.interval?.upper].compactMap { $0 }
  }

  private func elements(in area: Rectangle) -> [SVGElement] {
    let values = rows.filter(isShown).flatMap(numbers).filter(axis.accepts)
    let origin = style == .bars && axis.scale == .linear ? [0.0] : []
    let fitted = axis.fitted(
      to: values + (reference.map { [$0] } ?? []).filter(axis.accepts) + origin, tickCount: 7,
      extended: true)
    let plot = area.inset(left: 20, top: 0, right: 24, bottom: Self.footHeight)
    func x(_ value: Double) -> Double {
      plot.x + min(1, max(0, fitted.position(value))) * plot.width
    }
    var elements: [SVGElement] = []
    for tick in fitted.ticks {
      elements.append(
        .text(tick.label, x(tick.value), plot.maxY + 20, "soft number", anchor: .middle))
    }
    elements.append(.line(plot.x, plot.maxY, plot.maxX, plot.maxY, "axis"))
    elements.append(.text(axis.title, plot.midX, plot.maxY + 41, "soft", anchor: .middle))
    if rows.isEmpty {
      elements.append(.text("No data", plot.midX, plot.midY, "soft", anchor: .middle))
    }
    for (index, row) in rows.enumerated() {
      let top = plot.y + Double(index) * Self.rowHeight
      let text = written(row)
      let textWidth = TextMetrics.width(text, size: Theme.textSize)
      let name = TextMetrics.truncated(
        row.name, size: Theme.textSize, bold: true, width: area.width - textWidth - 16)
      elements.append(.text(name, area.x, top + 17, "ink strong").titled(row.name))
      elements.append(.text(text, area.maxX, top + 17, "ink number", anchor: .end))
      // Grid and comparison stand behind the marks only: lines through the names would make them hard to read.
      elements += fitted.ticks.map {
        .line(x($0.value), top + 23, x($0.value), top + 41, "grid")
      }
      if let reference, fitted.contains(reference) {
        elements.append(.line(x(reference), top + 23, x(reference), top + 41, "guide"))
      }
      if let value = row.value, isShown(row) {
        elements += drawn(value, row.interval, fitted, y: top + 32, x)
      }
    }
    return elements
  }

  private func drawn(
    _ value: Double, _ interval: ConfidenceInterval?, _ fitted: FittedAxis, y: Double,
    _ x: (Double) -> Double
  ) -> [SVGElement] {
    var elements: [SVGElement] = []
    if style == .bars {
      // What has no zero starts at the left end.
      let start = axis.scale == .linear ? x(0) : x(fitted.lower)
      let bar = Rectangle(
        x: min(start, x(value)), y: y - 7, width: abs(x(value) - start), height: 14)
      elements.append(.rectangle(bar, "f0 bar", cornerRadius: 2))
    }
    if let interval, axis.accepts(interval.lower), axis.accepts(interval.upper) {
      elements += XYPlot.whisker(
        from: (x(interval.lower), y), to: (x(interval.upper), y), style == .bars ? "ink-line" : "s0"
      )
    }
    if style == .points, fitted.contains(value) {
      elements.append(Theme.mark(0, x(value), y, radius: 5))
    }
    return elements
  }
}
