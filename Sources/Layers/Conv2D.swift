public import Autograd
public import Tensor

/// A two-dimensional convolution of images, `yₙᵢⱼₒ = bₒ + Σ xₙ,ᵢₛ₊ₖ,ⱼₛ₊ₗ,꜀ wₖₗ꜀ₒ`.
public struct Conv2D<Scalar: DifferentiableScalar>: Layer {
  /// `w`, of shape `[height, width, inputChannels / groups, outputChannels]`.
  public var filter: Parameter<Scalar>
  /// `b`, of shape `[outputChannels]`, or none.
  public var bias: Parameter<Scalar>?
  /// Kernel size, strides, dilations, padding, groups and algorithm.
  public let window: Window2D

  /// Creates a layer from its filter, of rank 4, and its bias, if any.
  public init(
    filter: Tensor<Scalar>, bias: Tensor<Scalar>?, stride: Int = 1, dilation: Int = 1,
    padding: Padding = .valid, groups: Int = 1, algorithm: ConvolutionAlgorithm = .automatic
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
        padding: padding, groups: groups, algorithm: algorithm))
  }

  /// Creates a layer from its filter, bias and geometry.
  public init(filter: Tensor<Scalar>, bias: Tensor<Scalar>?, window: Window2D) {
    require(
      filter.rank == 4 && filter.shape[0] == window.height && filter.shape[1] == window.width,
      """
      Conv2D: filter needs [\(window.height), \(window.width), inputChannels, outputChannels], \
      got shape \(filter.shape)
      """)
    require(
      filter.shape[3].isMultiple(of: window.groups),
      "Conv2D: \(filter.shape[3]) output channels cannot be cut into \(window.groups) groups")
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
  ///
  /// - Parameters:
  ///   - inputChannels: Channels of the images, a multiple of `groups`.
  ///   - outputChannels: Channels of the result, a multiple of `groups`.
  ///   - kernelSize: Height and width of the filter.
  ///   - stride: The step from one position of the filter to the next.
  ///   - dilation: The step from one tap of the filter to the next.
  ///   - padding: What is added around the image.
  ///   - groups: Into how many groups the channels are cut, each with filters of its own; as many as there are input channels
  ///     for a depthwise convolution.
  ///   - hasBias: Whether there is a bias.
  ///   - algorithm: `direct` for the error of a plain sum.
  ///   - weights: Where the filter comes from.
  ///   - random: Where its random numbers come from.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1, dilation: Int = 1,
    padding: Padding = .valid, groups: Int = 1, hasBias: Bool = true,
    algorithm: ConvolutionAlgorithm = .automatic, weights: Initializer = .glorotUniform,
    using random: inout RandomGenerator
  ) {
    require(
      inputChannels > 0 && outputChannels > 0 && kernelSize > 0,
      """
      Conv2D: needs positive sizes, got inputChannels \(inputChannels), outputChannels \
      \(outputChannels), kernelSize \(kernelSize)
      """)
    require(
      groups > 0 && inputChannels.isMultiple(of: groups) && outputChannels.isMultiple(of: groups),
      "Conv2D: \(inputChannels) and \(outputChannels) channels cannot be cut into \(groups) groups")
    let taps = kernelSize * kernelSize
    self.init(
      filter: weights(
        [kernelSize, kernelSize, inputChannels / groups, outputChannels],
        fanIn: taps * inputChannels / groups, fanOut: taps * outputChannels / groups,
        using: &random),
      bias: hasBias ? .zeros([outputChannels]) : nil, stride: stride, dilation: dilation,
      padding: padding, groups: groups, algorithm: algorithm)
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
      inputShape.last == filter.shape[2] * window.groups,
      """
      Conv2D: needs [batch, height, width, \(filter.shape[2] * window.groups)], got shape \
      \(inputShape)
      """)
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
      options: window.specificationOptions.merging(
        [
          "inputChannels": .integer(filter.shape[2] * window.groups),
          "outputChannels": .integer(filter.shape[3]), "hasBias": .flag(bias != nil),
          // What is left out is usual: files without it were written before there was a choice.
          "groups": window.groups == 1 ? nil : .integer(window.groups),
          "algorithm": window.algorithm == .automatic ? nil : .text(window.algorithm.rawValue),
        ].compactMapValues { $0 }
      ) { _, new in new })
  }

  /// Creates a layer of zeros from its specification.
  init(specification: LayerSpecification) throws {
    let groups = specification.options["groups"] == nil ? 1 : try specification.integer("groups")
    let window = try Window2D(
      specification: specification, groups: groups,
      algorithm: try ConvolutionAlgorithm(specification: specification))
    let inputChannels = try specification.integer("inputChannels")
    let outputChannels = try specification.integer("outputChannels")
    guard inputChannels.isMultiple(of: groups), outputChannels.isMultiple(of: groups) else {
      throw LayerSpecificationError(
        kind: specification.kind,
        reason:
          "\(inputChannels) and \(outputChannels) channels cannot be cut into \(groups) groups")
    }
    self.init(
      filter: try specification.zeros(
        [window.height, window.width, inputChannels / groups, outputChannels]),
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
  init(
    specification: LayerSpecification, groups: Int = 1,
    algorithm: ConvolutionAlgorithm = .automatic
  ) throws {
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
      verticalDilation: dilations[0], horizontalDilation: dilations[1], padding: padding,
      groups: groups, algorithm: algorithm)
  }
}

extension ConvolutionAlgorithm {
  /// The algorithm that a specification names, the automatic one where it names none.
  fileprivate init(specification: LayerSpecification) throws {
    guard let option = specification.options["algorithm"] else {
      self = .automatic
      return
    }
    guard case .text(let name) = option, let algorithm = ConvolutionAlgorithm(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: " or ")
      throw LayerSpecificationError(
        kind: specification.kind, reason: "algorithm is \(option), expected \(names)")
    }
    self = algorithm
  }
}
