import Autograd
import Layers
import Optim
import Tensor
import TestSupport
import Testing

/// Batch normalization against PyTorch and Keras.
@Suite("Golden batch normalization")
struct GoldensNormalizationTests {
  static let names = (try? Golden(named: "normalization").cases()) ?? []

  private func layer<Scalar: DifferentiableScalar>(
    _ name: String, momentum: Scalar = 0.99
  ) throws -> BatchNorm<Scalar> {
    let golden = try Golden(named: "normalization")
    var norm = BatchNorm<Scalar>(
      channels: try golden.tensor("\(name)/gamma", as: Scalar.self).count, momentum: momentum,
      epsilon: Scalar(try golden.scalar("\(name)/epsilon")))
    try norm.fill(
      from: golden, prefix: name,
      names: [
        ("scale", "gamma"), ("offset", "beta"), ("runningMean", "runningMean"),
        ("runningVariance", "runningVariance"),
      ])
    return norm
  }

  private func check<Scalar: DifferentiableScalar>(_ name: String, _ type: Scalar.Type) throws {
    let golden = try Golden(named: "normalization")
    let norm: BatchNorm<Scalar> = try layer(name)
    for mode in ["training", "inference"] {
      var context = LayerCase.context(isTraining: mode == "training")
      let input = Variable(tracking: try golden.tensor("\(name)/input", as: Scalar.self))
      let output = norm(input, in: &context)
      let gradients = try output.gradients(upstream: golden.tensor("\(name)/\(mode)/upstream"))
      func compare(_ value: Tensor<Scalar>?, _ key: String) throws {
        let expected = try golden.tensor("\(name)/\(key)", as: Scalar.self)
        let error = try #require(value, "\(key)").relativeError(to: expected)
        #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
      }
      try compare(output.value, "\(mode)/output")
      try compare(gradients[input], "\(mode)/gradient/input")
      try compare(gradients[norm.scale], "\(mode)/gradient/gamma")
      try compare(gradients[norm.offset], "\(mode)/gradient/beta")
      if mode == "training" {
        try compare(context.recordedValue(for: norm.runningMean), "keras/runningMean")
        try compare(context.recordedValue(for: norm.runningVariance), "keras/runningVariance")
      }
    }
  }

  @Test(
    "agrees in output, gradients and running statistics, means of 1000 included", arguments: names)
  func agrees(name: String) throws {
    try check(name, Double.self)
    try check(name, Float.self)
  }

  @Test("a momentum of zero keeps the statistics of the last batch", arguments: names)
  func batchStatistics(name: String) throws {
    let golden = try Golden(named: "normalization")
    var norm: BatchNorm<Double> = try layer(name, momentum: 0)
    var optimizer = SGD<Double>()
    let input = try golden.tensor("\(name)/input", as: Double.self)
    var context = LayerCase.context(isTraining: true)
    let loss = norm(Variable(input), in: &context).sum()
    optimizer.update(&norm, along: loss.gradients(), in: context)
    for (statistic, key) in [
      (norm.runningMean, "batchMean"), (norm.runningVariance, "batchVariance"),
    ] {
      try #expect(
        statistic.value.relativeError(to: golden.tensor("\(name)/\(key)"))
          <= Double.goldenTolerance)
    }
  }

  @Test("PyTorch's running variance is another: it divides by one less")
  func pytorchVariance() throws {
    let golden = try Golden(named: "normalization")
    let norm: BatchNorm<Double> = try layer("rows", momentum: 0.9)
    var context = LayerCase.context(isTraining: true)
    let input = try golden.tensor("rows/input", as: Double.self)
    _ = norm(Variable(input), in: &context)
    let (mean, variance) = (
      try #require(context.recordedValue(for: norm.runningMean)),
      try #require(context.recordedValue(for: norm.runningVariance))
    )
    try #expect(mean.relativeError(to: golden.tensor("rows/pytorch/runningMean")) <= 1e-12)
    try #expect(variance.relativeError(to: golden.tensor("rows/pytorch/runningVariance")) > 1e-3)
  }

  @Test("all cases of the file take part")
  func isComplete() { #expect(Self.names == ["images", "offset", "rows"]) }
}
