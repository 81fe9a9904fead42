import Foundation
import Tensor

/// Two classifiers judged on the same samples: McNemar's test of their mistakes, and the differences of their figures.
///
/// A difference is first less second, with the interval of the paired bootstrap: what makes a draw easy or hard for both
/// cancels.
public struct ModelComparison: Sendable, Hashable, Codable {
  /// One of the two.
  public struct Contestant: Sendable, Hashable {
    /// What it is called.
    public let name: String
    /// What it said.
    public let predictions: ClassifierPredictions
    /// From which probability on it calls the positive class; nil for the most probable class.
    public let threshold: DecisionThreshold?

    /// A classifier with what it said of the samples.
    public init(
      _ name: String, _ predictions: ClassifierPredictions, threshold: DecisionThreshold? = nil
    ) {
      self.name = name
      self.predictions = predictions
      self.threshold = threshold
    }
  }

  /// How a figure of the two differs.
  public struct Difference: Sendable, Hashable, Codable {
    /// The figure.
    public let kind: MetricKind
    /// That of the first, or nil where it has none.
    public let first: Double?
    /// That of the second, or nil where it has none.
    public let second: Double?
    /// First less second, or nil where one of them is missing.
    public let value: Double?
    /// The interval of the difference, or nil where there is none.
    public let interval: ConfidenceInterval?
    /// The bootstrap's two-sided p-value of no difference.
    public let pValue: Double?
    /// Why there is no difference or no interval.
    public let reason: String?
  }

  /// What the samples are called.
  public let name: String
  /// The first classifier.
  public let firstName: String
  /// The second classifier.
  public let secondName: String
  /// The number of samples.
  public let sampleCount: Int
  /// The number of groups, or nil where samples are independent.
  public let groupCount: Int?
  /// Samples that only the first got right.
  public let onlyFirstCorrect: Int
  /// Samples that only the second got right.
  public let onlySecondCorrect: Int
  /// McNemar's exact two-sided p-value.
  ///
  /// It takes samples as independent; with several of a patient it is too small.
  public let mcNemarPValue: Double
  /// The differences.
  public let differences: [Difference]

  /// Compares two classifiers.
  ///
  /// - Parameters:
  ///   - first: The first.
  ///   - second: The second, on the same samples in the same order.
  ///   - name: What the samples are called.
  ///   - positiveClass: With two classes, the one that rates and curves are about.
  ///   - groups: The group of every sample, such as its patient.
  ///   - settings: How intervals are found.
  /// - Precondition: Both have the same classes and labels, and there is one group a sample.
  public init<Group: Hashable>(
    _ first: Contestant, _ second: Contestant, on name: String, positiveClass: Int = 0,
    groups: [Group], settings: EvaluationSummary.Settings = .init()
  ) {
    let contestants = [first, second]
    require(
      first.predictions.labels == second.predictions.labels
        && first.predictions.classNames == second.predictions.classNames,
      "ModelComparison: \(first.name) and \(second.name) were not judged on the same samples")
    let predicted = contestants.map {
      $0.predictions.predictedClasses(threshold: $0.threshold, ofClass: positiveClass)
    }
    let labels = first.predictions.labels
    let classes = first.predictions.classCount == 2 ? [positiveClass] : []
    let figures = zip(contestants, predicted).map {
      ResampledMetrics(
        $0.predictions, predicted: $1, classes: classes, binCount: settings.binCount)
    }
    let items = figures[0].items
    func differences(_ indices: [Int]) -> [Double?] {
      zip(figures[0].values(indices), figures[1].values(indices)).map { first, second in
        if let first, let second { first - second } else { nil }
      }
    }
    let all = Array(labels.indices)
    let values = figures.map { $0.values(all) }
    let comparisons = Bootstrap(
      resampleCount: settings.resampleCount, level: settings.level, seed: settings.seed
    ).comparisons(sampleCount: labels.count, groups: groups, differences: differences)
    self.differences = items.indices.map { index in
      let comparison = comparisons[index].value
      let interval = comparison?.difference.interval
      // Without width the resamples have not varied, as for two models that agree on all samples.
      let hasWidth = interval?.hasWidth ?? false
      return Difference(
        kind: items[index].kind, first: values[0][index], second: values[1][index],
        value: comparison?.difference.value, interval: hasWidth ? interval : nil,
        pValue: hasWidth ? comparison?.pValue : nil,
        reason: hasWidth
          ? nil : comparisons[index].reason ?? "bootstrap: hardly any resample differs")
    }
    let test = McNemarTest(
      firstIsCorrect: zip(predicted[0], labels).map { $0 == $1 },
      secondIsCorrect: zip(predicted[1], labels).map { $0 == $1 })
    self.name = name
    firstName = first.name
    secondName = second.name
    sampleCount = labels.count
    let units = indicesByGroup(groups).count
    groupCount = units < labels.count ? units : nil
    onlyFirstCorrect = test.onlyFirstCorrect
    onlySecondCorrect = test.onlySecondCorrect
    mcNemarPValue = test.exactPValue
  }

  /// The difference of one figure, or nil where it is not among them.
  public subscript(kind: MetricKind) -> Difference? { differences.first { $0.kind == kind } }

  /// McNemar's test and all differences, one to a line.
  public func text(samples: String = "samples", groups: String = "groups") -> String {
    var lines = [
      "\(name), \(firstName) less \(secondName), \(sampleCount) \(samples)"
        + (groupCount.map { " of \($0) \(groups)" } ?? "")
    ]
    lines.append(
      "  right only with \(firstName): \(onlyFirstCorrect), only with \(secondName): "
        + "\(onlySecondCorrect); McNemar's exact p \(Self.pText(mcNemarPValue))"
        + (groupCount == nil ? "" : " (as if \(samples) were independent)"))
    for difference in differences {
      let name = "  " + difference.kind.name.padded(to: 26)
      guard let first = difference.first, let second = difference.second,
        let value = difference.value
      else {
        lines.append(name + "undefined: \(difference.reason ?? "no such samples")")
        continue
      }
      let numbers = String(format: "%.3f − %.3f = %+.3f", first, second, value).padded(to: 26)
      if let interval = difference.interval, let pValue = difference.pValue {
        lines.append(
          name + numbers
            + String(
              format: "%g %% interval %+.3f to %+.3f, p ", 100 * interval.level, interval.lower,
              interval.upper) + Self.pText(pValue))
      } else {
        lines.append(name + numbers + "no interval: \(difference.reason ?? "unknown")")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func pText(_ value: Double) -> String {
    value < 0.001 ? "< 0.001" : String(format: "%.3f", value)
  }
}
