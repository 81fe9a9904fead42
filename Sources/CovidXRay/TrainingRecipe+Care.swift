import Imaging
import Layers
import Tensor

extension TrainingRecipe {
  /// What is done so that networks learn less of what should not matter.
  ///
  /// In the article's images the classes differ in age, hospital and exposure, and a network that is trained to tell the
  /// classes apart tells these. So the question is changed to one that age does not answer, *is there something in the lungs
  /// that should not be?*:
  ///
  /// - Films are cut to the lung field, stretched to one size, flattened and levelled: scale, habitus, markers, exposure, its
  ///   slope, and much of the tone curve go.
  /// - Every negative film also takes part as a positive one, with opacities drawn into its lungs.
  /// - The positive films whose lungs are the clearest (by how dark they are against the heart, which knows no classes) take part as negative
  ///   ones: nothing is in them to be learnt but whose films they are. The next clearest take no part.
  /// - The network is small, and means over the whole field.
  ///
  /// In figures, of course, every film counts as what it is.
  public struct Care: Sendable, Hashable, Codable {
    /// Into how many parts the patients to train on are divided, 2 or more.
    ///
    /// A network leaves one part out: the first leaves out the first, and so on, around. That part ends its training in time,
    /// and chooses threshold and temperature.
    public var folds = 4
    /// How many epochs without improvement are borne, 1 or more.
    public var patience = 8
    /// By how much the targets 0 and 1 are moved towards each other, in `0..<1`.
    public var labelSmoothing = 0.1
    /// The share of positive films, the clearest, that are trained on as negative ones, in `0..<1`.
    public var clearShare = 0.3
    /// The share of positive films, the next clearest, that are not trained on; with ``clearShare`` less than 1.
    public var unclearShare = 0.2
    /// The sensitivity for which the threshold is chosen, in `0...1`.
    ///
    /// It is that to positive films other than the clearest (``clearShare``), which are trained on as negative ones: a threshold
    /// low enough to find those too would call healthy lungs.
    public var targetSensitivity = 0.95

    /// The defaults.
    public init() {}

    func validate() throws {
      func check(_ property: String, _ isValid: Bool, _ expected: String) throws {
        if !isValid { throw RecipeError(property: property, reason: "needs \(expected)") }
      }
      try check("folds", 2...1000 ~= folds, "a whole number from 2 to 1000, got \(folds)")
      try check("patience", patience >= 1, "a whole number of 1 or more, got \(patience)")
      try check(
        "labelSmoothing", 0..<1 ~= labelSmoothing, "a number in 0..<1, got \(labelSmoothing)")
      try check(
        "clearShare", clearShare >= 0 && unclearShare >= 0 && clearShare + unclearShare < 1,
        "shares whose sum is less than 1, got \(clearShare) and \(unclearShare)")
      try check(
        "targetSensitivity", 0...1 ~= targetSensitivity,
        "a share in 0...1, got \(targetSensitivity)")
    }
  }

  /// What happens to a film before the networks see it.
  var preprocessing: Preprocessing {
    let size = ImageSize(height: imageSize, width: imageSize)
    guard care != nil else {
      return Preprocessing(colours: .rgb, size: size, resizing: .nearest, views: views)
    }
    return Preprocessing(
      colours: .grey, size: size, resizing: .area, field: .lungs, intensity: .flattened,
      views: views)
  }

  /// A network with fresh weights.
  func network(using random: inout RandomGenerator) -> Sequential<Float> {
    if care != nil { return CarefulNetwork.model(channels: channels, using: &random) }
    return CovidNetwork.model(
      imageSize: imageSize, channels: channels, denseSize: denseSize, using: &random)
  }

  /// The number of parameters of all networks, without making one.
  public var parameterCount: Int {
    if care == nil {
      return members
        * CovidNetwork.parameterCount(
          imageSize: imageSize, channels: channels, denseSize: denseSize)
    }
    let convolutions = zip([1] + channels, channels).reduce(0) { $0 + (9 * $1.0 + 4) * $1.1 }
    return members * (convolutions + (channels.last ?? 0) + 1)
  }
}
