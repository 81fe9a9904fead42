import Foundation
import Tensor

/// What a classifier of two or more classes said of samples whose class is known: a probability for every class.
public struct ClassifierPredictions: Sendable, Hashable {
  /// The name of every class, by index.
  public let classNames: [String]
  /// The actual class of every sample.
  public let labels: [Int]
  /// The probabilities, sample by sample, of shape `[samples, classes]` in row-major order.
  public let probabilities: [Double]

  /// Probabilities of every class, with the actual classes.
  ///
  /// - Parameters:
  ///   - probabilities: One row a sample, one number in `0...1` a class. A row sums to 1 within 1e-3, which single precision
  ///     keeps with room to spare.
  ///   - labels: The index of the actual class of every sample.
  ///   - classNames: Two names or more.
  /// - Throws: `InvalidScores` when a number is no probability, or a row does not sum to 1.
  /// - Precondition: There is one label a row, each names a class, and each row has one number a class.
  public init(probabilities: [[Double]], labels: [Int], classNames: [String]) throws {
    require(
      probabilities.count == labels.count,
      "ClassifierPredictions: \(probabilities.count) rows, but \(labels.count) labels")
    require(
      classNames.count >= 2, "ClassifierPredictions: needs two or more classes, got \(classNames)")
    for (sample, row) in probabilities.enumerated() {
      require(
        row.count == classNames.count,
        "ClassifierPredictions: \(row.count) numbers for sample \(sample), not \(classNames.count)")
      require(
        classNames.indices.contains(labels[sample]),
        "ClassifierPredictions: sample \(sample) has label \(labels[sample]), not one of \(classNames)"
      )
      guard row.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
        throw InvalidScores("sample \(sample): \(row) are not probabilities in 0...1")
      }
      let sum = row.reduce(0, +)
      guard abs(sum - 1) <= 1e-3 else {
        throw InvalidScores("sample \(sample): the probabilities \(row) sum to \(sum), not 1")
      }
    }
    self.init(
      uncheckedProbabilities: probabilities.flatMap { $0 }, labels: labels, classNames: classNames)
  }

  /// Probabilities of one of two classes, with the actual classes.
  ///
  /// - Parameters:
  ///   - probabilities: The probability of class `index` for every sample, in `0...1`.
  ///   - index: 0 or 1: the class that `probabilities` are of. The article's network, for one, gives that of class 1.
  ///   - labels: The index of the actual class of every sample.
  ///   - classNames: Two names.
  /// - Throws: `InvalidScores` when a number is no probability.
  /// - Precondition: There is one label a probability, 0 or 1, and there are two class names.
  public init(
    probabilities: [Double], ofClass index: Int, labels: [Int], classNames: [String]
  ) throws {
    require(
      classNames.count == 2 && (0...1).contains(index),
      "ClassifierPredictions: one probability a sample needs two classes, got \(classNames)")
    try self.init(
      probabilities: probabilities.map { index == 0 ? [$0, 1 - $0] : [1 - $0, $0] },
      labels: labels, classNames: classNames)
  }

  init(uncheckedProbabilities: [Double], labels: [Int], classNames: [String]) {
    self.classNames = classNames
    self.labels = labels
    self.probabilities = uncheckedProbabilities
  }

  /// The number of samples.
  public var count: Int { labels.count }
  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The probabilities of one sample, by class.
  public func probabilities(ofSample sample: Int) -> ArraySlice<Double> {
    require(labels.indices.contains(sample), "probabilities: no sample \(sample) among \(count)")
    return probabilities[sample * classCount..<(sample + 1) * classCount]
  }

  /// The probability of one class, sample by sample.
  public func probabilities(ofClass index: Int) -> [Double] {
    requireClass(index, "probabilities")
    return labels.indices.map { probabilities[$0 * classCount + index] }
  }

  /// The most probable class of every sample, the first among equals.
  public var predictedClasses: [Int] {
    labels.indices.map { sample in
      let row = probabilities(ofSample: sample)
      var best = row.startIndex
      for index in row.indices where row[index] > row[best] { best = index }
      return best - row.startIndex
    }
  }

  /// Whether the most probable class is the actual one, sample by sample.
  public var isCorrect: [Bool] { zip(predictedClasses, labels).map { $0 == $1 } }

  /// The confusion matrix of the most probable classes.
  public func confusionMatrix() -> ConfusionMatrix {
    ConfusionMatrix(actual: labels, predicted: predictedClasses, classNames: classNames)
  }

  /// The confusion matrix of two classes when `index` is called from a probability of `threshold` on.
  ///
  /// - Precondition: There are two classes, and `index` is one of them.
  public func confusionMatrix(threshold: Double, ofClass index: Int) -> ConfusionMatrix {
    require(classCount == 2, "confusionMatrix(threshold:): needs two classes, got \(classNames)")
    let predicted = probabilities(ofClass: index).map { $0 >= threshold ? index : 1 - index }
    return ConfusionMatrix(actual: labels, predicted: predicted, classNames: classNames)
  }

  /// One class against the rest, for curves and areas.
  public func binaryScores(ofClass index: Int) -> BinaryScores {
    BinaryScores(ranked: probabilities(ofClass: index), isPositive: labels.map { $0 == index })
  }

  /// The samples at `indices`, in that order and as often as they are named there.
  ///
  /// - Precondition: Every index names a sample.
  public func selecting(_ indices: [Int]) -> ClassifierPredictions {
    ClassifierPredictions(
      uncheckedProbabilities: indices.flatMap { probabilities(ofSample: $0) },
      labels: indices.map { labels[$0] }, classNames: classNames)
  }

  /// The Brier score, the mean squared distance of the probabilities from the truth, or nil without samples.
  ///
  /// For two classes the mean of `(p − y)²` for one of them, in `0...1`; for more the sum over all classes, in `0...2`, as
  /// Brier (1950) wrote it. Lower is better. scikit-learn draws the same line.
  public var brierScore: Double? {
    guard count > 0 else { return nil }
    var sum = 0.0
    for sample in labels.indices {
      for (index, probability) in probabilities(ofSample: sample).enumerated() {
        let difference = probability - (labels[sample] == index ? 1 : 0)
        sum += difference * difference
      }
    }
    return sum / Double(count) / (classCount == 2 ? 2 : 1)
  }

  /// The mean negative logarithm of the actual class's probability, or nil without samples.
  ///
  /// Infinite where an actual class was given a probability of 0.
  public var logLoss: Double? {
    count == 0 ? nil : logLosses.reduce(0, +) / Double(count)
  }

  /// `−log p` of the actual class, sample by sample.
  var logLosses: [Double] {
    labels.indices.map { -log(probabilities[$0 * classCount + labels[$0]]) }
  }

  func requireClass(_ index: Int, _ operation: String) {
    require(
      classNames.indices.contains(index),
      "ClassifierPredictions.\(operation): no class \(index) among \(classNames)")
  }
}
