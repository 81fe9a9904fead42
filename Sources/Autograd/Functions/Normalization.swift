public import Tensor

extension Variable {
  /// `γ (x − μ) / √(σ² + ε) + β`, where `μ` and `σ²` are the mean and the variance of this batch, channel by channel over all
  /// axes but the last.
  ///
  /// - Parameters:
  ///   - scale: `γ`, of shape `[channels]`.
  ///   - offset: `β`, of shape `[channels]`.
  ///   - epsilon: `ε`, positive.
  /// - Returns: The result, of this shape, and the moments, which are constants here.
  public func batchNormalized(
    scale: Variable, offset: Variable, epsilon: Scalar
  ) -> (output: Variable, moments: BatchMoments<Scalar>) {
    let moments = value.batchMoments()
    let output = value.batchNormalized(
      scale: scale.value, offset: offset.value, moments: moments, epsilon: epsilon)
    let variable = Variable(
      output, from: [self, scale, offset], keeping: [.input(0), .input(1), .input(2)]
    ) { saved, upstream in
      if saved.isRecording {
        return .gradients(of: saved, upstream: upstream) { inputs in
          let (input, scale, offset) = (inputs[0], inputs[1], inputs[2])
          let axes = Array(0..<input.rank - 1)
          let deviation = input - input.mean(alongAxes: axes)
          let variance = input.variance(alongAxes: axes)
          return deviation * (scale / variance.shifted(by: epsilon).sqrt()) + offset
        }
      }
      let found = Tensor.batchNormGradients(
        upstream: upstream.value, input: saved.input(0).value, scale: saved.input(1).value,
        moments: moments, epsilon: epsilon)
      return [Variable(found.input), Variable(found.scale), Variable(found.offset)]
    }
    return (variable, moments)
  }
}

extension Array {
  /// The gradients of an operation with kernels of its own, through a composition of operations that have derivatives: for
  /// sweeps that record.
  package static func gradients<Scalar: DifferentiableScalar>(
    of saved: Saved<Scalar>, upstream: Variable<Scalar>,
    composition: (_ inputs: [Variable<Scalar>]) -> Variable<Scalar>
  ) -> [Variable<Scalar>?] where Element == Variable<Scalar>? {
    // Stand-ins, so that the sweep over the composition ends at this operation's inputs and not behind them.
    let inputs = saved.needed.indices.map { saved.input($0).shifted(by: 0) }
    let gradients = (composition(inputs) * upstream).sum()
      .recordedGradients(withRespectTo: inputs)
    return zip(gradients, saved.needed).map { $1 ? $0 : nil }
  }
}
