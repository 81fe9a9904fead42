import Autograd
public import Tensor

/// A model made ready for use on inputs of one shape: immutable, and safe to call from several threads at once.
///
/// Batch normalization is folded into the weights before it, dropout is gone, weights are laid out for the kernels once, and
/// convolutions run with what follows them. Nothing is recorded or kept. A batch of one is shared by all threads.
///
/// ```swift
/// let prepared = model.prepared(for: [1, 224, 224, 3])
/// let probability = prepared(image)
/// ```
public struct PreparedModel<Scalar: DifferentiableScalar>: Sendable {
  private enum Step: Sendable {
    case stretch(ConvolutionStretch, weights: [Tensor<Scalar>], biases: [Tensor<Scalar>?])
    case layer(any Layer<Scalar>)
  }

  /// The shape of the inputs it takes, the batch included.
  public let inputShape: [Int]
  private let steps: [Step]

  init(_ model: Sequential<Scalar>, inputShape: [Int]) {
    self.inputShape = inputShape
    var steps: [Step] = []
    var shape = inputShape
    var pending: [any Layer<Scalar>] = []

    /// Turns the layers gathered so far into steps, stretches of convolutions first of all.
    func flush() {
      var context = Context.inference
      let stages = pending.compactMap { $0.stage(in: &context) }
      for part in StagePlan.parts(of: stages) {
        switch part {
        case .stretch(let blocks):
          guard let kernels = Scalar.kernels.stretch else {
            for block in blocks {
              let layer = BlockLayer(block: block)
              shape = layer.outputShape(for: shape)
              steps.append(.layer(layer))
            }
            continue
          }
          let filters = blocks.map(\.filter.value)
          let stretch = ConvolutionStretch(
            inputShape: shape, filterShapes: filters.map(\.shape), blocks: blocks.map(\.geometry))
          steps.append(
            .stretch(
              stretch, weights: kernels.prepare(stretch, filters),
              biases: blocks.map { $0.bias?.value }))
          shape = stretch.outputShape
        case .stage(.identity): break
        case .stage(let stage):
          let layer = StageLayer(stage: stage)
          shape = layer.outputShape(for: shape)
          steps.append(.layer(layer))
        }
      }
      pending = []
    }

    for layer in model.folded() {
      var context = Context.inference
      if layer.stage(in: &context) != nil {
        pending.append(layer)
      } else {
        flush()
        shape = layer.outputShape(for: shape)
        steps.append(.layer(layer))
      }
    }
    flush()
    self.steps = steps
  }

  /// The output for an input of `inputShape`.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    require(
      input.shape == inputShape,
      "PreparedModel: prepared for shape \(inputShape), got \(input.shape)")
    return steps.reduce(input) { output, step in
      switch step {
      case .stretch(let stretch, let weights, let biases):
        // A stretch is made only where the scalar has kernels for it.
        Scalar.kernels.stretch?.forward(stretch, output, weights, biases, false).output ?? output
      case .layer(let layer): layer(output)
      }
    }
  }
}

extension Sequential {
  /// The model made ready for use on inputs of `inputShape`, the batch included.
  ///
  /// What it computes is what the model computes, up to rounding. Later changes of the model do not reach it.
  public func prepared(for inputShape: [Int]) -> PreparedModel<Scalar> {
    PreparedModel(self, inputShape: inputShape)
  }

  /// The layers as they are in use: dropout left out, and batch normalization folded into a convolution or dense layer
  /// right before it.
  fileprivate func folded() -> [any Layer<Scalar>] {
    var result: [any Layer<Scalar>] = []
    for layer in self {
      if layer is Dropout<Scalar> { continue }
      if let nested = layer as? Sequential<Scalar> {
        result += nested.folded()
      } else if let norm = layer as? BatchNorm<Scalar>, let last = result.last,
        let merged = norm.merged(into: last)
      {
        result[result.count - 1] = merged
      } else {
        result.append(layer)
      }
    }
    return result
  }
}

extension BatchNorm {
  /// `layer` followed by this, as one layer: `γ (W x + b − μ) / σ + β = (γ/σ) W x + (γ/σ)(b − μ) + β`.
  fileprivate func merged(into layer: any Layer<Scalar>) -> (any Layer<Scalar>)? {
    let factor = scale.value / (runningVariance.value + epsilon).sqrt()
    func bias(_ bias: Parameter<Scalar>?) -> Tensor<Scalar> {
      let shifted = bias.map { $0.value - runningMean.value } ?? -runningMean.value
      return shifted * factor + offset.value
    }
    switch layer {
    case let layer as Conv2D<Scalar>:
      return Conv2D(
        filter: layer.filter.value * factor, bias: bias(layer.bias), window: layer.window)
    case let layer as Dense<Scalar>:
      return Dense(weight: layer.weight.value * factor, bias: bias(layer.bias))
    default: return nil
    }
  }
}

/// A stage as a layer without parameters of its own.
private struct StageLayer<Scalar: DifferentiableScalar>: Layer {
  let stage: Stage<Scalar>
  func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    stage(input)
  }
}

/// A block as a layer, for scalars without kernels for stretches.
private struct BlockLayer<Scalar: DifferentiableScalar>: Layer {
  let block: StagePlan<Scalar>.Block
  func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    StagePlan.run([block], on: input)
  }
}
