/// Two axes laid out in an area: the ticks, their labels and titles, and the rectangle that is left for data.
struct PlotFrame {
  let xAxis: FittedAxis
  let yAxis: FittedAxis
  /// The rectangle that data are drawn in.
  let plot: Rectangle
  private let area: Rectangle

  private static let tickGap = 8.0
  /// Below the plot: tick labels, and the title of the axis.
  static let footHeight = 46.0

  /// The room above the plot: half a tick label, and the title of the upright axis where it has one.
  static func headHeight(_ yAxis: Axis) -> Double { yAxis.title.isEmpty ? 10 : 32 }

  init(
    xAxis: Axis, yAxis: Axis, extendsY: Bool, area: Rectangle, points: [(x: Double, y: Double)]
  ) {
    self.area = area
    let height = area.height - Self.headHeight(yAxis) - Self.footHeight
    let y = yAxis.fitted(
      to: points.map(\.y), tickCount: max(2, Int(height / 34)), extended: extendsY)
    let labelWidth = y.ticks.map { TextMetrics.width($0.label, size: Theme.textSize) }.max() ?? 0
    let plot = area.inset(
      left: labelWidth + Self.tickGap, top: Self.headHeight(yAxis), right: 14,
      bottom: Self.footHeight)
    // As many ticks as leave a gap between their labels.
    let candidates = [11, 9, 7, 6, 5, 4, 3, 2].map { count in
      xAxis.fitted(to: points.map(\.x), tickCount: count, extended: false)
    }
    let fitting = candidates.first { axis in
      zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy { left, right in
        let widths = [left, right].map { TextMetrics.width($0.label, size: Theme.textSize) }
        let distance = (axis.position(right.value) - axis.position(left.value)) * plot.width
        return distance >= (widths[0] + widths[1]) / 2 + 10
      }
    }
    self.xAxis = fitting ?? candidates[candidates.count - 1]
    self.yAxis = y
    self.plot = plot
  }

  /// Where a pair of values is drawn.
  func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
    // Ten thousand pictures away is out of sight, and a line to there has the right slope to a thousandth of a pixel.
    func bounded(_ position: Double) -> Double { min(1e4, max(-1e4, position)) }
    return (
      plot.x + bounded(xAxis.position(point.x)) * plot.width,
      plot.maxY - bounded(yAxis.position(point.y)) * plot.height
    )
  }

  /// Grid, axes, tick labels and titles.
  var elements: [SVGElement] {
    var elements: [SVGElement] = []
    for tick in yAxis.ticks {
      let y = plot.maxY - yAxis.position(tick.value) * plot.height
      elements.append(.line(plot.x, y, plot.maxX, y, "grid"))
      elements.append(
        .text(
          tick.label, plot.x - Self.tickGap, y + 0.35 * Theme.textSize, "soft number", anchor: .end)
      )
    }
    for tick in xAxis.ticks {
      let x = plot.x + xAxis.position(tick.value) * plot.width
      elements.append(.line(x, plot.maxY, x, plot.maxY + 5, "axis"))
      elements.append(
        .text(tick.label, x, plot.maxY + 20, "soft number", anchor: .middle))
    }
    elements.append(.line(plot.x, plot.maxY, plot.maxX, plot.maxY, "axis"))
    let title = TextMetrics.truncated(
      yAxis.axis.title, size: Theme.textSize, width: area.width)
    elements.append(.text(title, area.x, area.y + Theme.textSize, "soft"))
    let xTitle = TextMetrics.truncated(
      xAxis.axis.title, size: Theme.textSize, width: area.width)
    elements.append(.text(xTitle, plot.midX, plot.maxY + 41, "soft", anchor: .middle))
    return elements.filter { $0.hasContent }
  }
}

extension SVGElement {
  /// Whether a text says anything; other elements always do.
  fileprivate var hasContent: Bool {
    guard name == "text", case .text(let text)? = children.first else { return name != "text" }
    return !text.isEmpty
  }
}
