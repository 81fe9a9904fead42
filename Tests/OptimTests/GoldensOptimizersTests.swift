import Autograd
import Optim
import Tensor
import TestSupport
import Testing

/// A hundred steps of every optimizer against PyTorch's and Keras'.
@Suite("Golden optimizers")
struct GoldensOptimizersTests {
  /// The rules that ours are.
  ///
  /// Momentum in Keras' form is ours as long as the learning rate stays, and so is weight decay
  /// beside the gradient as long as there is no momentum.
  static let names = [
    "sgd", "sgd.weightDecay.keras", "sgd.weightDecay.pytorch", "momentum.keras", "momentum.pytorch",
    "momentum.pytorch.decaying", "momentum.weightDecay.pytorch", "nesterov.keras",
    "nesterov.pytorch", "nesterov.pytorch.decaying", "nesterov.weightDecay.pytorch",
    "adam.keras", "adam.keras.decaying", "adam.keras.largeEpsilon", "adam.keras.otherBetas",
    "adam.pytorch", "adam.pytorch.decaying", "adam.pytorch.largeEpsilon",
    "adam.pytorch.otherBetas", "adamW.pytorch",
  ]
  /// The rules that ours are not: Keras puts the learning rate inside the velocity, keeps weight decay out of it, and adds ε
  /// before the correction in AdamW.
  static let others = [
    "momentum.keras.decaying", "nesterov.keras.decaying", "momentum.weightDecay.keras",
    "nesterov.weightDecay.keras", "adamW.keras",
  ]

  private func optimizer<Scalar: DifferentiableScalar>(
    _ name: String, _ golden: Golden
  ) throws -> any Optimizer<Scalar> {
    func option(_ key: String, or value: Double = 0) throws -> Scalar {
      let path = "\(name)/\(key)"
      return Scalar(golden.contains(path) ? try golden.scalar(path) : value)
    }
    // Where the rate changes it is set before each step.
    let rate = try option("learningRate", or: 1)
    switch name.split(separator: ".")[0] {
    case "adam":
      return Adam<Scalar>(
        learningRate: rate, beta1: try option("beta1"), beta2: try option("beta2"),
        epsilon: try option("epsilon"),
        epsilonPlacement: name.contains(".keras") ? .beforeCorrection : .afterCorrection)
    case "adamW":
      return AdamW<Scalar>(
        learningRate: rate, beta1: try option("beta1"), beta2: try option("beta2"),
        epsilon: try option("epsilon"), weightDecay: try option("weightDecay"))
    default:
      return SGD<Scalar>(
        learningRate: rate, momentum: try option("momentum"),
        isNesterov: name.hasPrefix("nesterov"), weightDecay: try option("weightDecay"))
    }
  }

  /// The errors of all parameters after 1, 10 and 100 steps: of the values, and of how far they moved.
  private func errors<Scalar: DifferentiableScalar>(
    _ name: String, _ type: Scalar.Type
  ) throws -> [(key: String, value: Double, movement: Double)] {
    let golden = try Golden(named: "optimizers")
    let start: [Tensor<Scalar>] = try (0..<4).map { try golden.tensor("start/\($0)") }
    let gradients: [Tensor<Scalar>] = try (0..<4).map { try golden.tensor("gradients/\($0)") }
    let rates =
      name.hasSuffix(".decaying")
      ? try golden.tensor("\(name)/learningRates", as: Scalar.self).scalars : []
    var optimizer: any Optimizer<Scalar> = try optimizer(name, golden)
    var weights = Weights(start)
    var result: [(key: String, value: Double, movement: Double)] = []
    for step in 0..<100 {
      if !rates.isEmpty { optimizer.learningRate = rates[step] }
      optimizer.step(&weights, along: gradients.map { $0[step] })
      #expect(optimizer.stepCount == step + 1)
      for p in 0..<4 where [1, 10, 100].contains(step + 1) {
        let key = "\(name)/\(step + 1)/\(p)"
        let expected: Tensor<Scalar> = try golden.tensor(key)
        let value = weights.list[p].value
        let moved = (value - start[p]).relativeError(to: expected - start[p])
        result.append((key, value.relativeError(to: expected), moved))
      }
    }
    return result
  }

  @Test("agree after 1, 10 and 100 steps", arguments: names)
  func agrees(name: String) throws {
    for (key, value, movement) in try errors(name, Double.self) {
      #expect(value <= Double.goldenTolerance, "\(key), error \(value)")
      // Gradients of 1e-8 move a weight of 1 by 1e-9 a step: of that movement, seven digits are there to be compared.
      #expect(movement <= 1e-6, "\(key), movement \(movement)")
    }
    for (key, value, _) in try errors(name, Float.self) {
      #expect(value <= Float.goldenTolerance, "\(key) in Float, error \(value)")
    }
  }

  @Test("the forms that ours are not give other values", arguments: others)
  func differs(name: String) throws {
    let largest = try errors(name, Double.self).map(\.value).max() ?? 0
    #expect(largest > 1e-6)
  }

  @Test("all cases of the file take part")
  func isComplete() throws {
    let cases = try Golden(named: "optimizers").cases().filter {
      $0 != "start" && $0 != "gradients"
    }
    #expect(cases == (Self.names + Self.others).sorted())
  }
}
