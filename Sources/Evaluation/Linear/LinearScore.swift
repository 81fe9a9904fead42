import Foundation
public import Tensor

/// A score that is linear in a sample's features, `x · w + b`, fitted with a penalty on the weights.
///
/// For baselines: what a network's figures are worth shows beside those of the simplest models on the simplest features.
/// Both fits have one solution, and depend on no random number. More features than samples are welcome.
///
/// ```swift
/// let score = try LinearScore.ridge(features: training, targets: [1, -1, 1], penalty: 1)
/// let values = score.values(for: validation)
/// ```
public struct LinearScore: Sendable, Hashable {
  /// `w`, one weight a feature.
  public let weights: [Double]
  /// `b`.
  public let intercept: Double

  /// The score of these weights.
  public init(weights: [Double], intercept: Double) {
    self.weights = weights
    self.intercept = intercept
  }

  /// The scores of samples.
  ///
  /// - Parameter features: Of shape `[samples, features]`.
  public func values(for features: Tensor<Double>) -> [Double] {
    require(
      features.rank == 2 && features.shape[1] == weights.count,
      "LinearScore.values: needs shape [samples, \(weights.count)], got \(features.shape)")
    let column = Tensor(weights, shape: [weights.count, 1])
    return features.matrixProduct(column).scalars.map { $0 + intercept }
  }

  /// The least squares fit with a penalty (Hoerl and Kennard 1970): the minimum of `Σ (y − x·w − b)² + λ |w|²`.
  ///
  /// The intercept is not penalized. scikit-learn's `Ridge(alpha: λ)`.
  ///
  /// - Parameters:
  ///   - features: Of shape `[samples, features]`, at least one of each.
  ///   - targets: `y`, one a sample.
  ///   - penalty: `λ`, positive, in units of the features squared: scale the features first.
  /// - Throws: `InvalidFeatures` where a feature or a target is not finite.
  public static func ridge(
    features: Tensor<Double>, targets: [Double], penalty: Double
  ) throws -> LinearScore {
    let problem = try LinearProblem(features, penalty, "LinearScore.ridge", targets: targets.count)
    guard targets.allSatisfy(\.isFinite) else { throw InvalidFeatures("a target is not finite") }
    let mean = targets.reduce(0, +) / Double(targets.count)
    let centred = Tensor(targets.map { $0 - mean }, shape: [targets.count, 1])
    let (z, transposed) = (problem.features, problem.features.transposed())
    var matrix = SymmetricMatrix(transposed.matrixProduct(z))
    matrix.addToDiagonal(penalty)
    let solution = try matrix.solved(for: transposed.matrixProduct(centred).scalars)
    return problem.score(solution, intercept: mean)
  }

  /// Logistic regression with a penalty: the minimum of `Σ log(1 + exp(−s(x·w + b))) + ½ λ |w|²`, `s` being ±1.
  ///
  /// `values` are the logarithms of the odds. The intercept is not penalized. scikit-learn's `LogisticRegression(C: 1/λ)`.
  /// By Newton's method, halving steps that go too far.
  ///
  /// - Parameters:
  ///   - features: Of shape `[samples, features]`, at least one of each.
  ///   - isPositive: Whether `s` is 1, sample by sample.
  ///   - penalty: `λ`, positive, in units of the features squared: scale the features first.
  /// - Throws: `InvalidFeatures` where a feature is not finite, or all samples are of one kind.
  public static func logistic(
    features: Tensor<Double>, isPositive: [Bool], penalty: Double
  ) throws -> LinearScore {
    let problem = try LinearProblem(
      features, penalty, "LinearScore.logistic", targets: isPositive.count)
    guard isPositive.contains(true), isPositive.contains(false) else {
      throw InvalidFeatures("all samples are of one kind, so there is nothing to tell apart")
    }
    let truth = isPositive.map { $0 ? 1.0 : 0.0 }
    let z = problem.features
    let count = z.shape[1]
    // The weights, and the intercept behind them.
    var point = [Double](repeating: 0, count: count + 1)
    var loss = problem.logisticLoss(at: point, truth)
    for _ in 0..<200 {
      let step = try problem.newtonStep(at: point, truth)
      var fraction = 1.0
      var next = point
      while fraction > 1e-10 {
        next = zip(point, step.direction).map { $0 - fraction * $1 }
        let nextLoss = problem.logisticLoss(at: next, truth)
        if nextLoss <= loss - 1e-4 * fraction * step.decrement {
          loss = nextLoss
          break
        }
        fraction /= 2
      }
      // So near the minimum, rounding hides whether a step goes down; it is a good one still.
      let isLast = step.decrement <= 1e-13 * max(1, loss)
      point = isLast ? zip(point, step.direction).map { $0 - $1 } : next
      if isLast || fraction <= 1e-10 { break }
    }
    return problem.score(Array(point.dropLast()), intercept: point[count])
  }
}

/// Features that no model can be fitted to, such as one that is not a number.
public struct InvalidFeatures: Error, Hashable, CustomStringConvertible {
  /// What was expected and what came.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Centred features, with no more columns than there are samples.
private struct LinearProblem {
  /// Of shape `[samples, columns]`.
  let features: Tensor<Double>
  private let means: [Double]
  /// Leads from weights of `features` to weights of the features as they came, where the two differ.
  private let basis: Tensor<Double>?
  private let penalty: Double

  init(_ features: Tensor<Double>, _ penalty: Double, _ name: String, targets: Int) throws {
    require(
      features.rank == 2 && features.shape[0] == targets && features.count > 0,
      "\(name): needs shape [\(targets), features] with at least one, got \(features.shape)")
    require(
      penalty > 0 && penalty.isFinite, "\(name): needs a positive penalty, got \(penalty)")
    if let index = features.scalars.firstIndex(where: { !$0.isFinite }) {
      let (row, column) = (index / features.shape[1], index % features.shape[1])
      throw InvalidFeatures("feature \(column) of sample \(row) is not finite")
    }
    let mean = features.mean(alongAxis: 0, keepingDimensions: true)
    let centred = features - mean
    means = mean.scalars
    self.penalty = penalty
    guard features.shape[1] > features.shape[0] else {
      (self.features, basis) = (centred, nil)
      return
    }
    // Weights at right angles to all samples would only cost. With Xᵀ = Q R, let w = Q v: then X w = Rᵀ v and |w| = |v|.
    let (q, r) = try centred.transposed().qr()
    (self.features, basis) = (r.transposed().contiguous(), q)
  }

  /// The score of weights for `features` and an intercept for centred features.
  func score(_ solution: [Double], intercept: Double) -> LinearScore {
    let column = Tensor(solution, shape: [solution.count, 1])
    let weights = basis.map { $0.matrixProduct(column).scalars } ?? solution
    let shift = zip(weights, means).reduce(0) { $0 + $1.0 * $1.1 }
    return LinearScore(weights: weights, intercept: intercept - shift)
  }

  private func logits(at point: [Double]) -> [Double] {
    LinearScore(weights: Array(point.dropLast()), intercept: point[point.count - 1])
      .values(for: features)
  }

  func logisticLoss(at point: [Double], _ truth: [Double]) -> Double {
    var sum = point.dropLast().reduce(0) { $0 + $1 * $1 } * 0.5 * penalty
    for (logit, truth) in zip(logits(at: point), truth) {
      // log(1 + exp(−s x)), without overflow.
      let margin = truth > 0 ? logit : -logit
      sum += max(0, -margin) + log1p(exp(-abs(margin)))
    }
    return sum
  }

  /// `H⁻¹ g`, and `gᵀ H⁻¹ g`, which is twice what a full step would gain were the loss quadratic.
  func newtonStep(
    at point: [Double], _ truth: [Double]
  ) throws -> (direction: [Double], decrement: Double) {
    let samples = truth.count
    let probabilities = logits(at: point).map { 1 / (1 + exp(-$0)) }
    let errors = zip(probabilities, truth).map { $0 - $1 }
    let curvatures = probabilities.map { $0 * (1 - $0) }
    // A column of ones for the intercept, which has no penalty.
    let ones = Tensor<Double>(repeating: 1, shape: [samples, 1])
    let extended = Tensor.concatenated([features, ones], alongAxis: 1)
    let weighted = extended * Tensor(curvatures, shape: [samples, 1])
    var hessian = SymmetricMatrix(weighted.transposed().matrixProduct(extended))
    hessian.addToDiagonal(penalty, first: point.count - 1)
    var gradient =
      extended.transposed().matrixProduct(Tensor(errors, shape: [samples, 1])).scalars
    for index in 0..<point.count - 1 { gradient[index] += penalty * point[index] }
    let direction = try hessian.solved(for: gradient)
    return (direction, zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
