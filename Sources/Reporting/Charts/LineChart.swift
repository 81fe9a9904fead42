/// Values over steps, one line a series: the loss of an epoch, the accuracy of two splits.
///
/// ```swift
/// let chart = LineChart(
///   title: "Loss", xAxis: Axis("epoch", format: .integer), yAxis: Axis("binary cross-entropy"),
///   series: [
///     .init("training", values: [0.986, 0.52, 0.15]),
///     .init("validation", values: [0.72, 0.45, 0.067]),
///   ], caption: "SYNTHETIC data")
/// let svg = chart.svg()
/// ```
public struct LineChart: Sendable, Hashable {
  /// A named list of points, joined in their order.
  public struct Series: Sendable, Hashable {
    /// A pair of values.
    ///
    /// One that is not finite leaves a gap in the line, and a note under the chart.
    public struct Point: Sendable, Hashable {
      /// The value along the level axis.
      public let x: Double
      /// The value along the upright axis.
      public let y: Double

      /// A pair of values.
      public init(x: Double, y: Double) {
        self.x = x
        self.y = y
      }
    }

    /// What the legend calls it.
    public let name: String
    /// The points, in the order in which they are joined.
    public let points: [Point]

    /// A series of points.
    public init(_ name: String, points: [Point]) {
      self.name = name
      self.points = points
    }

    /// A series of values at whole steps from `first` on.
    public init(_ name: String, values: [Double], startingAt first: Int = 1) {
      self.init(
        name,
        points: values.enumerated().map { Point(x: Double(first + $0.offset), y: $0.element) })
    }
  }

  /// What the chart shows.
  public let title: String
  /// The level axis.
  public let xAxis: Axis
  /// The upright axis.
  public let yAxis: Axis
  /// The lines.
  ///
  /// From the sixth on, colours and dashes repeat.
  public let series: [Series]
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of some series, in which nothing need be there: an empty series is said to be empty.
  public init(title: String, xAxis: Axis, yAxis: Axis, series: [Series], caption: String? = nil) {
    self.title = title
    self.xAxis = xAxis
    self.yAxis = yAxis
    self.series = series
    self.caption = caption
  }

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: How wide it is, in pixels, 320 or more. Text keeps its size.
  public func svg(width: Double = 560) -> String {
    // Marks show where the values are, as long as they do not run into each other.
    let hasMarks = (series.map(\.points.count).max() ?? 0) <= 40
    let plot = XYPlot(
      xAxis: xAxis, yAxis: yAxis,
      curves: series.enumerated().map { index, series in
        XYPlot.Curve(
          name: series.name, index: index, points: series.points.map { ($0.x, $0.y) },
          hasMarks: hasMarks)
      })
    var frame = ChartFrame(
      title: title,
      description: "Line chart of \(yAxis.title) by \(xAxis.title). \(plot.description)",
      legend: series.enumerated().map {
        .init(sample: .curve($0.offset, marks: hasMarks), name: $0.element.name)
      }, notes: plot.notes, caption: caption)
    frame.width = ChartFrame.checked(width)
    return frame.svg(bodyHeight: width < 480 ? 260 : 320) { plot.elements(plot.frame(in: $0)) }
  }
}
