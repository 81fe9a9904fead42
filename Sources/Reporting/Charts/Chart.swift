import Evaluation

/// A chart that can stand alone as a file, or in an ``HTMLReport``.
public protocol Chart: Sendable {
  /// What the chart shows.
  var title: String { get }

  /// The chart as an SVG file, complete in itself.
  ///
  /// - Parameter width: About how wide it is to be, in pixels, 320 or more. Text keeps its size. A matrix of many classes is
  ///   wider.
  func svg(width: Double) -> String

  /// Its numbers as a table, or nil where they would be too many to read.
  var numbers: HTMLReport.Table? { get }
}

extension Chart {
  /// The most rows that a table of numbers has: more would not be read.
  static var maximumRows: Int { 60 }
}

extension LineChart: Chart {
  /// The values by step, with a column for each series.
  public var numbers: HTMLReport.Table? {
    var steps: [Double] = []
    for point in series.flatMap(\.points) where !steps.contains(point.x) { steps.append(point.x) }
    guard !steps.isEmpty, steps.count <= Self.maximumRows else { return nil }
    return HTMLReport.Table(
      title, columns: [xAxis.title] + series.map(\.name),
      rows: steps.sorted().map { step in
        [xAxis.text(step)]
          + series.map { series in
            series.points.first { $0.x == step }.map { yAxis.text($0.y) } ?? "–"
          }
      })
  }
}

extension ConfusionMatrixChart: Chart {
  /// The counts, a row an actual class.
  public var numbers: HTMLReport.Table? {
    guard matrix.classCount <= Self.maximumRows else { return nil }
    return HTMLReport.Table(
      title, columns: ["actual"] + matrix.classNames.map { "as \($0)" },
      rows: matrix.classNames.enumerated().map { index, name in
        [name] + matrix.counts[index].map(String.init)
      })
  }
}

extension IntervalChart: Chart {
  /// The figures with their intervals.
  public var numbers: HTMLReport.Table? {
    guard !rows.isEmpty, rows.count <= Self.maximumRows else { return nil }
    return HTMLReport.Table(
      title, columns: ["", axis.title],
      rows: rows.map { [$0.name, written($0)] })
  }
}

extension ReliabilityChart: Chart {
  /// The bins that hold samples.
  public var numbers: HTMLReport.Table? {
    let filled = calibration.bins.filter { $0.outcomes.count > 0 }
    guard !filled.isEmpty, filled.count <= Self.maximumRows else { return nil }
    return HTMLReport.Table(
      title, columns: ["stated", "mean stated", "observed"],
      rows: filled.map { bin in
        [
          "\(Ticks.percent(bin.lower)) to \(Ticks.percent(bin.upper))",
          bin.meanProbability.map(Ticks.percent) ?? "–", bin.outcomes.description,
        ]
      })
  }
}

extension ROCChart: Chart {
  /// The sensitivity of every curve at some shares of false alarms.
  public var numbers: HTMLReport.Table? {
    table(
      title, ["false positive rate"], at: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1]
    ) { scores, limit in
      scores.rocCurve().value.map { curve in
        curve.points.reduce(0) { $1.falsePositiveRate <= limit ? max($0, $1.sensitivity) : $0 }
      }
    }
  }
}

extension PrecisionRecallChart: Chart {
  /// The best precision of every curve at some sensitivities.
  public var numbers: HTMLReport.Table? {
    ROCChart(title: title, curves: curves).table(
      title, ["sensitivity of at least"], at: [0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 1]
    ) { scores, limit in
      scores.precisionRecallCurve().value.map { curve in
        curve.points.reduce(0) { $1.recall >= limit ? max($0, $1.precision) : $0 }
      }
    }
  }
}

extension ROCChart {
  fileprivate func table(
    _ title: String, _ columns: [String], at limits: [Double],
    _ value: (BinaryScores, Double) -> Double?
  ) -> HTMLReport.Table? {
    guard curves.contains(where: { value($0.scores, 1) != nil }) else { return nil }
    return HTMLReport.Table(
      title, columns: columns + curves.map(\.name),
      rows: limits.map { limit in
        [Ticks.percent(limit)]
          + curves.map { value($0.scores, limit).map(Ticks.percent) ?? "undefined" }
      })
  }
}
