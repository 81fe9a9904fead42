import CovidXRay
import Foundation
import Optim
import Testing

@Suite("Training recipe")
struct TrainingRecipeTests {
  @Test("the article's numbers")
  func article() throws {
    let recipe = TrainingRecipe.article
    #expect(recipe.epochs == 10 && recipe.stepsPerEpoch == 8 && recipe.batchSize == 32)
    #expect(recipe.learningRate == 1e-3 && recipe.epsilon == 1e-7 && recipe.imageSize == 224)
    #expect(recipe.augmentation == .article && recipe.threshold == 0.5)
    #expect(recipe.optimizer.epsilonPlacement == .beforeCorrection)
    try recipe.validate()
  }

  /// A recipe spoilt in one property.
  struct Spoilt: Sendable, CustomTestStringConvertible {
    let property: String
    let change: @Sendable (inout TrainingRecipe) -> Void

    init(_ property: String, _ change: @escaping @Sendable (inout TrainingRecipe) -> Void) {
      self.property = property
      self.change = change
    }

    var testDescription: String { property }
  }

  private static let spoilt: [Spoilt] = [
    Spoilt("epochs") { $0.epochs = 0 }, Spoilt("epochs") { $0.epochs = .max },
    Spoilt("stepsPerEpoch") { $0.stepsPerEpoch = -1 }, Spoilt("batchSize") { $0.batchSize = 0 },
    Spoilt("batchSize") { $0.batchSize = .max }, Spoilt("imageSize") { $0.imageSize = 23 },
    Spoilt("imageSize") { $0.imageSize = 1025 }, Spoilt("learningRate") { $0.learningRate = 0 },
    Spoilt("learningRate") { $0.learningRate = 1e-60 },
    Spoilt("learningRate") { $0.learningRate = 1e60 },
    Spoilt("learningRate") { $0.learningRate = .nan }, Spoilt("beta1") { $0.beta1 = 1 },
    Spoilt("beta2") { $0.beta2 = 0.999_999_999_9 }, Spoilt("epsilon") { $0.epsilon = -1 },
    Spoilt("threshold") { $0.threshold = 1.5 }, Spoilt("channels") { $0.channels = [1, 2, 3] },
    Spoilt("channels") { $0.channels = [1, 2, 0, 4] }, Spoilt("denseSize") { $0.denseSize = 5000 },
  ]

  @Test("a number out of its range is refused by name", arguments: spoilt)
  func outOfRange(spoilt: Spoilt) {
    var recipe = TrainingRecipe.article
    spoilt.change(&recipe)
    let error = #expect(throws: RecipeError.self) { try recipe.validate() }
    #expect(error?.property == spoilt.property)
  }

  @Test("it survives JSON")
  func roundTrip() throws {
    var recipe = Sample.recipe
    recipe.seed = .max
    recipe.learningRate = 0.1
    let data = try JSONEncoder().encode(recipe)
    #expect(try JSONDecoder().decode(TrainingRecipe.self, from: data) == recipe)
  }
}
