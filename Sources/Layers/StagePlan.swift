import Autograd
import Tensor

/// Stages one after another, convolutions and what follows them run as one operation.
struct StagePlan<Scalar: DifferentiableScalar> {
  /// A convolution and the stages that its block takes in.
  struct Block: Sendable {
    var filter: Variable<Scalar>
    var bias: Variable<Scalar>?
    var geometry: ConvolutionBlock
  }

  /// What runs as one operation.
  enum Part {
    /// Convolutions and what follows them.
    case stretch([Block])
    /// A stage on its own.
    case stage(Stage<Scalar>)
  }

  /// The stages in as few parts as possible.
  static func parts(of stages: [Stage<Scalar>]) -> [Part] {
    var parts: [Part] = []
    var rest = stages[...]
    while !rest.isEmpty {
      var blocks: [Block] = []
      let whole = rest
      while let block = nextBlock(of: &rest) { blocks.append(block) }
      if blocks.count == 1, !blocks[0].geometry.isPooled {
        // Nothing large is saved by going image by image: the operations have the whole batch to share out.
        parts += whole[..<rest.startIndex].map { .stage($0) }
      } else if !blocks.isEmpty {
        parts.append(.stretch(blocks))
      } else if let stage = rest.popFirst() {
        parts.append(.stage(stage))
      }
    }
    return parts
  }

  /// The output of `stages` for `input`.
  static func run(_ stages: [Stage<Scalar>], on input: Variable<Scalar>) -> Variable<Scalar> {
    parts(of: stages).reduce(input) { output, part in
      switch part {
      case .stretch(let blocks): run(blocks, on: output)
      case .stage(let stage): stage(output)
      }
    }
  }

  /// The block that `stages` begin with, which it takes from them.
  private static func nextBlock(of stages: inout ArraySlice<Stage<Scalar>>) -> Block? {
    guard case .convolution(let filter, let bias, let window) = stages.first,
      ConvolutionBlock.isWorthStreaming(filterShape: filter.shape)
    else { return nil }
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
      case .dropout(let rate, let key) where geometry.isRectified:
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

  static func run(_ blocks: [Block], on input: Variable<Scalar>) -> Variable<Scalar> {
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
