import Foundation
import Tensor

/// A training that was run several times, over the folds of a cross-validation or over seeds, with how much its figures vary.
public struct RepeatedEvaluation: Sendable, Hashable, Codable {
  /// One run, measured on samples that it was not trained on.
  public struct Run: Sendable, Hashable, Codable {
    /// Where its random numbers came from.
    public let seed: UInt64
    /// The fold that it was measured on, from 0, or nil where there are none.
    public let fold: Int?
    /// Its figures.
    public let summary: EvaluationSummary

    /// A run with its figures.
    public init(seed: UInt64, fold: Int?, summary: EvaluationSummary) {
      self.seed = seed
      self.fold = fold
      self.summary = summary
    }
  }

  /// How a figure varies between runs.
  public struct FigureSpread: Sendable, Hashable, Codable {
    /// The figure.
    public let kind: MetricKind
    /// The class it is of, or nil for all together.
    public let className: String?
    /// The number of runs.
    public let runCount: Int
    /// The runs that have the figure.
    public let definedCount: Int
    /// Their mean.
    public let mean: Double?
    /// Their standard deviation, of divisor `count − 1`.
    public let standardDeviation: Double?
    /// The lowest of them.
    public let minimum: Double?
    /// The highest of them.
    public let maximum: Double?
    /// Student's interval for the mean, cut to the values that the figure can have: see ``Spread/interval(level:)`` for what it
    /// leaves out.
    public let interval: ConfidenceInterval?
  }

  /// The runs in their order.
  public let runs: [Run]
  /// For every seed, the figures of all its folds' predictions taken together, where there are folds.
  ///
  /// Every sample is in it once, predicted by the network that was not trained on it.
  public let pooled: [EvaluationSummary]
  /// How every figure varies between the runs.
  public let spreads: [FigureSpread]

  /// Gathers runs.
  ///
  /// - Precondition: There is one run or more, and all have the same classes.
  public init(_ runs: [Run], pooled: [EvaluationSummary] = []) {
    require(!runs.isEmpty, "RepeatedEvaluation: needs one run or more")
    let first = runs[0].summary
    require(
      runs.allSatisfy { $0.summary.confusionMatrix.classNames == first.confusionMatrix.classNames },
      "RepeatedEvaluation: the runs do not have the same classes")
    self.runs = runs
    self.pooled = pooled
    spreads = first.metrics.indices.map { index in
      let values = runs.compactMap { $0.summary.metrics[index].value }
      let spread = values.isEmpty ? nil : try? Spread(values)
      let range = first.metrics[index].kind.range
      let interval = spread?.interval(level: first.settings.level).map {
        ConfidenceInterval(
          lower: max($0.lower, range.lowerBound), upper: min($0.upper, range.upperBound),
          level: $0.level)
      }
      return FigureSpread(
        kind: first.metrics[index].kind, className: first.metrics[index].className,
        runCount: runs.count, definedCount: values.count, mean: spread?.mean,
        standardDeviation: spread?.standardDeviation, minimum: spread?.minimum,
        maximum: spread?.maximum, interval: interval)
    }
  }

  /// How one figure varies, of all classes together or with two classes of the positive one.
  public func spread(of kind: MetricKind) -> FigureSpread? { spreads.first { $0.kind == kind } }

  /// The spread of every figure, one to a line.
  public var text: String {
    let seeds = Set(runs.map(\.seed)).count
    let folds = Set(runs.compactMap(\.fold)).count
    var lines = [
      "\(runs.count) runs, \(seeds) \(seeds == 1 ? "seed" : "seeds")"
        + (folds == 0 ? "" : ", \(folds) folds")
    ]
    lines.append(
      "".padded(to: 28) + "mean".padded(to: 9) + "deviation".padded(to: 11)
        + "lowest–highest".padded(to: 16) + "interval of the mean")
    for spread in spreads {
      let name = "  " + spread.kind.name.padded(to: 26)
      guard let mean = spread.mean, let minimum = spread.minimum, let maximum = spread.maximum
      else {
        lines.append(name + "undefined in every run")
        continue
      }
      let factor = spread.kind.isShare ? 100.0 : 1
      let format = spread.kind.isShare ? "%.1f" : "%.3f"
      func number(_ value: Double) -> String { String(format: format, factor * value) }
      var line = name + number(mean).padded(to: 9)
      line += (spread.standardDeviation.map(number) ?? "–").padded(to: 11)
      line += "\(number(minimum))–\(number(maximum))".padded(to: 16)
      line += spread.interval.map { "\(number($0.lower))–\(number($0.upper))" } ?? "–"
      if spread.definedCount < spread.runCount {
        line += "  (defined in \(spread.definedCount) of \(spread.runCount) runs)"
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }
}
