import Foundation
public import Tensor

/// A classifier of two or more classes by linear scores of scaled features: a baseline.
///
/// Every class has a score against the rest, and the highest one decides. Features are scaled to mean 0 and deviation 1, as
/// they have in the training samples, or left as they are.
///
/// ```swift
/// let baseline = try LinearClassifier(.logistic(penalty: 1), features: training, labels: labels, classCount: 2)
/// let scores = try BinaryScores(baseline.scores(ofClass: 1, for: validation), isPositive: truth)
/// ```
public struct LinearClassifier: Sendable, Hashable {
  /// How scores are fitted.
  public enum Method: Sendable, Hashable {
    /// Least squares with ±1 as targets. See `LinearScore.ridge`.
    case ridge(penalty: Double)
    /// Logistic regression. See `LinearScore.logistic`.
    case logistic(penalty: Double)
  }

  /// The score of every class, in units of the scaled features.
  public let scores: [LinearScore]
  private let scaling: FeatureScaling

  /// Fits a classifier.
  ///
  /// - Parameters:
  ///   - method: How scores are fitted.
  ///   - features: Of shape `[samples, features]`, at least one of each.
  ///   - labels: The class of every sample, in `0..<classCount`.
  ///   - classCount: Two or more. A class without samples gets a score that never wins.
  ///   - standardized: Whether every feature is divided by its deviation. Pixels of one picture are better left as they are,
  ///     so that those that hardly vary stay small.
  /// - Throws: `InvalidFeatures` where a feature is not finite, or all samples are of one class.
  public init(
    _ method: Method, features: Tensor<Double>, labels: [Int], classCount: Int,
    standardized: Bool = true
  ) throws {
    require(classCount >= 2, "LinearClassifier: needs two or more classes, got \(classCount)")
    require(
      labels.allSatisfy((0..<classCount).contains),
      "LinearClassifier: a label is outside 0..<\(classCount)")
    let scaling = FeatureScaling(features, standardized: standardized)
    let scaled = scaling.scaled(features)
    guard Set(labels).count >= 2 else {
      throw InvalidFeatures("all samples are of one class, so there is nothing to tell apart")
    }
    func fit(_ label: Int) throws -> LinearScore {
      let isPositive = labels.map { $0 == label }
      guard isPositive.contains(true) else {
        return LinearScore(
          weights: [Double](repeating: 0, count: scaled.shape[1]), intercept: -.infinity)
      }
      switch method {
      case .ridge(let penalty):
        return try .ridge(
          features: scaled, targets: isPositive.map { $0 ? 1 : -1 }, penalty: penalty)
      case .logistic(let penalty):
        return try .logistic(features: scaled, isPositive: isPositive, penalty: penalty)
      }
    }
    if classCount == 2 {
      let second = try fit(1)
      let first = LinearScore(weights: second.weights.map { -$0 }, intercept: -second.intercept)
      scores = [first, second]
    } else {
      scores = try (0..<classCount).map(fit)
    }
    self.scaling = scaling
  }

  /// The score of one class, sample by sample: the higher, the more likely.
  ///
  /// - Parameters:
  ///   - index: The class.
  ///   - features: Of shape `[samples, features]`, as many features as there were to fit.
  public func scores(ofClass index: Int, for features: Tensor<Double>) -> [Double] {
    require(
      scores.indices.contains(index),
      "LinearClassifier.scores: no class \(index) among \(scores.count)")
    return scores[index].values(for: scaling.scaled(features))
  }

  /// The class of the highest score, sample by sample, the last one among equals.
  public func predictedClasses(for features: Tensor<Double>) -> [Int] {
    let scaled = scaling.scaled(features)
    let rows = scores.map { $0.values(for: scaled) }
    return (0..<features.shape[0]).map { sample in
      var best = 0
      for index in rows.indices where rows[index][sample] >= rows[best][sample] { best = index }
      return best
    }
  }
}

/// What takes features to mean 0 and deviation 1, or leaves them.
private struct FeatureScaling: Sendable, Hashable {
  private let means: [Double]
  private let factors: [Double]

  init(_ features: Tensor<Double>, standardized: Bool) {
    require(
      features.rank == 2 && features.count > 0,
      "LinearClassifier: needs shape [samples, features] with at least one, got \(features.shape)")
    let width = features.shape[1]
    guard standardized else {
      means = [Double](repeating: 0, count: width)
      factors = [Double](repeating: 1, count: width)
      return
    }
    let mean = features.mean(alongAxis: 0, keepingDimensions: true)
    let centred = features - mean
    let variances = (centred * centred).mean(alongAxis: 0).scalars
    means = mean.scalars
    // A feature that is always the same, but for rounding, tells nothing and has no deviation to divide by.
    factors = zip(variances, means).map { variance, mean in
      let deviation = variance.squareRoot()
      return deviation > 1e-12 * abs(mean) ? 1 / deviation : 0
    }
  }

  func scaled(_ features: Tensor<Double>) -> Tensor<Double> {
    require(
      features.rank == 2 && features.shape[1] == means.count,
      "LinearClassifier: needs shape [samples, \(means.count)], got \(features.shape)")
    let row = [1, means.count]
    return (features - Tensor(means, shape: row)) * Tensor(factors, shape: row)
  }
}
