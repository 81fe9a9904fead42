import Evaluation
import Testing

@Suite("Predictions of a classifier, and their calibration")
struct ClassifierPredictionsTests {
  private static func predictions(_ golden: Golden.Classes) throws -> ClassifierPredictions {
    try ClassifierPredictions(
      probabilities: golden.logits.map(softmax), labels: golden.labels,
      classNames: golden.confusion.indices.map { "class \($0)" })
  }

  @Test("three samples, by hand")
  func byHand() throws {
    let predictions = try ClassifierPredictions(
      probabilities: [0.75, 0.5, 0.125], ofClass: 1, labels: [1, 0, 0],
      classNames: ["Covid", "Normal"])
    #expect(predictions.probabilities == [0.25, 0.75, 0.5, 0.5, 0.875, 0.125])
    // Equal probabilities go to the first class.
    #expect(predictions.predictedClasses == [1, 0, 0])
    #expect(predictions.isCorrect == [true, true, true])
    #expect(predictions.confusionMatrix().counts == [[2, 0], [0, 1]])
    // From a probability of one half on, class 1 is called.
    #expect(predictions.confusionMatrix(threshold: 0.5, ofClass: 1).counts == [[1, 1], [0, 1]])
    #expect(predictions.confusionMatrix(threshold: 0.5, ofClass: 0).counts == [[2, 0], [0, 1]])
    #expect(agrees(predictions.brierScore, (0.0625 + 0.25 + 0.015625) / 3))
    #expect(predictions.binaryScores(ofClass: 0).isPositive == [false, true, true])
  }

  @Test("matrix, Brier score and calibration agree with the references", arguments: 0...2)
  func agreesWithReferences(index: Int) throws {
    let golden = try Golden.read().classes[index]
    let predictions = try Self.predictions(golden)
    #expect(predictions.confusionMatrix().counts == golden.confusion)
    #expect(agrees(predictions.brierScore, golden.brier))
    let calibration = predictions.confidenceCalibration(binCount: 15)
    #expect(agrees(calibration.expectedError, golden.expectedError15))
  }

  @Test(
    "bins and errors agree with scikit-learn and Guo et al.",
    arguments: ["small", "ties", "rare", "worse than chance"])
  func calibration(name: String) throws {
    let golden = try #require(try Golden.read().binary[name])
    let predictions = try ClassifierPredictions(
      probabilities: golden.scores, ofClass: 1, labels: golden.truth.map { $0 ? 1 : 0 },
      classNames: ["negative", "positive"])
    #expect(agrees(predictions.brierScore, golden.brier))
    #expect(golden.calibration.count == 3)
    for expected in golden.calibration {
      let calibration = predictions.calibration(
        ofClass: 1, binCount: expected.bins,
        binning: expected.strategy == "uniform" ? .equalWidth : .equalCount)
      #expect(calibration.bins.count == expected.bins)
      #expect(calibration.count == golden.scores.count)
      #expect(agrees(calibration.bins.compactMap(\.outcomes.value), expected.observed))
      #expect(agrees(calibration.bins.compactMap(\.meanProbability), expected.stated))
      #expect(agrees(calibration.expectedError, expected.expectedError))
      #expect(agrees(calibration.maximumError, expected.maximumError))
    }
  }

  @Test("probabilities on an edge belong to the bin below, and 0 to the first")
  func edges() throws {
    let calibration = try Calibration(
      probabilities: [0, 0.25, 0.26, 0.5, 1], outcomes: [false, false, true, true, true],
      binCount: 4)
    #expect(calibration.bins.map(\.outcomes.count) == [2, 2, 0, 1])
    #expect(calibration.bins.map(\.lower) == [0, 0.25, 0.5, 0.75])
    #expect(calibration.bins[2].meanProbability == nil)
    #expect(calibration.bins[2].gap == nil)
    #expect(agrees(calibration.bins[1].gap, 0.38 - 1))
  }

  @Test("without samples there is no error to state")
  func empty() throws {
    for binning in [Calibration.Binning.equalWidth, .equalCount] {
      let calibration = try Calibration(probabilities: [], outcomes: [], binning: binning)
      #expect(calibration.expectedError == nil)
      #expect(calibration.maximumError == nil)
      #expect(calibration.bins.count == 10)
    }
    let none = try ClassifierPredictions(probabilities: [], labels: [], classNames: ["a", "b"])
    #expect(none.brierScore == nil)
    #expect(none.confusionMatrix().total == 0)
  }

  @Test("a selection takes rows with their labels")
  func selecting() throws {
    let golden = try Golden.read().classes[1]
    let predictions = try Self.predictions(golden)
    let chosen = predictions.selecting([5, 2, 5])
    #expect(chosen.labels == [golden.labels[5], golden.labels[2], golden.labels[5]])
    #expect(
      Array(chosen.probabilities(ofSample: 1)) == Array(predictions.probabilities(ofSample: 2)))
  }

  @Test(
    "what is no probability is refused, and the message names the sample",
    arguments: [[0.5, .nan], [1.5, -0.5], [0.5, .infinity]])
  func refusesOthers(row: [Double]) {
    let error = #expect(throws: InvalidScores.self) {
      try ClassifierPredictions(
        probabilities: [[0.5, 0.5], row], labels: [0, 1], classNames: ["a", "b"])
    }
    #expect(error?.description.contains("sample 1") == true)
    #expect(throws: InvalidScores.self) {
      try Calibration(probabilities: row, outcomes: [true, false])
    }
  }

  @Test("a row that does not sum to 1 is refused")
  func refusesSums() throws {
    let error = #expect(throws: InvalidScores.self) {
      try ClassifierPredictions(
        probabilities: [[0.5, 0.25]], labels: [0], classNames: ["a", "b"])
    }
    #expect(error?.description.contains("0.75") == true)
    // What single precision leaves is accepted.
    _ = try ClassifierPredictions(
      probabilities: [[0.3, 0.7000004]], labels: [0], classNames: ["a", "b"])
  }

  @Test("a label that names no class stops the program")
  func rejectsLabel() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try ClassifierPredictions(
        probabilities: [[0.5, 0.5]], labels: [2], classNames: ["a", "b"])
    }
    try expectMessage(of: result, "label 2")
  }

  @Test("labels of another number stop the program")
  func rejectsLengths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try ClassifierPredictions(
        probabilities: [[0.5, 0.5]], labels: [0, 1], classNames: ["a", "b"])
    }
    try expectMessage(of: result, "1 rows", "2 labels")
  }

  @Test("a row of another length stops the program")
  func rejectsRowLength() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try ClassifierPredictions(
        probabilities: [[0.5, 0.25, 0.25]], labels: [0], classNames: ["a", "b"])
    }
    try expectMessage(of: result, "3 numbers", "not 2")
  }

  @Test("a threshold among three classes stops the program")
  func rejectsThreshold() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try ClassifierPredictions(
        probabilities: [[0.5, 0.25, 0.25]], labels: [0], classNames: ["a", "b", "c"]
      ).confusionMatrix(threshold: 0.5, ofClass: 0)
    }
    try expectMessage(of: result, "two classes")
  }

  @Test("one probability a sample for three classes stops the program")
  func rejectsOneProbability() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try ClassifierPredictions(
        probabilities: [0.5], ofClass: 0, labels: [0], classNames: ["a", "b", "c"])
    }
    try expectMessage(of: result, "two classes")
  }

  @Test("no bins at all stop the program")
  func rejectsBins() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Calibration(probabilities: [], outcomes: [], binCount: 0) }
    try expectMessage(of: result, "Calibration", "got 0")
  }
}
