import Foundation

/// The rates of one class against the rest.
extension ConfusionMatrix {
  /// The share of all samples that were classified right.
  public var accuracy: Proportion {
    Proportion(classNames.indices.reduce(0) { $0 + counts[$1][$1] }, of: total)
  }

  /// The share of the samples of a class that were found: `TP / (TP + FN)`.
  ///
  /// Also called recall.
  public func sensitivity(ofClass index: Int) -> Proportion {
    Proportion(self[actual: index, predicted: index], of: actualCount(ofClass: index))
  }

  /// The share of the samples of other classes that were not taken for the class: `TN / (TN + FP)`.
  ///
  /// With more than two classes, mistakes among the others do not count.
  public func specificity(ofClass index: Int) -> Proportion {
    let others = total - actualCount(ofClass: index)
    let falsePositives = predictedCount(ofClass: index) - counts[index][index]
    return Proportion(others - falsePositives, of: others)
  }

  /// The share right of the samples taken for a class: `TP / (TP + FP)`.
  ///
  /// Also called positive predictive value.
  ///
  /// It depends on how common the class is. A test set of equal halves flatters it.
  public func precision(ofClass index: Int) -> Proportion {
    Proportion(self[actual: index, predicted: index], of: predictedCount(ofClass: index))
  }

  /// The share right of the samples not taken for a class: `TN / (TN + FN)`.
  public func negativePredictiveValue(ofClass index: Int) -> Proportion {
    let rejected = total - predictedCount(ofClass: index)
    let falseNegatives = actualCount(ofClass: index) - counts[index][index]
    return Proportion(rejected - falseNegatives, of: rejected)
  }

  /// The harmonic mean of precision and sensitivity, `2 TP / (2 TP + FP + FN)`.
  ///
  /// Not a share of independent cases, so it has no binomial interval: use `Bootstrap`.
  ///
  /// - Returns: A number in `0...1`, or nil when the class neither occurs nor was predicted.
  public func f1(ofClass index: Int) -> Double? {
    let sum = actualCount(ofClass: index) + predictedCount(ofClass: index)
    return sum == 0 ? nil : Double(2 * counts[index][index]) / Double(sum)
  }

  /// The mean of the classes' sensitivities, or nil when a class has no sample.
  ///
  /// Unlike accuracy it does not gain from always naming the most common class.
  public var balancedAccuracy: Double? {
    mean { sensitivity(ofClass: $0).value }
  }

  /// The mean of the classes' F1, or nil when one of them is not defined.
  public var macroF1: Double? {
    mean { f1(ofClass: $0) }
  }

  /// The rates of one class against the rest as a table, each rate with counts and exact interval.
  ///
  /// - Parameters:
  ///   - index: The class that sensitivity, specificity and precision are about, such as the disease.
  ///   - level: The level of the Clopper–Pearson intervals, strictly between 0 and 1.
  public func summary(ofClass index: Int, level: Double = 0.95) -> String {
    let rates = [
      ("accuracy", accuracy), ("sensitivity", sensitivity(ofClass: index)),
      ("specificity", specificity(ofClass: index)), ("precision", precision(ofClass: index)),
    ]
    let intervalName = String(format: "%g %% interval", 100 * level)
    var lines = ["positive class: \(classNames[index])"]
    for (name, rate) in rates {
      let interval = rate.clopperPearsonInterval(level: level).percentDescription
      lines.append(
        name.padded(to: 19) + rate.description.padded(to: 19)
          + (rate.count == 0 ? "" : "\(intervalName) \(interval)"))
    }
    for (name, value) in [("F1", f1(ofClass: index)), ("balanced accuracy", balancedAccuracy)] {
      lines.append(
        name.padded(to: 19) + (value.map { String(format: "%.3f", $0) } ?? "undefined"))
    }
    return lines.joined(separator: "\n")
  }

  private func mean(_ value: (Int) -> Double?) -> Double? {
    var sum = 0.0
    for index in classNames.indices {
      guard let term = value(index) else { return nil }
      sum += term
    }
    return sum / Double(classCount)
  }
}
