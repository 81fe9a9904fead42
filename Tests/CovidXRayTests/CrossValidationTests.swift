import CovidXRay
import Datasets
import Evaluation
import Foundation
import Testing

@Suite("Cross-validation")
struct CrossValidationTests {
  private static var recipe: TrainingRecipe {
    var recipe = Sample.recipe
    recipe.epochs = 1
    recipe.stepsPerEpoch = 1
    return recipe
  }

  private static var settings: EvaluationSummary.Settings {
    var settings = EvaluationSummary.Settings()
    settings.resampleCount = 100
    return settings
  }

  /// The patient of a film: films 0 and 1 of a class and part show the same.
  @Sendable private static func patient(_ path: String) -> String? {
    path.replacing("/1.png", with: "/0.png")
  }

  @Test("every film is measured once a seed, by a network that has not seen its patient")
  func folds() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let plan = CrossValidation(
        recipe: Self.recipe, folds: 3, seeds: [4, 5], settings: Self.settings)
      var trainedOn: [[Int]] = []
      let result = try plan.run(
        on: folder, patients: Self.patient,
        report: { _, _, event in
          if case .ready(let training, let validation, _) = event {
            trainedOn.append(training)
            #expect(zip(training, validation).map { $0 + $1 } == [5, 5])
          }
        })
      #expect(trainedOn.count == 6)
      #expect(result.runs.map(\.seed) == [4, 4, 4, 5, 5, 5])
      #expect(result.runs.map(\.fold) == [0, 1, 2, 0, 1, 2])
      for seed in [UInt64(4), 5] {
        let runs = result.runs.filter { $0.seed == seed }
        let names = runs.flatMap(\.films.films.sampleNames)
        #expect(names.count == 10 && Set(names).count == 10)
        let patients = runs.map { Set($0.films.films.sampleNames.compactMap(Self.patient)) }
        for (index, one) in patients.enumerated() {
          for other in patients[(index + 1)...] { #expect(one.isDisjoint(with: other)) }
        }
      }
      #expect(result.pooled.count == 2 && result.pooled.allSatisfy { $0.films.count == 10 })
      #expect(result.patientCount == 6)
      let accuracy = try #require(result.evaluation.spread(of: .accuracy))
      let own = result.runs.compactMap { $0.films.summary[.accuracy]?.value }
      #expect(accuracy.mean == (try Spread(own)).mean && accuracy.runCount == 6)
      // The pooled loss is the mean over films.
      let losses = result.runs[..<3].map { $0.films.films.loss * Double($0.films.films.count) }
      #expect(abs(result.pooled[0].films.loss - losses.reduce(0, +) / 10) < 1e-12)
      let html = result.html(title: "T", recipe: Self.recipe)
      #expect(html.contains("6 runs: 3 folds, 2 seeds, 10 images of 6 patients"))
      #expect(html.contains("How every figure varies between runs"))
    }
  }

  @Test(
    "careful training inside a fold leaves out whole patients as well, to stop and to choose by")
  func carefulFolds() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      var recipe = CarefulTrainingTests.recipe
      recipe.epochs = 1
      recipe.stepsPerEpoch = 1
      let plan = CrossValidation(recipe: recipe, folds: 3, seeds: [4], settings: Self.settings)
      func notes(_ patients: ((String) -> String?)?) throws -> [String] {
        var notes: [String] = []
        _ = try plan.run(
          on: folder, patients: patients,
          report: { _, _, event in if case .note(let text) = event { notes.append(text) } })
        return notes
      }
      // Three patients of each class, one of whom is measured.
      let known = try notes(Self.patient)
      #expect(known.count == 3)
      for note in known {
        #expect(note.hasSuffix(" films of 4 patients in 2 parts, no patient in two."))
      }
      let unknown = try notes(nil)
      #expect(unknown.count == 3)
      for note in unknown { #expect(note.hasPrefix("Patients are not known")) }
    }
  }

  @Test("the same plan gives the same figures, another seed other ones")
  func repeats() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      func losses(_ seed: UInt64) throws -> [Double] {
        try CrossValidation(
          recipe: Self.recipe, folds: 2, seeds: [seed], settings: Self.settings
        ).run(on: folder).runs.map(\.films.films.loss)
      }
      #expect(try losses(1) == losses(1))
      #expect(try losses(1) != losses(2))
    }
  }

  @Test("without folds, every seed trains and measures on the parts as they are")
  func seedsOnly() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let result = try CrossValidation(
        recipe: Self.recipe, folds: nil, seeds: [1, 2], settings: Self.settings
      ).run(on: folder)
      #expect(result.runs.map(\.fold) == [nil, nil] && result.pooled.isEmpty)
      #expect(result.runs.allSatisfy { $0.films.films.count == 4 })
      #expect(result.patientCount == nil)
      var recipe = Self.recipe
      recipe.seed = 2
      let run = try CovidClassifier.train(on: folder, recipe: recipe)
      #expect(run.validation.loss == result.runs[1].films.films.loss)
    }
  }

  @Test("more folds than patients of a class cannot be dealt, and the message says so")
  func tooMany() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let plan = CrossValidation(recipe: Self.recipe, folds: 4, seeds: [1])
      let error = #expect(throws: PartitionError.self) {
        try plan.run(on: folder, patients: Self.patient)
      }
      #expect(error?.description.contains("3 groups, too few for 4 parts") == true)
    }
  }
}
