public import Evaluation
import Foundation

/// A set of films that a classifier has been measured on, with all its figures and, where they are known, the patients.
public struct FilmEvaluation: Sendable {
  /// What was said of every film.
  public let films: SplitEvaluation
  /// The patient of every film, or nil where patients are not known.
  ///
  /// A film whose patient alone is not known counts as a patient of its own.
  public let patients: [String]?
  /// All figures with their intervals.
  public let summary: EvaluationSummary

  /// Computes the figures of a set of films.
  ///
  /// - Parameters:
  ///   - films: What was said of every film.
  ///   - threshold: The probability of the positive class from which on a film counts as positive; that of the classifier by
  ///     default.
  ///   - patients: The patient of a film by its name, where patients are known.
  ///   - settings: How intervals are found.
  public init(
    _ films: SplitEvaluation, threshold: DecisionThreshold? = nil,
    patients: ((String) -> String?)? = nil, settings: EvaluationSummary.Settings = .init()
  ) {
    self.films = films
    self.patients = patients.map { patient in
      films.sampleNames.map { name in patient(name).map { "patient \($0)" } ?? "film \(name)" }
    }
    summary = EvaluationSummary(
      films.predictions, named: films.name, positiveClass: films.positiveIndex,
      threshold: threshold ?? DecisionThreshold(films.threshold),
      groups: self.patients ?? films.sampleNames.indices.map(String.init), settings: settings)
  }

  /// The patient of every film, or else a group of its own for each.
  public var groups: [String] { patients ?? films.sampleNames.indices.map(String.init) }

  /// The number of the class that sensitivity speaks of.
  public var positiveIndex: Int { films.positiveIndex }

  /// All figures as a text, after the loss of training.
  public var report: String {
    summary.text(samples: "images", groups: "patients") + "\n  cross-entropy, as in training: "
      + String(format: "%.4f", films.loss)
  }

  /// The class that a film is taken for, at the threshold of ``summary``.
  public var predictedClasses: [Int] {
    films.predictions.predictedClasses(
      threshold: summary.threshold, ofClass: films.positiveIndex)
  }

  /// A table with a row a film: set, file, classes, and the probability of each class.
  ///
  /// - Parameter header: Whether the names of the columns come first.
  public func csv(header: Bool = true) -> String {
    let predictions = films.predictions
    let names = predictions.classNames
    var rows: [[String]] = []
    if header {
      rows.append(
        ["set", "file", "patient", "actual", "predicted"] + names.map { "probability of \($0)" })
    }
    for (index, predicted) in predictedClasses.enumerated() {
      let patient = patients?[index] ?? ""
      rows.append(
        [
          films.name, films.sampleNames[index],
          patient.hasPrefix("patient ") ? String(patient.dropFirst(8)) : "",
          names[predictions.labels[index]], names[predicted],
        ] + predictions.probabilities(ofSample: index).map { "\($0)" })
    }
    return rows.map { $0.map(Self.field).joined(separator: ",") + "\n" }.joined()
  }

  /// A field of a table, in quotation marks where it needs them (RFC 4180).
  private static func field(_ text: String) -> String {
    let isPlain = !text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
