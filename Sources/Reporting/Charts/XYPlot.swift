import Foundation

/// Curves over two axes: what line charts, ROC, precision-recall and reliability diagrams have in common.
struct XYPlot {
  /// One named run of points, drawn with the colour, dashes and mark of its index.
  struct Curve {
    let name: String
    let index: Int
    let points: [(x: Double, y: Double)]
    /// Whether every point gets a mark, with its values to be read there.
    var hasMarks = false
    /// Whether a line joins the points.
    var hasLine = true
    /// The intervals around the points' `y`, if they have any.
    var intervals: [(lower: Double, upper: Double)?] = []
  }

  /// A dashed line for comparison, from point to point.
  struct Guide {
    let from: (x: Double, y: Double)
    let to: (x: Double, y: Double)
  }

  let xAxis: Axis
  let yAxis: Axis
  let curves: [Curve]
  var guides: [Guide] = []
  /// Whether the `y` axis goes on to a tick at either end.
  var extendsY = true

  /// Points that have a place on both axes.
  private func accepts(_ point: (x: Double, y: Double)) -> Bool {
    xAxis.accepts(point.x) && yAxis.accepts(point.y)
  }

  /// What of the data the picture cannot show, one sentence a curve.
  var notes: [String] {
    curves.flatMap { curve -> [String] in
      if curve.points.isEmpty { return ["\(curve.name): no data."] }
      var notes: [String] = []
      let lost = curve.points.filter { !accepts($0) }
      if !lost.isEmpty {
        let places = lost.prefix(5).map { xAxis.text($0.x) }.joined(separator: ", ")
        let more = lost.count > 5 ? ", …" : ""
        notes.append(
          "\(curve.name): \(lost.count) of \(curve.points.count) values cannot be drawn "
            + "(\(kinds(of: lost))), at \(places)\(more).")
      }
      let outside = curve.points.count { accepts($0) && !isInside($0) }
      if outside > 0 {
        notes.append(
          "\(curve.name): \(outside) of \(curve.points.count) values lie outside the axes.")
      }
      return notes
    }
  }

  private func isInside(_ point: (x: Double, y: Double)) -> Bool {
    (xAxis.range?.contains(point.x) ?? true) && (yAxis.range?.contains(point.y) ?? true)
  }

  private func kinds(of points: [(x: Double, y: Double)]) -> String {
    var kinds: [String] = []
    let values = points.map { xAxis.accepts($0.x) ? $0.y : $0.x }
    if values.contains(where: \.isNaN) { kinds.append("not a number") }
    if values.contains(where: \.isInfinite) { kinds.append("infinite") }
    if values.contains(where: { $0.isFinite && !Axis.isDrawable($0) }) { kinds.append("too large") }
    if values.contains(where: { $0 <= 0 && Axis.isDrawable($0) }) { kinds.append("not positive") }
    if values.contains(where: { $0 > 0 && $0 < 1e-100 }) { kinds.append("too small") }
    return kinds.joined(separator: ", ")
  }

  /// What the curves do, in words.
  var description: String {
    curves.map { curve in
      let points = curve.points.filter(accepts)
      guard let first = points.first, let last = points.last,
        let lowest = points.min(by: { $0.y < $1.y }), let highest = points.max(by: { $0.y < $1.y })
      else { return "\(curve.name): no data." }
      func text(_ point: (x: Double, y: Double)) -> String {
        "\(yAxis.text(point.y)) at \(xAxis.text(point.x))"
      }
      if points.count == 1 { return "\(curve.name): \(text(first))." }
      return "\(curve.name): \(points.count) points from \(text(first)) to \(text(last)), "
        + "lowest \(text(lowest)), highest \(text(highest))."
    }.joined(separator: " ")
  }

  // MARK: Drawing

  /// The axes that show all points and intervals, laid out within `area`.
  func frame(in area: Rectangle) -> PlotFrame {
    let shown = curves.flatMap { curve in
      let bounds = zip(curve.points, curve.intervals).flatMap { point, interval in
        interval.map { [(x: point.x, y: $0.lower), (x: point.x, y: $0.upper)] } ?? []
      }
      return (curve.points + bounds).filter(accepts)
    }
    return PlotFrame(xAxis: xAxis, yAxis: yAxis, extendsY: extendsY, area: area, points: shown)
  }

  /// The axes with their ticks and titles, the guides and the curves.
  func elements(_ frame: PlotFrame) -> [SVGElement] {
    var elements = frame.elements
    elements += guides.map { guide in
      let (from, to) = (frame.place(guide.from), frame.place(guide.to))
      return .line(from.x, from.y, to.x, to.y, "guide")
    }
    let data = curves.flatMap { drawn($0, frame) }
    if data.isEmpty {
      elements.append(
        .text("No data", frame.plot.midX, frame.plot.midY, "soft", anchor: .middle))
    }
    let isCut = curves.contains { $0.points.contains { accepts($0) && !isInside($0) } }
    return elements + (isCut ? [clipped(data, to: frame.plot)] : data)
  }

  /// A picture in the picture hides what lies beyond it, and unlike a clip path needs no name.
  private func clipped(_ elements: [SVGElement], to plot: Rectangle) -> SVGElement {
    let area = plot.inset(left: -6, top: -6, right: -6, bottom: -6)
    let numbers = [area.x, area.y, area.width, area.height].map(SVGElement.number)
    return SVGElement(
      "svg",
      [
        ("x", numbers[0]), ("y", numbers[1]), ("width", numbers[2]), ("height", numbers[3]),
        ("viewBox", numbers.joined(separator: " ")),
      ], elements)
  }

  private func drawn(_ curve: Curve, _ frame: PlotFrame) -> [SVGElement] {
    let style = curve.index % Theme.seriesCount
    var elements: [SVGElement] = []
    // Runs of points without a gap.
    var runs: [[(x: Double, y: Double)]] = [[]]
    for point in curve.points {
      if accepts(point) {
        runs[runs.count - 1].append(frame.place(point))
      } else if runs.last?.isEmpty == false {
        runs.append([])
      }
    }
    for run in runs where run.count > 1 && curve.hasLine {
      let places = Self.thinned(run).map { "\(SVGElement.number($0.x)) \(SVGElement.number($0.y))" }
      elements.append(.path("M" + places.joined(separator: "L"), "curve s\(style) d\(style)"))
    }
    for (index, interval) in curve.intervals.enumerated() where accepts(curve.points[index]) {
      guard let interval else { continue }
      let x = curve.points[index].x
      elements += Self.whisker(
        from: frame.place((x, interval.lower)), to: frame.place((x, interval.upper)), "s\(style)")
    }
    if curve.hasMarks {
      for (index, point) in curve.points.enumerated() where accepts(point) {
        let place = frame.place(point)
        elements.append(
          Theme.mark(style, place.x, place.y).titled(label(curve, index)))
      }
    } else {
      // A line needs two points. One alone between gaps would not be seen.
      elements += runs.filter { $0.count == 1 }.map { Theme.mark(style, $0[0].x, $0[0].y) }
    }
    return elements
  }

  private func label(_ curve: Curve, _ index: Int) -> String {
    let point = curve.points[index]
    var text = "\(curve.name), \(xAxis.title) \(xAxis.text(point.x)): \(yAxis.text(point.y))"
    if curve.intervals.indices.contains(index), let interval = curve.intervals[index] {
      text += " (\(yAxis.text(interval.lower)) to \(yAxis.text(interval.upper)))"
    }
    return text
  }

  /// A line with short bars across its ends, upright or level.
  static func whisker(
    from: (x: Double, y: Double), to: (x: Double, y: Double), _ style: String
  ) -> [SVGElement] {
    let isUpright = from.x == to.x
    let (dx, dy) = isUpright ? (4.0, 0.0) : (0.0, 4.0)
    return [
      .line(from.x, from.y, to.x, to.y, "whisker \(style)"),
      .line(from.x - dx, from.y - dy, from.x + dx, from.y + dy, "whisker \(style)"),
      .line(to.x - dx, to.y - dy, to.x + dx, to.y + dy, "whisker \(style)"),
    ]
  }

  /// Of neighbours that fall into the same half pixel column, the first, the lowest, the highest and the last.
  ///
  /// A curve of a million steps then looks the same and stays a small file.
  static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > 200 else { return points }
    var result: [(x: Double, y: Double)] = []
    var start = 0
    while start < points.count {
      let column = (2 * points[start].x).rounded()
      var end = start
      while end < points.count, (2 * points[end].x).rounded() == column { end += 1 }
      let run = start..<end
      let lowest = run.min { points[$0].y < points[$1].y } ?? start
      let highest = run.max { points[$0].y < points[$1].y } ?? start
      var last = -1
      for index in [start, lowest, highest, end - 1].sorted() where index != last {
        result.append(points[index])
        last = index
      }
      start = end
    }
    return result
  }
}
