public import Evaluation

/// ROC curves: sensitivity against the share of false alarms, with the area under each and its interval.
///
/// ```swift
/// let chart = ROCChart(title: "Covid against Normal", curves: [.init("network", scores: scores)])
/// ```
public struct ROCChart: Sendable, Hashable {
  /// A classifier's scores under a name.
  public struct Curve: Sendable, Hashable {
    /// What the legend calls it.
    public let name: String
    /// What it said of the samples.
    public let scores: BinaryScores
    /// A threshold in use, whose point is to be marked.
    public let threshold: Double?
    /// The interval of the area; `nil` for that of DeLong, on samples taken as independent.
    public let interval: ConfidenceInterval?

    /// A classifier's curve, with the point of `threshold` marked if there is one.
    ///
    /// - Parameter interval: An interval of the area that takes the place of DeLong's, such as one by patient.
    public init(
      _ name: String, scores: BinaryScores, threshold: Double? = nil,
      interval: ConfidenceInterval? = nil
    ) {
      self.name = name
      self.scores = scores
      self.threshold = threshold
      self.interval = interval
    }
  }

  /// What the chart shows.
  public let title: String
  /// The curves.
  ///
  /// From the sixth on, colours and dashes repeat.
  public let curves: [Curve]
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of some classifiers.
  ///
  /// A curve that its samples do not define is left out, and the reason stands under the chart.
  public init(title: String, curves: [Curve], caption: String? = nil) {
    self.title = title
    self.curves = curves
    self.caption = caption
  }

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: How wide it is, in pixels, 320 or more. Text keeps its size.
  public func svg(width: Double = 480) -> String {
    var square = SquareChart(
      xAxis: Axis("false positive rate (1 − specificity)", format: .percent, range: 0...1),
      yAxis: Axis("sensitivity", format: .percent, range: 0...1))
    for (index, curve) in curves.enumerated() {
      switch curve.scores.rocCurve() {
      case .undefined(let reason):
        square.notes.append("\(curve.name): \(reason).")
      case .defined(let roc):
        let points = roc.points.map { (x: $0.falsePositiveRate, y: $0.sensitivity) }
        var name = "\(curve.name), area \(Ticks.text(roc.area, significantDigits: 3))"
        let interval =
          curve.interval.map { .defined($0) } ?? curve.scores.areaUnderROC().value?.interval
        if let limits = interval?.value { name += " (95 %: \(limits))" }
        if let reason = interval?.reason { square.notes.append("\(curve.name): \(reason).") }
        square.add(curve: points, index: index, name: name)
        if let threshold = curve.threshold, let point = roc.point(atThreshold: threshold) {
          let mark = (x: point.falsePositiveRate, y: point.sensitivity)
          let label = "\(curve.name) at \(Ticks.text(threshold, significantDigits: 4))"
          square.add(
            mark: mark, index: index,
            name: "\(label): sensitivity \(point.truePositives), specificity \(point.trueNegatives)"
          )
        }
      }
    }
    square.add(guide: .init(from: (0, 0), to: (1, 1)), name: "chance")
    return square.svg(title: title, kind: "ROC chart", caption: caption, width: width)
  }
}

extension ROCCurve {
  /// The point of calling positive every score of `threshold` or more.
  fileprivate func point(atThreshold threshold: Double) -> Point? {
    // Thresholds fall; the last at or above calls the same samples positive. A first point at infinity is always there.
    points.last { $0.threshold >= threshold }
  }
}
