public import Evaluation
import Foundation

/// How a classifier does on one set of films, none of them augmented.
public struct SplitEvaluation: Sendable {
  /// What the films are, such as `"validation"`.
  public let name: String
  /// The mean binary cross-entropy.
  public let loss: Double
  /// The class that sensitivity speaks of.
  public let positiveClass: String
  /// The probability of the positive class from which on a film counts as positive.
  public let threshold: Double
  /// What the classifier said of every film.
  public let predictions: ClassifierPredictions
  /// What every film is called, such as its path, in the order of ``predictions``.
  public let sampleNames: [String]
  /// Actual classes against predicted ones.
  public let confusionMatrix: ConfusionMatrix

  /// - Precondition: There is one name a film, and two classes, of which one is the positive one.
  package init(
    name: String, loss: Double, positiveClass: String, threshold: Double,
    predictions: ClassifierPredictions, sampleNames: [String]
  ) {
    self.name = name
    self.loss = loss
    self.positiveClass = positiveClass
    self.threshold = threshold
    self.predictions = predictions
    self.sampleNames = sampleNames
    confusionMatrix = predictions.confusionMatrix(
      threshold: threshold, ofClass: predictions.classNames.firstIndex(of: positiveClass) ?? 0)
  }

  /// The number of films.
  public var count: Int { confusionMatrix.total }
  /// The share of films that were classified right.
  public var accuracy: Proportion { confusionMatrix.accuracy }
  /// The share of films of the positive class that were found.
  public var sensitivity: Proportion { confusionMatrix.sensitivity(ofClass: positiveIndex) }
  /// The share of films of the other class that were not taken for the positive one.
  public var specificity: Proportion { confusionMatrix.specificity(ofClass: positiveIndex) }

  /// The number of the positive class.
  var positiveIndex: Int {
    confusionMatrix.classNames.firstIndex(of: positiveClass) ?? 0
  }

  /// The three rates by name.
  var rates: [(name: String, rate: Proportion)] {
    [("accuracy", accuracy), ("sensitivity", sensitivity), ("specificity", specificity)]
  }

  /// The loss, the rates with their exact 95 % intervals, and the confusion matrix, one to a line.
  public var report: String {
    var lines = ["\(name), \(count) images, not augmented"]
    lines.append("  loss         " + String(format: "%.4f", loss))
    for (name, rate) in rates {
      let label = name.padding(toLength: 13, withPad: " ", startingAt: 0)
      lines.append("  \(label)\(SplitEvaluation.text(rate))")
    }
    lines.append("  (sensitivity to \(positiveClass); exact 95 % intervals)")
    lines += confusionMatrix.description.split(separator: "\n").map { "  \($0)" }
    return lines.joined(separator: "\n")
  }

  /// A rate with its counts and interval.
  static func text(_ rate: Proportion) -> String {
    guard rate.count > 0 else { return "undefined, no such images" }
    return "\(rate), \(rate.clopperPearsonInterval().percentDescription)"
  }
}
