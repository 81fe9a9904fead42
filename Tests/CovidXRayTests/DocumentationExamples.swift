import CovidXRay
import Evaluation
import Foundation
import Testing

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  /// The recipe of the article, narrow enough for debug builds.
  private static var smallRecipe: TrainingRecipe {
    var recipe = TrainingRecipe.article
    recipe.epochs = 1
    recipe.stepsPerEpoch = 2
    recipe.batchSize = 4
    recipe.imageSize = 24
    recipe.channels = [2, 3, 2, 3]
    recipe.denseSize = 4
    return recipe
  }

  @Test("landing page: a classifier is trained, saved, read and used")
  func films() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let url = folder.appending(path: "model.safetensors")
      let film = folder.appending(path: "Val/Covid/0.png")

      var recipe = Self.smallRecipe
      recipe.augmentation = .careful
      let run = try CovidClassifier.train(on: folder, recipe: recipe)
      #expect(run.report.contains("validation, 4 images") && !run.model.isSynthetic)
      try run.model.save(to: url)

      let model = try CovidClassifier(contentsOf: url)
      let prediction = try model.predict(imageAt: film)
      let probability = try prediction.probability(of: "Covid")
      #expect((0...1).contains(probability))
      let same = try run.model.predict(imageAt: film)
      #expect(prediction == same)
    }
  }

  @Test("landing page: what is computed on phantoms says so")
  func phantoms() throws {
    var recipe = Self.smallRecipe
    recipe.augmentation = .careful
    let phantoms = XRayDataset.synthetic(seed: 1, training: 5, validation: 3)
    let trial = try CovidClassifier.train(on: phantoms, recipe: recipe)
    #expect(trial.model.isSynthetic)
    #expect(trial.report.hasPrefix(SyntheticChest.notice))
    #expect(trial.model.card.contains(SyntheticChest.notice))
  }

  @Test("article: the interval of 58 right of 60, and the size of the network")
  func figures() {
    let accuracy = Proportion(58, of: 60)
    #expect(accuracy.clopperPearsonInterval().percentDescription == "88.5–99.6 %")
    #expect(CovidNetwork.parameterCount(imageSize: 224) == 5_723_457)
    let article = TrainingRecipe.article
    #expect(article.stepsPerEpoch == (112 + 112) / article.batchSize + 1)
  }
}
