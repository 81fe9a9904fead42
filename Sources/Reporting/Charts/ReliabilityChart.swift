public import Evaluation

/// Stated probabilities against what happened: a calibrated model lies on the diagonal, one too sure of itself below it.
///
/// Every point is a bin with its exact interval; the strip below shows how many samples each bin holds.
public struct ReliabilityChart: Sendable, Hashable {
  /// What the chart shows.
  public let title: String
  /// The bins.
  public let calibration: Calibration
  /// What the probabilities are of, such as a class.
  public let outcome: String
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of one calibration.
  public init(
    title: String, calibration: Calibration, outcome: String, caption: String? = nil
  ) {
    self.title = title
    self.calibration = calibration
    self.outcome = outcome
    self.caption = caption
  }

  private static let stripHeight = 84.0

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: How wide it is, in pixels, 320 or more. Text keeps its size.
  public func svg(width: Double = 480) -> String {
    var square = SquareChart(
      xAxis: Axis("stated probability of \(outcome)", format: .percent, range: 0...1),
      yAxis: Axis("observed share of \(outcome)", format: .percent, range: 0...1))
    let filled = calibration.bins.filter { $0.outcomes.count > 0 }
    if let error = calibration.expectedError {
      square.notes.append(
        "Expected calibration error \(Ticks.text(error, significantDigits: 3)) over "
          + "\(calibration.bins.count) bins of \(calibration.count) samples.")
    }
    square.add(
      points: filled.map { ($0.meanProbability ?? 0, $0.outcomes.value ?? 0) },
      intervals: filled.map {
        let interval = $0.outcomes.clopperPearsonInterval()
        return (interval.lower, interval.upper)
      }, index: 0, name: "bins, with 95 % intervals")
    square.add(guide: .init(from: (0, 0), to: (1, 1)), name: "calibrated")
    return square.svg(
      title: title, kind: "Reliability diagram", caption: caption, width: width,
      stripHeight: Self.stripHeight, strip: strip)
  }

  /// A bar for every bin, as high as its share of the fullest.
  private func strip(_ area: Rectangle) -> [SVGElement] {
    let most = calibration.bins.map(\.outcomes.count).max() ?? 0
    let floor = area.maxY - 8
    var elements = [
      SVGElement.text(
        "samples in each bin (at most \(most))", ChartFrame.margin, area.y + 18, "soft"),
      .line(area.x, floor, area.maxX, floor, "axis"),
    ]
    for bin in calibration.bins where bin.outcomes.count > 0 {
      let height = 48 * Double(bin.outcomes.count) / Double(most)
      let x = area.x + bin.lower * area.width
      let bar = Rectangle(
        x: x + 1, y: floor - height, width: max(1, (bin.upper - bin.lower) * area.width - 2),
        height: height)
      elements.append(
        .rectangle(bar, "f0").titled(
          "\(Ticks.percent(bin.lower)) to \(Ticks.percent(bin.upper)): \(bin.outcomes.count) samples"
        ))
    }
    return elements
  }
}
