import Evaluation
import Foundation
import Testing

@Suite("Comparison of two models, recalibration, repeated runs")
struct ModelComparisonTests {
  @Test("differences agree with a paired bootstrap of scikit-learn's figures", arguments: 0...1)
  func agreesWithReferences(index: Int) throws {
    let golden = try Golden.read().summaries[index]
    let threshold = golden.threshold.map { DecisionThreshold($0) }
    let first = try EvaluationSummaryTests.predictions(golden, golden.first)
    let second = try EvaluationSummaryTests.predictions(golden, golden.second)
    let comparison = ModelComparison(
      .init("first", first, threshold: threshold), .init("second", second, threshold: threshold),
      on: "test", groups: golden.groups, settings: EvaluationSummaryTests.settings)
    let isBinary = first.classCount == 2
    #expect(comparison.differences.count == (isBinary ? 13 : 7))
    for difference in comparison.differences {
      let own = golden.figures[difference.kind.rawValue]
      let expected = try #require(own ?? golden.figures["\(difference.kind.rawValue) 0"])
      #expect(agrees(difference.value, expected.difference), "\(difference.kind)")
      #expect(agrees(difference.pValue, expected.pValue), "\(difference.kind)")
      let interval = try #require(difference.interval)
      #expect(
        agrees([interval.lower, interval.upper], expected.differenceInterval),
        "\(difference.kind)")
    }
    let correct = [first, second].map {
      zip($0.predictedClasses(threshold: threshold, ofClass: 0), golden.labels).map { $0 == $1 }
    }
    let test = McNemarTest(firstIsCorrect: correct[0], secondIsCorrect: correct[1])
    #expect(comparison.onlyFirstCorrect == test.onlyFirstCorrect)
    #expect(comparison.mcNemarPValue == test.exactPValue)
    let data = try JSONEncoder().encode(comparison)
    #expect(try JSONDecoder().decode(ModelComparison.self, from: data) == comparison)
    #expect(comparison.text().contains("first less second"))
  }

  @Test("a model against itself: no difference, no interval, and the reason")
  func same() throws {
    let golden = try Golden.read().summaries[0]
    let predictions = try EvaluationSummaryTests.predictions(golden, golden.first)
    let comparison = ModelComparison(
      .init("a", predictions), .init("b", predictions), on: "test", groups: golden.groups,
      settings: EvaluationSummaryTests.settings)
    #expect(comparison.mcNemarPValue == 1 && comparison.onlyFirstCorrect == 0)
    for difference in comparison.differences {
      #expect(difference.value == 0 && difference.interval == nil && difference.pValue == nil)
      #expect(difference.reason?.isEmpty == false)
    }
    #expect(comparison.text(samples: "images", groups: "patients").contains("no interval"))
  }

  @Test("other samples stop the program")
  func traps() async throws {
    try expectMessage(
      of: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        func one(_ label: Int) throws -> ClassifierPredictions {
          try ClassifierPredictions(
            probabilities: [0.5], ofClass: 0, labels: [label], classNames: ["a", "b"])
        }
        _ = ModelComparison(
          .init("x", try one(0)), .init("y", try one(1)), on: "", groups: [0])
      }, "ModelComparison", "x and y", "same samples")
  }

  @Test("a temperature fitted to probabilities is that fitted to logits", arguments: 0...2)
  func temperature(index: Int) throws {
    let golden = try Golden.read().classes[index]
    let predictions = try ClassifierPredictions(
      probabilities: golden.logits.map(softmax), labels: golden.labels,
      classNames: golden.confusion.indices.map { "class \($0)" })
    let scaling = TemperatureScaling.fitted(to: predictions)
    #expect(agrees(scaling.value?.temperature, golden.temperature, within: 1e-7))
    let groups = Array(golden.labels.indices)
    let result = Recalibration(
      predictions, named: "test", by: scaling, fittedOn: "validation", groups: groups,
      settings: EvaluationSummaryTests.settings)
    let loss = try #require(result.before.first { $0.kind == .logLoss }?.value)
    let scaled = try #require(result.after.first { $0.kind == .logLoss }?.value)
    // It is the temperature of the least loss.
    #expect(scaled < loss)
    for factor in [0.9, 1.1] {
      let other = TemperatureScaling(temperature: factor * golden.temperature)
      #expect(try #require(predictions.scaled(by: other).logLoss) > scaled)
    }
    #expect(
      predictions.scaled(by: .init(temperature: 2)).predictedClasses == predictions.predictedClasses
    )
    #expect(result.text.contains("fitted on validation") && !result.isFittedHere)
    let data = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(Recalibration.self, from: data) == result)
  }

  @Test("where no temperature is best, that is said; saturated probabilities stay finite")
  func noTemperature() throws {
    let right = try ClassifierPredictions(
      probabilities: [1, 0], ofClass: 0, labels: [0, 1], classNames: ["a", "b"])
    #expect(right.logits().allSatisfy { $0.allSatisfy(\.isFinite) })
    let scaling = TemperatureScaling.fitted(to: right)
    #expect(scaling.reason?.contains("every sample is classified right") == true)
    let result = Recalibration(
      right, named: "x", by: scaling, fittedOn: "x", groups: [0, 1],
      settings: EvaluationSummaryTests.settings)
    #expect(result.after.isEmpty && result.temperature == nil && result.isFittedHere)
    #expect(result.text.contains("undefined"))
  }

  @Test("runs with their spread; a figure that a fold does not have is said to be missing there")
  func repeatedRuns() throws {
    func summary(_ labels: [Int], _ probabilities: [Double]) throws -> EvaluationSummary {
      EvaluationSummary(
        try ClassifierPredictions(
          probabilities: probabilities, ofClass: 0, labels: labels, classNames: ["a", "b"]),
        named: "fold", settings: EvaluationSummaryTests.settings)
    }
    let runs = [
      try summary([0, 0, 1, 1], [0.9, 0.8, 0.1, 0.3]), try summary([0, 1], [0.2, 0.4]),
      try summary([0, 0], [0.9, 0.4]),
    ].enumerated().map { RepeatedEvaluation.Run(seed: 5, fold: $0.offset, summary: $0.element) }
    let result = RepeatedEvaluation(runs)
    let accuracy = try #require(result.spread(of: .accuracy))
    let expected = try Spread([1, 0.5, 0.5])
    #expect(accuracy.mean == expected.mean && accuracy.definedCount == 3)
    #expect(accuracy.standardDeviation == expected.standardDeviation)
    #expect(accuracy.minimum == 0.5 && accuracy.maximum == 1)
    // Student's interval of three such figures reaches beyond both ends of what an accuracy can be.
    #expect(try #require(expected.interval()).upper > 1)
    #expect(accuracy.interval == ConfidenceInterval(lower: 0, upper: 1, level: 0.95))
    let area = try #require(result.spread(of: .areaUnderROC))
    #expect(area.definedCount == 2 && area.mean == 0.5)
    #expect(result.text.contains("(defined in 2 of 3 runs)"))
    #expect(result.text.hasPrefix("3 runs, 1 seed, 3 folds"))
    let data = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(RepeatedEvaluation.self, from: data) == result)
  }
}
