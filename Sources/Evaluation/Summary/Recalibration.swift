import Foundation

/// What temperature scaling does to the probabilities of one set of samples.
public struct Recalibration: Sendable, Hashable, Codable {
  /// What the samples are called.
  public let name: String
  /// The temperature, or nil where none is best.
  public let temperature: Double?
  /// The samples that the temperature was fitted on.
  public let fittedOn: String
  /// Why there is no temperature.
  public let reason: String?
  /// Brier score, log loss and calibration error as they are.
  public let before: [Metric]
  /// The same after scaling; empty without temperature.
  public let after: [Metric]

  /// Scales probabilities by a temperature that was fitted before.
  ///
  /// - Parameters:
  ///   - predictions: The probabilities to be scaled.
  ///   - name: What they are called.
  ///   - scaling: The temperature, or why there is none.
  ///   - fittedOn: The samples that it was fitted on. Where they are the same, the figures after look better than they are.
  ///   - positiveClass: See ``EvaluationSummary``.
  ///   - groups: The group of every sample.
  ///   - settings: How intervals are found.
  public init<Group: Hashable>(
    _ predictions: ClassifierPredictions, named name: String,
    by scaling: Statistic<TemperatureScaling>, fittedOn: String, positiveClass: Int = 0,
    groups: [Group], settings: EvaluationSummary.Settings = .init()
  ) {
    func figures(_ predictions: ClassifierPredictions) -> [Metric] {
      EvaluationSummary(
        predictions, named: name, positiveClass: positiveClass, groups: groups, settings: settings
      ).overall.filter { [.brierScore, .logLoss, .expectedCalibrationError].contains($0.kind) }
    }
    self.name = name
    temperature = scaling.value?.temperature
    self.fittedOn = fittedOn
    reason = scaling.reason
    before = figures(predictions)
    after = scaling.value.map { figures(predictions.scaled(by: $0)) } ?? []
  }

  /// Whether the temperature was fitted on these very samples.
  public var isFittedHere: Bool { fittedOn == name }

  /// The figures before and after, one to a line.
  public var text: String {
    guard let temperature else {
      return "\(name), temperature: undefined, \(reason ?? "unknown")"
    }
    var lines = [
      "\(name), probabilities scaled by a temperature of \(String(format: "%.4g", temperature)), "
        + "fitted on \(isFittedHere ? "these very samples" : fittedOn)"
    ]
    for (old, new) in zip(before, after) {
      lines.append("  " + old.name.padded(to: 26) + "\(old)  →  \(new)")
    }
    return lines.joined(separator: "\n")
  }
}
