public import Autograd
public import Tensor

/// A two-dimensional convolution of images, `yₙᵢⱼₒ = bₒ + Σ xₙ,ᵢₛ₊ₖ,ⱼₛ₊ₗ,꜀ wₖₗ꜀ₒ`.
public struct Conv2D<Scalar: DifferentiableScalar>: Layer {
  /// `w`, of shape `[height, width, inputChannels, outputChannels]`.
  public var filter: Parameter<Scalar>
  /// `b`, of shape `[outputChannels]`, or none.
  public var bias: Parameter<Scalar>?
  /// Kernel size, strides, dilations and padding.
  public let window: Window2D

  /// Creates a layer from its filter, of rank 4, and its bias, if any.
  public init(
    filter: Tensor<Scalar>, bias: Tensor<Scalar>?, stride: Int = 1, dilation: Int = 1,
    padding: Padding = .valid
  ) {
    require(
      filter.rank == 4,
      "Conv2D: filter needs [height, width, inputChannels, outputChannels], got shape \(filter.shape)"
    )
    self.init(
      filter: filter, bias: bias,
      window: Window2D(
        height: filter.shape[0], width: filter.shape[1], verticalStride: stride,
        horizontalStride: stride, verticalDilation: dilation, horizontalDilation: dilation,
        padding: padding))
  }

  /// Creates a layer from its filter, bias and geometry.
  public init(filter: Tensor<Scalar>, bias: Tensor<Scalar>?, window: Window2D) {
    require(
      filter.rank == 4 && filter.shape[0] == window.height && filter.shape[1] == window.width,
      """
      Conv2D: filter needs [\(window.height), \(window.width), inputChannels, outputChannels], \
      got shape \(filter.shape)
      """)
    if let bias {
      require(
        bias.shape == [filter.shape[3]],
        "Conv2D: needs a bias of shape [\(filter.shape[3])], got \(bias.shape)")
    }
    self.filter = Parameter(filter)
    self.bias = bias.map { Parameter($0) }
    self.window = window
  }

  /// Creates a layer with a fresh square filter and a bias of zeros.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, dilation: Int = 1,
    padding: Padding = .valid, hasBias: Bool = true, weights: Initializer = .glorotUniform,
    using random: inout RandomGenerator
  ) {
    require(
      inputChannels > 0 && outputChannels > 0 && kernelSize > 0,
      """
      Conv2D: needs positive sizes, got inputChannels \(inputChannels), outputChannels \
      \(outputChannels), kernelSize \(kernelSize)
      """)
    let taps = kernelSize * kernelSize
    self.init(
      filter: weights(
        [kernelSize, kernelSize, inputChannels, outputChannels], fanIn: taps * inputChannels,
        fanOut: taps * outputChannels, using: &random),
      bias: hasBias ? .zeros([outputChannels]) : nil, stride: stride, dilation: dilation,
      padding: padding)
  }

  /// Maps `[batch, height, width, inputChannels]` to `[batch, outputHeight, outputWidth, outputChannels]`.
  public func callAsFunction(
    _ input: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    input.convolution(
      context.variable(filter), bias: bias.map { context.variable($0) }, window)
  }

  /// A convolution.
  public func stage(in context: inout Context) -> Stage<Scalar>? {
    .convolution(
      filter: context.variable(filter), bias: bias.map { context.variable($0) }, window: window)
  }

  /// Visits `filter` and, if there is one, `bias`.
  public mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    visitor.visit(&filter, "filter")
    visitor.visit(&bias, "bias")
  }

  /// `[batch, outputHeight, outputWidth, outputChannels]`.
  public func outputShape(for inputShape: [Int]) -> [Int] {
    require(
      inputShape.last == filter.shape[2],
      "Conv2D: needs [batch, height, width, \(filter.shape[2])], got shape \(inputShape)")
    return window.outputShape(for: inputShape, channels: filter.shape[3])
  }

  /// One for each weight and output position.
  public func multiplyAdds(for inputShape: [Int]) -> Int {
    outputShape(for: inputShape).dropLast().reduce(1, *) * filter.value.count
  }

  /// Sizes and geometry.
  public var specification: LayerSpecification {
    LayerSpecification(
      kind: "Conv2D",
      options: window.specificationOptions.merging([
        "inputChannels": .integer(filter.shape[2]), "outputChannels": .integer(filter.shape[3]),
        "hasBias": .flag(bias != nil),
      ]) { _, new in new })
  }

  /// Creates a layer of zeros from its specification.
  init(specification: LayerSpecification) throws {
    let window = try Window2D(specification: specification)
    let inputChannels = try specification.integer("inputChannels")
    let outputChannels = try specification.integer("outputChannels")
    self.init(
      filter: try specification.zeros(
        [window.height, window.width, inputChannels, outputChannels]),
      bias: try specification.flag("hasBias") ? specification.zeros([outputChannels]) : nil,
      window: window)
  }
}

extension Window2D {
  /// The geometry as options of a specification.
  var specificationOptions: [String: LayerSpecification.Option] {
    let padding: LayerSpecification.Option =
      switch self.padding {
      case .valid: .text("valid")
      case .same: .text("same")
      case .explicit(let top, let bottom, let left, let right):
        .integers([top, bottom, left, right])
      }
    return [
      "window": .integers([height, width]),
      "strides": .integers([verticalStride, horizontalStride]),
      "dilations": .integers([verticalDilation, horizontalDilation]),
      "padding": padding,
    ]
  }

  /// The geometry in the options of a specification.
  init(specification: LayerSpecification) throws {
    let size = try specification.integers("window", count: 2, atLeast: 1)
    let strides = try specification.integers("strides", count: 2, atLeast: 1)
    let dilations = try specification.integers("dilations", count: 2, atLeast: 1)
    let padding: Padding
    switch specification.options["padding"] {
    case .text("valid"): padding = .valid
    case .text("same"): padding = .same
    default:
      let widths = try specification.integers("padding", count: 4, atLeast: 0)
      padding = .explicit(
        top: widths[0], bottom: widths[1], left: widths[2], right: widths[3])
    }
    self.init(
      height: size[0], width: size[1], verticalStride: strides[0], horizontalStride: strides[1],
      verticalDilation: dilations[0], horizontalDilation: dilations[1], padding: padding)
  }
}
