import CovidXRay
import Evaluation
import Testing

@Suite("Model card")
struct ModelCardTests {
  @Test("the card of a model has both parts' figures with their exact intervals")
  func figures() throws {
    let run = try Sample.syntheticRun.get()
    for evaluation in [run.training, run.validation] {
      for rate in [evaluation.accuracy, evaluation.sensitivity, evaluation.specificity] {
        let text = "\(rate), \(rate.clopperPearsonInterval().percentDescription)"
        #expect(run.model.card.contains(text), "\(text)")
      }
      #expect(run.model.card.contains("\(evaluation.name), \(evaluation.count) images"))
    }
    #expect(
      run.model.card.contains("5 Covid, 5 Normal") && run.model.card.contains("3 Covid, 3 Normal"))
  }

  @Test("phantoms are called SYNTHETIC in card and report, images are not")
  func synthetic() throws {
    let run = try Sample.syntheticRun.get()
    #expect(run.model.card.hasPrefix("# SYNTHETIC") && run.report.hasPrefix("SYNTHETIC"))
    for chart in [run.lossChart, run.accuracyChart, run.confusionMatrixChart] {
      #expect(chart.contains("SYNTHETIC"))
    }
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe)
      #expect(!run.model.isSynthetic)
      for text in [run.model.card, run.report, run.lossChart, run.accuracyChart] {
        #expect(!text.contains("SYNTHETIC"))
      }
      // What is known of the article's images.
      for fact in [
        "4 are of patients", "95.8 %", "94.9 %", "5 to 8 %", "children", "88.5 to 99.6 %",
      ] {
        #expect(run.model.card.contains(fact), "\(fact)")
      }
    }
  }

  @Test("nothing promises what the model cannot do")
  func promises() throws {
    let card = try Sample.syntheticRun.get().model.card
    #expect(!card.lowercased().contains("diagnos"))
    #expect(card.contains("no medical device"))
  }
}
