public import Tensor

// Losses are written once for plain tensors and recorded variables. Each is a mean, so that learning rates do not depend on
// the size of a batch.

/// The mean binary cross-entropy of probabilities, `−(t log p + (1 − t) log(1 − p))`, with `p` cut to `ε ... 1 − ε`.
///
/// As Keras computes it: where the cut applies, the gradient is zero. Prefer
/// `binaryCrossEntropy(logits:targets:)`, which needs no cut.
///
/// - Parameters:
///   - probabilities: In `0...1`, of any shape.
///   - targets: In `0...1`, of the same shape.
///   - epsilon: Where logarithms are cut.
/// - Returns: A scalar.
public func binaryCrossEntropy<T: TensorLike>(
  _ probabilities: T, targets: Tensor<T.Scalar>, epsilon: T.Scalar = 1e-7
) -> T {
  requireSameShape(probabilities.shape, targets.shape, "binaryCrossEntropy")
  let clipped = probabilities.clamped(to: epsilon...(1 - epsilon))
  let positive = T(targets) * clipped.log()
  let negative = T(1 - targets) * (-clipped).shifted(by: 1).log()
  return -(positive + negative).mean()
}

/// The mean binary cross-entropy of logits, `log(1 + eˣ) − t x`: that of `sigmoid(x)`, exact for every `x`.
///
/// - Parameters:
///   - logits: Of any shape and size.
///   - targets: In `0...1`, of the same shape.
/// - Returns: A scalar.
public func binaryCrossEntropy<T: TensorLike>(logits: T, targets: Tensor<T.Scalar>) -> T {
  requireSameShape(logits.shape, targets.shape, "binaryCrossEntropy")
  return (logits.softplus() - T(targets) * logits).mean()
}

/// The mean cross-entropy of the softmax of logits, `−log softmax(x)ₗ` for label `l`.
///
/// - Parameters:
///   - logits: `[…, classes]`.
///   - labels: `[…]`, each in `0..<classes`.
///   - labelSmoothing: `s` in `0...1`: the target is `1 − s` at the label and `s / classes` everywhere.
/// - Returns: A scalar.
public func softmaxCrossEntropy<T: TensorLike>(
  _ logits: T, labels: Tensor<Int64>, labelSmoothing: T.Scalar = 0
) -> T {
  require(
    logits.rank >= 1 && labels.shape == Array(logits.shape.dropLast()),
    "softmaxCrossEntropy: needs one label for each row of \(logits.shape), got shape \(labels.shape)"
  )
  return softmaxCrossEntropy(
    logits, targets: .oneHot(labels, classCount: logits.shape.last ?? 0),
    labelSmoothing: labelSmoothing)
}

/// The mean cross-entropy of the softmax of logits with target probabilities, `−Σ tᵢ log softmax(x)ᵢ`.
///
/// - Parameters:
///   - logits: `[…, classes]`.
///   - targets: Of the same shape, each row summing to 1.
///   - labelSmoothing: `s` in `0...1`: the target becomes `(1 − s) t + s / classes`.
/// - Returns: A scalar.
public func softmaxCrossEntropy<T: TensorLike>(
  _ logits: T, targets: Tensor<T.Scalar>, labelSmoothing: T.Scalar = 0
) -> T {
  requireSameShape(logits.shape, targets.shape, "softmaxCrossEntropy")
  require(
    labelSmoothing >= 0 && labelSmoothing <= 1,
    "softmaxCrossEntropy: needs a labelSmoothing in 0...1, got \(labelSmoothing)")
  let smoothed =
    labelSmoothing == 0
    ? targets : targets * (1 - labelSmoothing) + labelSmoothing / T.Scalar(logits.shape.last ?? 1)
  return -(T(smoothed) * logits.logSoftmax()).sum(alongAxis: -1).mean()
}

/// The mean of `(x − t)²`.
///
/// - Returns: A scalar.
public func meanSquaredError<T: TensorLike>(_ predictions: T, targets: Tensor<T.Scalar>) -> T {
  requireSameShape(predictions.shape, targets.shape, "meanSquaredError")
  return (predictions - T(targets)).squared().mean()
}

private func requireSameShape(_ values: [Int], _ targets: [Int], _ loss: String) {
  // Broadcasting here would hide the mistake of [n, 1] against [n]: a mean over n × n pairs.
  require(values == targets, "\(loss): shapes \(values) and \(targets) of the targets differ")
}
