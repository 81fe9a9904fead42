import Foundation
public import Optim
public import Tensor

/// Everything that decides what a training run computes: the same recipe on the same images gives the same model, bit for bit.
///
/// Threads and workers are no part of it, since they change how fast a result comes and not what it is.
///
/// ```swift
/// var recipe = TrainingRecipe.article
/// recipe.augmentation = .careful
/// let run = try CovidClassifier.train(on: folder, recipe: recipe)
/// ```
public struct TrainingRecipe: Sendable, Hashable, Codable {
  /// How many epochs, 1 or more.
  public var epochs = 10
  /// Steps an epoch, 1 or more.
  ///
  /// Where they are more than the batches of one pass, the epoch runs on into the next, newly shuffled pass.
  public var stepsPerEpoch = 8
  /// Images a step, 1 or more.
  ///
  /// The last batch of a pass has what is left.
  public var batchSize = 32
  /// Adam's `η`, positive.
  public var learningRate = 1e-3
  /// Adam's `β₁`, in `0..<1`.
  public var beta1 = 0.9
  /// Adam's `β₂`, in `0..<1`.
  public var beta2 = 0.999
  /// Adam's `ε`, positive, added before the correction, as Keras does.
  public var epsilon = 1e-7
  /// What happens to training images, anew in every pass.
  public var augmentation = Augmentation.article
  /// Height and width that images are resized to, from ``CovidNetwork/minimumImageSize`` to ``maximumImageSize``.
  public var imageSize = 224
  /// The output channels of the convolutions: four in the article's network, one to eight in the careful one.
  public var channels = [32, 128, 64, 128]
  /// The width of the first dense layer of the article's network; the careful one has none.
  public var denseSize = 64
  /// How many networks are trained, 1 to 64.
  ///
  /// Each has random numbers of its own, and what they say is averaged.
  public var members = 1
  /// In how many ways the finished classifier looks at a film.
  public var views = FilmViews.one
  /// What is done so that the networks learn less of what should not matter; `nil` in the article.
  public var care: Care?
  /// The probability of the positive class from which on an image counts as positive, in `0...1`; with ``care``, one is
  /// chosen instead.
  public var threshold = 0.5
  /// Where all random numbers come from: weights, order, augmentation, dropout.
  public var seed: UInt64 = 42

  /// That of the article: 10 epochs of 8 steps with 32 images, Adam at 1e-3, slight zoom, shear and flips, 224 × 224 pixels.
  public static let article = TrainingRecipe()

  /// One that tries to look at lungs: see ``Care``.
  ///
  /// Four networks of 19,009 parameters on the grey lung field at 32 × 32 pixels.
  public static var careful: TrainingRecipe {
    var recipe = TrainingRecipe()
    recipe.epochs = 24
    recipe.stepsPerEpoch = 10
    recipe.learningRate = 3e-3
    recipe.augmentation = .wide
    recipe.imageSize = 32
    recipe.channels = [16, 32, 48]
    recipe.members = 4
    recipe.views = .fifteen
    recipe.care = Care()
    return recipe
  }

  /// The recipe of the article, to be changed.
  public init() {}

  /// The largest image size: the first dense layer takes half a gigabyte then.
  public static let maximumImageSize = 1024
  /// The most epochs, and the most steps an epoch.
  private static let maximumRepetitions = 1_000_000

  /// Checks every number.
  ///
  /// - Throws: ``RecipeError`` with the first property that is out of its range.
  public func validate() throws {
    func check(_ property: String, _ value: Int, in range: ClosedRange<Int>) throws {
      guard !range.contains(value) else { return }
      throw RecipeError(
        property: property,
        reason: "needs a whole number from \(range.lowerBound) to \(range.upperBound), got \(value)"
      )
    }
    func check(_ property: String, _ isValid: Bool, _ expected: String, _ value: Double) throws {
      if !isValid {
        throw RecipeError(property: property, reason: "needs \(expected), got \(value)")
      }
    }
    try check("epochs", epochs, in: 1...Self.maximumRepetitions)
    try check("stepsPerEpoch", stepsPerEpoch, in: 1...Self.maximumRepetitions)
    try check("batchSize", batchSize, in: 1...65_536)
    try check(
      "imageSize", imageSize, in: CovidNetwork.minimumImageSize...Self.maximumImageSize)
    // As the optimizer sees it, in single precision: 1e-60 is zero there, and 1e60 infinite.
    let rate = Float(learningRate)
    try check(
      "learningRate", rate > 0 && rate.isFinite, "a positive number in single precision",
      learningRate)
    try check("beta1", 0..<1 ~= Float(beta1), "a number in 0..<1", beta1)
    try check("beta2", 0..<1 ~= Float(beta2), "a number in 0..<1", beta2)
    try check(
      "epsilon", Float(epsilon) > 0 && Float(epsilon).isFinite,
      "a positive number in single precision", epsilon)
    try check("threshold", 0...1 ~= threshold, "a probability in 0...1", threshold)
    try check("members", members, in: 1...Ensemble.maximumCount)
    if let care {
      try care.validate()
      guard 1...CovidArchitecture.maximumBlocks ~= channels.count,
        imageSize >> channels.count > 0
      else {
        throw RecipeError(
          property: "channels",
          reason:
            "needs one to \(CovidArchitecture.maximumBlocks) widths, and an image that can be "
            + "halved as often, got \(channels)")
      }
    } else if channels.count != 4 {
      throw RecipeError(property: "channels", reason: "needs four widths, got \(channels)")
    }
    for width in channels { try check("channels", width, in: 1...4096) }
    try check("denseSize", denseSize, in: 1...4096)
  }

  /// The optimizer of the recipe, at its first step.
  public var optimizer: Adam<Float> {
    Adam(
      learningRate: Float(learningRate), beta1: Float(beta1), beta2: Float(beta2),
      epsilon: Float(epsilon), epsilonPlacement: .beforeCorrection)
  }
}

/// A property of a recipe that is out of its range.
public struct RecipeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The property at fault, such as `"stepsPerEpoch"`.
  public let property: String
  /// What was needed, and what came.
  public let reason: String

  /// Property and reason.
  public var description: String { "\(property): \(reason)" }
}
