import Evaluation

/// Precision against sensitivity (recall), with the average precision of each curve.
///
/// Between two thresholds the curve runs level, as average precision counts it. The dashed line is the precision of a ranking
/// by chance: the share of positives.
public struct PrecisionRecallChart: Sendable, Hashable {
  /// What the chart shows.
  public let title: String
  /// The curves, as those of `ROCChart`.
  ///
  /// From the sixth on, colours and dashes repeat.
  public let curves: [ROCChart.Curve]
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of some classifiers.
  ///
  /// A curve that its samples do not define is left out, and the reason stands under the chart.
  public init(title: String, curves: [ROCChart.Curve], caption: String? = nil) {
    self.title = title
    self.curves = curves
    self.caption = caption
  }

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: How wide it is, in pixels, 320 or more. Text keeps its size.
  public func svg(width: Double = 480) -> String {
    var square = SquareChart(
      xAxis: Axis("sensitivity (recall)", format: .percent, range: 0...1),
      yAxis: Axis("precision", format: .percent, range: 0...1))
    var shares: [Proportion] = []
    for (index, curve) in curves.enumerated() {
      switch curve.scores.precisionRecallCurve() {
      case .undefined(let reason):
        square.notes.append("\(curve.name): \(reason).")
      case .defined(let precisions):
        var steps: [(x: Double, y: Double)] = []
        for point in precisions.points {
          steps.append((steps.last?.x ?? 0, point.precision))
          steps.append((point.recall, point.precision))
        }
        let area = Ticks.text(precisions.averagePrecision, significantDigits: 3)
        square.add(curve: steps, index: index, name: "\(curve.name), average precision \(area)")
        if !shares.contains(precisions.prevalence) { shares.append(precisions.prevalence) }
        if let threshold = curve.threshold,
          let point = precisions.points.last(where: { $0.threshold >= threshold })
        {
          square.add(
            mark: (point.recall, point.precision), index: index,
            name: "\(curve.name) at \(Ticks.text(threshold, significantDigits: 4)): "
              + "sensitivity \(point.recalled), precision \(point.correct)")
        }
      }
    }
    for share in shares {
      let level = share.value ?? 0
      square.add(
        guide: .init(from: (0, level), to: (1, level)), name: "chance (\(Ticks.percent(level)))")
    }
    return square.svg(title: title, kind: "Precision-recall chart", caption: caption, width: width)
  }
}
