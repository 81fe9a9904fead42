import Foundation
import Tensor

/// One number that makes a classifier's probabilities calibrated: `softmax(z / T)` instead of `softmax(z)`.
///
/// It changes no ranking of the classes, only how sure they are stated: `T > 1` less, `T < 1` more. Guo et al., ICML 2017.
public struct TemperatureScaling: Sendable, Hashable {
  /// `T`, positive.
  public let temperature: Double

  /// Scaling by a known temperature.
  ///
  /// - Precondition: `temperature` is positive and finite.
  public init(temperature: Double) {
    require(
      temperature > 0 && temperature.isFinite,
      "TemperatureScaling: needs a positive temperature, got \(temperature)")
    self.temperature = temperature
  }

  /// The temperature of the smallest mean negative log likelihood.
  ///
  /// That loss is convex in `1/T`. Whether it has a minimum at a positive `1/T` can be read from its slopes at 0 and at infinity;
  /// if so, it is found to rounding by Newton's method within a bracket.
  ///
  /// - Parameters:
  ///   - logits: One row a sample, one number a class. For a network with a single logit `z`: the rows `[0, z]`.
  ///   - labels: The actual classes. Use validation samples, not those that the network was trained on.
  /// - Returns: The scaling. Undefined when every sample is classified right (surer is always better), when the logits say
  ///   no more than chance (less sure is always better), and without samples.
  /// - Throws: `InvalidScores` when a logit is not finite.
  /// - Precondition: There is one label a row, each names a class, and all rows are equally long.
  public static func fitted(
    logits: [[Double]], labels: [Int]
  ) throws -> Statistic<TemperatureScaling> {
    require(
      logits.count == labels.count,
      "TemperatureScaling: \(logits.count) rows, but \(labels.count) labels")
    guard let classCount = logits.first?.count else {
      return .undefined(reason: "temperature: there are no samples")
    }
    for (sample, row) in logits.enumerated() {
      require(
        row.count == classCount && row.indices.contains(labels[sample]),
        "TemperatureScaling: sample \(sample) has \(row.count) logits and label \(labels[sample])")
      guard row.allSatisfy(\.isFinite) else {
        throw InvalidScores("sample \(sample): the logits \(row) are not all finite")
      }
    }
    // Slopes of the loss in β = 1/T: the expected logit under softmax(βz), less the logit of the truth.
    var (slopeAtZero, slopeAtInfinity) = (0.0, 0.0)
    for (row, label) in zip(logits, labels) {
      slopeAtZero += row.reduce(0, +) / Double(classCount) - row[label]
      slopeAtInfinity += (row.max() ?? 0) - row[label]
    }
    guard slopeAtZero < 0 else {
      return .undefined(reason: "temperature: the logits say no more of the classes than chance")
    }
    guard slopeAtInfinity > 0 else {
      return .undefined(reason: "temperature: every sample is classified right, so none is best")
    }
    return .defined(TemperatureScaling(temperature: 1 / root(logits, labels)))
  }

  /// The positive `β` at which the slope of the convex loss is zero.
  private static func root(_ logits: [[Double]], _ labels: [Int]) -> Double {
    var (low, high) = (0.0, Double.infinity)
    var beta = 1.0
    // Doubling or halving reaches any double in 1100 steps, as does halving a bracket; Newton needs about ten.
    for _ in 0..<2400 {
      let (slope, curvature) = derivatives(logits, labels, beta)
      if slope == 0 { return beta }
      if slope < 0 { low = beta } else { high = beta }
      var next = beta - slope / curvature
      if !(next > low && next < high) {
        next = high == .infinity ? 2 * beta : 0.5 * (low + high)
      } else if abs(next - beta) <= 4 * beta.ulp {
        return next
      }
      if next <= low || next >= high { return beta }
      beta = next
    }
    return beta
  }

  /// The first two derivatives of the summed loss in `β`: mean less truth, and variance, of the logits under `softmax(βz)`.
  private static func derivatives(
    _ logits: [[Double]], _ labels: [Int], _ beta: Double
  ) -> (slope: Double, curvature: Double) {
    var (slope, curvature) = (0.0, 0.0)
    for (row, label) in zip(logits, labels) {
      let weights = softmax(row, scaledBy: beta)
      // Deviations from the true logit keep the difference exact where the truth is nearly certain.
      let mean = zip(weights, row).reduce(0) { $0 + $1.0 * ($1.1 - row[label]) }
      slope += mean
      curvature += zip(weights, row).reduce(0) {
        $0 + $1.0 * ($1.1 - row[label] - mean) * ($1.1 - row[label] - mean)
      }
    }
    return (slope, curvature)
  }

  /// The calibrated probabilities, `softmax(logits / T)`, of one sample.
  public func probabilities(logits: [Double]) -> [Double] {
    Self.softmax(logits, scaledBy: 1 / temperature)
  }

  private static func softmax(_ logits: [Double], scaledBy beta: Double) -> [Double] {
    let maximum = logits.max() ?? 0
    let powers = logits.map { exp(beta * ($0 - maximum)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
