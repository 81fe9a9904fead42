public import Autograd
public import Tensor

/// One step of a forward pass that a layer lets its container run together with its neighbours.
///
/// It holds geometry, the parameters as recorded operands, and the random key that the layer has drawn; run on its own or as
/// part of a stretch it gives the same result up to rounding.
public enum Stage<Scalar: DifferentiableScalar>: Sendable {
  /// A convolution, with its bias if it has one.
  case convolution(filter: Variable<Scalar>, bias: Variable<Scalar>?, window: Window2D)
  /// `max(x, 0)`.
  case relu
  /// The largest value of every window.
  case maxPool(Window2D)
  /// Zeros with a probability of `rate`, with the random numbers at `key`.
  case dropout(rate: Double, key: RandomKey)
  /// Nothing: dropout in use.
  case identity

  /// The stage on its own.
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    switch self {
    case .convolution(let filter, let bias, let window):
      input.convolution(filter, bias: bias, window)
    case .relu: input.relu()
    case .maxPool(let window): input.maxPooled(window)
    case .dropout(let rate, let key): input.dropout(rate: rate, key: key)
    case .identity: input
    }
  }
}

/// Stages one after another, convolutions and what follows them run as one operation.
struct StagePlan<Scalar: DifferentiableScalar> {
  /// A convolution and the stages that its block takes in.
  private struct Block: Sendable {
    var filter: Variable<Scalar>
    var bias: Variable<Scalar>?
    var geometry: ConvolutionBlock
  }

  /// The output of `stages` for `input`.
  static func run(_ stages: [Stage<Scalar>], on input: Variable<Scalar>) -> Variable<Scalar> {
    var output = input
    var rest = stages[...]
    while !rest.isEmpty {
      var blocks: [Block] = []
      while let block = nextBlock(of: &rest) { blocks.append(block) }
      if !blocks.isEmpty {
        output = run(blocks, on: output)
      } else if let stage = rest.popFirst() {
        output = stage(output)
      }
    }
    return output
  }

  /// The block that `stages` begin with, which it takes from them.
  private static func nextBlock(of stages: inout ArraySlice<Stage<Scalar>>) -> Block? {
    guard case .convolution(let filter, let bias, let window) = stages.first else { return nil }
    stages.removeFirst()
    var geometry = ConvolutionBlock(window: window)
    let canPool = ConvolutionBlock.supportsPooling(window, filterShape: filter.shape)
    scan: while let stage = stages.first {
      switch stage {
      case .relu where !geometry.isRectified && !geometry.isPooled:
        geometry.isRectified = true
      case .maxPool(let pool)
      where canPool && !geometry.isPooled && pool == Window2D(2, stride: 2):
        geometry.isPooled = true
      case .dropout(let rate, let key) where canPool && geometry.isRectified:
        geometry.dropout = ConvolutionBlock.Dropout(rate: rate, key: key)
        stages.removeFirst()
        break scan
      case .identity: break
      default: break scan
      }
      stages.removeFirst()
    }
    return Block(filter: filter, bias: bias, geometry: geometry)
  }

  private static func run(_ blocks: [Block], on input: Variable<Scalar>) -> Variable<Scalar> {
    let geometries = blocks.map(\.geometry)
    let fused = input.convolutionStretch(
      filters: blocks.map(\.filter), biases: blocks.map(\.bias), blocks: geometries
    ) { input, filters, biases in
      unfused(input, filters, biases, geometries)
    }
    return fused ?? unfused(input, blocks.map(\.filter), blocks.map(\.bias), geometries)
  }

  /// The blocks as operations of their own.
  private static func unfused(
    _ input: Variable<Scalar>, _ filters: [Variable<Scalar>], _ biases: [Variable<Scalar>?],
    _ geometries: [ConvolutionBlock]
  ) -> Variable<Scalar> {
    var output = input
    for (index, block) in geometries.enumerated() {
      output = output.convolution(filters[index], bias: biases[index], block.window)
      if block.isRectified { output = output.relu() }
      if block.isPooled { output = output.maxPooled(Window2D(2, stride: 2)) }
      if let dropout = block.dropout {
        output = output.dropout(rate: dropout.rate, key: dropout.key)
      }
    }
    return output
  }
}
