import Foundation
import Tensor

extension ClassifierPredictions {
  /// Logits that `softmax` turns into these probabilities, `log p`.
  ///
  /// - Parameter bound: Probabilities below it count as this one, since a saturated 0 has no logarithm; 1e-7, where training
  ///   clips them too, by default.
  /// - Precondition: `bound` lies strictly between 0 and 1.
  public func logits(clippedTo bound: Double = 1e-7) -> [[Double]] {
    require(bound > 0 && bound < 1, "logits: needs a bound between 0 and 1, got \(bound)")
    return labels.indices.map { sample in
      probabilities(ofSample: sample).map { log(max($0, bound)) }
    }
  }

  /// The same samples with the probabilities that a temperature makes of these.
  ///
  /// No ranking of classes changes; a threshold other than one half would have to change with them.
  public func scaled(by scaling: TemperatureScaling) -> ClassifierPredictions {
    ClassifierPredictions(
      uncheckedProbabilities: logits().flatMap(scaling.probabilities(logits:)), labels: labels,
      classNames: classNames)
  }
}

extension TemperatureScaling {
  /// The temperature of the smallest mean negative log likelihood of these probabilities.
  ///
  /// See `fitted(logits:labels:)`; the logits are `predictions.logits()`.
  public static func fitted(to predictions: ClassifierPredictions) -> Statistic<TemperatureScaling>
  {
    do {
      return try fitted(logits: predictions.logits(), labels: predictions.labels)
    } catch {
      // Logarithms of numbers in 1e-7...1 are finite, so this is out of reach.
      return .undefined(reason: "\(error)")
    }
  }
}
