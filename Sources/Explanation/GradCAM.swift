import Autograd
public import Layers
public import Tensor

/// Gradient-weighted class activation mapping: which places of a convolution's output speak for a class.
///
/// The channels `Aᵏ` of the output are added up, each with the mean of the score's gradient over its places as weight, and what
/// speaks against the class is dropped: `ReLU(Σₖ αₖ Aᵏ)`, `αₖ = mean ∂score/∂Aᵏ` (Selvaraju et al., ICCV 2017, equations 1 and 2).
///
/// The map has the size of that output, and is taken to cover the whole picture. A convolution without padding sees a little
/// less of it at the borders; half of what all of them cut off is how far a place may be off.
public struct GradCAM: AttributionMethod {
  /// How many layers of the model lead to the output that is mapped.
  ///
  /// `nil`: those up to the last convolution, with the normalization and rectification right after it.
  public let cut: Int?

  /// The method at a cut of the model, `model[..<cut]`.
  public init(cut: Int? = nil) {
    self.cut = cut
  }

  /// The cut after the last convolution of a model; `nil` where it has none.
  ///
  /// Of a convolution inside a nested model, the cut is after that model.
  public static func lastConvolution<Scalar>(of model: Sequential<Scalar>) -> Int? {
    guard let last = model.lastIndex(where: containsConvolution) else { return nil }
    let rest = model[(last + 1)...].prefix { $0 is BatchNorm<Scalar> || $0 is ReLU<Scalar> }
    return rest.endIndex
  }

  private static func containsConvolution<Scalar: DifferentiableScalar>(_ layer: any Layer<Scalar>)
    -> Bool
  {
    if let nested = layer as? Sequential<Scalar> {
      return nested.contains(where: containsConvolution)
    }
    return layer is Conv2D<Scalar>
  }

  /// The map, of the size of the output at the cut: strengths of 0 and more, in units of the score.
  public func map<Scalar>(
    of score: ClassScore<Scalar>, at input: Tensor<Scalar>
  ) -> AttributionMap {
    requirePicture(input, "GradCAM")
    let model = score.logits
    guard let cut = cut ?? Self.lastConvolution(of: model) else {
      // A bug in the calling program: models are code, and `cut` names another place.
      fatalError("GradCAM: the model has no convolution, so that a cut must be named")
    }
    require(
      (model.startIndex...model.endIndex).contains(cut),
      "GradCAM: cut \(cut) of a model of layers \(model.startIndex)..<\(model.endIndex)")
    var context = Context.inference
    let features = model[..<cut](input)
    require(
      features.rank == 4,
      "GradCAM: needs [1, height, width, channels] at cut \(cut), got shape \(features.shape)")
    let leaf = Variable(tracking: features)
    let value = score.score(ofOutputs: model[cut...](leaf, in: &context))
    let gradient = value.sum().gradients()[leaf] ?? .zeros(features.shape)
    let weights = gradient.mean(alongAxes: [1, 2], keepingDimensions: true)
    let sum = (weights * features).sum(alongAxis: -1).relu()[0]
    return AttributionMap(sum.converted(), isSigned: false)
  }
}
