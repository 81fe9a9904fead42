import ArgumentParser
import CovidXRay
import Foundation

/// What a training computes: a recipe, of which the other options change their part.
struct RecipeOptions: ParsableArguments {
  /// A recipe by its name.
  enum Name: String, ExpressibleByArgument, CaseIterable {
    case article, careful
  }

  @Option(
    name: .customLong("recipe"),
    help: """
      What to compute: article, as published; or careful, which cuts films to the lungs, draws opacities into them, leaves \
      some patients out to stop and to choose by, and averages four small networks. Other options have the last word on their \
      part.
      """)
  var name = Name.article

  @Option(
    parsing: .unconditional, help: "Where all random numbers come from, 0 or more. (default: 42)")
  var seed: UInt64?

  @Option(
    parsing: .unconditional, help: "How many epochs, 1 or more. (article: 10, careful: 24 at most)")
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Steps an epoch, 1 or more. (article: 8, careful: 10)")
  var stepsPerEpoch: Int?

  @Option(parsing: .unconditional, help: "Images a step, 1 or more. (default: 32)")
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: "The size of Adam's steps, above 0. (article: 0.001, careful: 0.003, falling)")
  var learningRate: Double?

  @Option(
    parsing: .unconditional,
    help: """
      Height and width of the images that the network sees, \(CovidNetwork.minimumImageSize) to \
      \(TrainingRecipe.maximumImageSize). (article: 224, careful: 32)
      """)
  var imageSize: Int?

  @Option(
    help: """
      What happens to training images: none, article (zoom, flip), careful (no flip), wide (as careful, and farther). \
      (article: article, careful: wide)
      """)
  var augmentation: Augmentation?

  @Option(
    parsing: .unconditional,
    help: """
      How many networks are trained and averaged, 1 to 64, each with random numbers of its own. (article: 1, careful: 4)
      """)
  var ensemble: Int?

  @Option(
    help: """
      In how many ways the finished model looks at an image: one; five (slight turns and scales); or fifteen (these in \
      three tones), which it averages. (article: one, careful: fifteen)
      """)
  var views: FilmViews?

  /// What the options say.
  var recipe: TrainingRecipe {
    var recipe = name == .article ? TrainingRecipe.article : .careful
    if let seed { recipe.seed = seed }
    if let epochs { recipe.epochs = epochs }
    if let stepsPerEpoch { recipe.stepsPerEpoch = stepsPerEpoch }
    if let batchSize { recipe.batchSize = batchSize }
    if let learningRate { recipe.learningRate = learningRate }
    if let imageSize { recipe.imageSize = imageSize }
    if let augmentation { recipe.augmentation = augmentation }
    if let ensemble { recipe.members = ensemble }
    if let views { recipe.views = views }
    return recipe
  }

  func validate() throws {
    do {
      try recipe.validate()
    } catch let error as RecipeError {
      // By its name on the command line.
      throw error.property == "members"
        ? ValidationError("--ensemble \(error.reason)") : error.asValidationError
    }
  }
}
