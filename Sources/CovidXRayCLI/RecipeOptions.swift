import ArgumentParser
import CovidXRay
import Foundation

/// What a training computes.
struct RecipeOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Where all random numbers come from, 0 or more.")
  var seed = TrainingRecipe.article.seed

  @Option(parsing: .unconditional, help: "How many epochs, 1 or more.")
  var epochs = TrainingRecipe.article.epochs

  @Option(parsing: .unconditional, help: "Steps an epoch, 1 or more.")
  var stepsPerEpoch = TrainingRecipe.article.stepsPerEpoch

  @Option(parsing: .unconditional, help: "Images a step, 1 or more.")
  var batchSize = TrainingRecipe.article.batchSize

  @Option(parsing: .unconditional, help: "The size of Adam's steps, above 0.")
  var learningRate = TrainingRecipe.article.learningRate

  @Option(
    parsing: .unconditional,
    help: """
      Height and width of the images that the network sees, \(CovidNetwork.minimumImageSize) to \
      \(TrainingRecipe.maximumImageSize).
      """)
  var imageSize = TrainingRecipe.article.imageSize

  @Option(
    help: "What happens to training images: none, article (zoom, flip), careful (no flip).")
  var augmentation = TrainingRecipe.article.augmentation

  /// What the options say.
  var recipe: TrainingRecipe {
    var recipe = TrainingRecipe.article
    recipe.seed = seed
    recipe.epochs = epochs
    recipe.stepsPerEpoch = stepsPerEpoch
    recipe.batchSize = batchSize
    recipe.learningRate = learningRate
    recipe.imageSize = imageSize
    recipe.augmentation = augmentation
    return recipe
  }

  func validate() throws {
    do {
      try recipe.validate()
    } catch let error as RecipeError {
      throw error.asValidationError
    }
  }
}
