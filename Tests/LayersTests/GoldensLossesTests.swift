import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Losses against those of Keras, which PyTorch agrees with: the mean, every element, and the gradient.
@Suite("Golden losses")
struct GoldensLossesTests {
  static let names = (try? Golden(named: "losses").cases()) ?? []
  /// Cases whose probabilities lie so near to 0 or 1 that `Float` cannot tell them from the clip; in `Double` alone.
  static let doubleOnly: Set = [
    "binaryCrossEntropy.probabilities", "binaryCrossEntropy.probabilities.near",
    "binaryCrossEntropy.border",
  ]
  /// Where 1 − 1e-7 is 1 − 2⁻²³, a hundredth away from what it is in `Double`.
  static let floatOnly: Set = ["binaryCrossEntropy.probabilitiesFloat"]

  /// The loss that a case is named after, of some rows of it.
  private func loss<T: TensorLike>(
    _ name: String, _ prediction: T, rows: Range<Int>, of golden: Golden
  ) throws -> T {
    if name.hasPrefix("softmaxCrossEntropy.labels") {
      let labels = try golden.tensor("\(name)/target", as: Int64.self)
      return softmaxCrossEntropy(prediction, labels: labels[rows])
    }
    let targets = try golden.tensor("\(name)/target", as: T.Scalar.self)[rows]
    let isSmoothed = name.hasSuffix(".smoothed")
    if name.hasPrefix("softmaxCrossEntropy") {
      return softmaxCrossEntropy(
        prediction, targets: targets, labelSmoothing: isSmoothed ? 0.1 : 0)
    }
    // Keras' smoothing of two classes.
    let smoothed = isSmoothed ? targets * 0.9 + 0.05 : targets
    return name.hasPrefix("binaryCrossEntropy.logits")
      ? binaryCrossEntropy(logits: prediction, targets: smoothed)
      : binaryCrossEntropy(prediction, targets: smoothed)
  }

  private func check<Scalar: DifferentiableScalar>(_ name: String, _ type: Scalar.Type) throws {
    let golden = try Golden(named: "losses")
    let prediction = Variable(tracking: try golden.tensor("\(name)/prediction", as: Scalar.self))
    let rows = 0..<prediction.shape[0]
    let mean = try loss(name, prediction, rows: rows, of: golden)
    #expect(mean.shape == [])
    // Entry by entry: the gradients of some cases reach 1e6, others of the same case are 1e-2.
    func compare(_ value: Tensor<Scalar>, _ key: String) throws {
      let error = value.largestEntryError(to: try golden.tensor("\(name)/\(key)"))
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
    }
    try compare(mean.value, "loss")
    let gradients = mean.gradients()
    try compare(try #require(gradients[prediction]), "gradient")
    // Row by row, on plain tensors, which take the same formula.
    let elements = try rows.map { row in
      try loss(name, prediction.value[row..<row + 1], rows: row..<row + 1, of: golden).item()
    }
    try compare(Tensor(elements, shape: [rows.count]), "elements")
  }

  @Test("agree in the mean, every row and the gradient", arguments: names)
  func agrees(name: String) throws {
    if !Self.floatOnly.contains(name) { try check(name, Double.self) }
    if !Self.doubleOnly.contains(name) { try check(name, Float.self) }
  }

  @Test("one-hot targets and labels, smoothed or not, are the same loss")
  func labelsAndTargets() throws {
    let golden = try Golden(named: "losses")
    let logits = try golden.tensor("softmaxCrossEntropy.labels/prediction", as: Double.self)
    let labels = try golden.tensor("softmaxCrossEntropy.labels/target", as: Int64.self)
    let smoothed = try golden.scalar("softmaxCrossEntropy.smoothed/loss")
    let loss = softmaxCrossEntropy(logits, labels: labels, labelSmoothing: 0.1).item()
    #expect(abs(loss - smoothed) < 1e-12)
  }

  @Test("all cases of the file take part")
  func isComplete() {
    #expect(Self.names.count == 14)
    #expect(Self.doubleOnly.union(Self.floatOnly).isSubset(of: Self.names))
  }
}
