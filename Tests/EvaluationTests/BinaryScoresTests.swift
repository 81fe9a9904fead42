import Evaluation
import Testing

@Suite("Binary scores, their curves and areas")
struct BinaryScoresTests {
  /// Two positives and two negatives, one pair in the wrong order.
  private func example() throws -> BinaryScores {
    try BinaryScores([0.9, 0.7, 0.4, 0.1], isPositive: [true, false, true, false])
  }

  private static let cases = ["small", "ties", "rare", "worse than chance"]

  @Test("a curve of four samples, by hand")
  func byHand() throws {
    let curve = try #require(try example().rocCurve().value)
    #expect(curve.points.map(\.threshold) == [.infinity, 0.9, 0.7, 0.4, 0.1])
    #expect(curve.points.map(\.sensitivity) == [0, 0.5, 0.5, 1, 1])
    #expect(curve.points.map(\.falsePositiveRate) == [0, 0, 0.5, 0.5, 1])
    #expect(curve.area == 0.75)
    let precisions = try #require(try example().precisionRecallCurve().value)
    #expect(precisions.points.map(\.precision) == [1, 0.5, 2.0 / 3, 0.5])
    #expect(precisions.points.map(\.recall) == [0.5, 0.5, 1, 1])
    #expect(agrees(precisions.averagePrecision, 0.5 + 0.5 * 2 / 3))
    #expect(precisions.prevalence == Proportion(2, of: 4))
  }

  @Test("curves agree with scikit-learn", arguments: cases)
  func curves(name: String) throws {
    let golden = try #require(try Golden.read().binary[name])
    let scores = try BinaryScores(golden.scores, isPositive: golden.truth)
    let curve = try #require(scores.rocCurve().value)
    #expect(agrees(curve.points.map(\.falsePositiveRate), golden.falsePositiveRate))
    #expect(agrees(curve.points.map(\.sensitivity), golden.sensitivity))
    #expect(curve.points.dropFirst().map(\.threshold) == golden.thresholds)
    #expect(agrees(curve.area, golden.area))
    let precisions = try #require(scores.precisionRecallCurve().value)
    // scikit-learn ends its curve where recall is complete; ours goes on to the lowest score.
    let points = precisions.points.prefix(golden.cuts.count)
    #expect(points.map(\.threshold) == golden.cuts)
    #expect(agrees(points.map(\.precision), golden.precision))
    #expect(agrees(points.map(\.recall), golden.recall))
    #expect(agrees(precisions.averagePrecision, golden.averagePrecision))
  }

  @Test(
    "area, standard error and interval agree with DeLong's formulas over all pairs",
    arguments: cases)
  func delong(name: String) throws {
    let golden = try #require(try Golden.read().binary[name])
    let area = try #require(
      try BinaryScores(golden.scores, isPositive: golden.truth).areaUnderROC().value)
    #expect(agrees(area.value, golden.area))
    #expect(agrees(area.standardError, golden.areaError))
    let interval = try #require(area.interval.value)
    #expect(agrees([interval.lower, interval.upper], golden.areaInterval95))
  }

  @Test("thresholds agree with scikit-learn's curve", arguments: cases)
  func thresholds(name: String) throws {
    let golden = try #require(try Golden.read().binary[name])
    let curve = try #require(
      try BinaryScores(golden.scores, isPositive: golden.truth).rocCurve().value)
    #expect(curve.youdenPoint.threshold == golden.youdenThreshold ?? .infinity)
    #expect(curve.point(forSensitivity: 0.9).threshold == golden.thresholdAtSensitivity90)
    #expect(curve.point(forSensitivity: 0).threshold == .infinity)
    #expect(curve.point(forSensitivity: 1).sensitivity == 1)
  }

  @Test("a chosen point gives the counts that its threshold gives")
  func pointCounts() throws {
    let golden = try #require(try Golden.read().binary["ties"])
    let curve = try #require(
      try BinaryScores(golden.scores, isPositive: golden.truth).rocCurve().value)
    let point = curve.point(forSensitivity: 0.8)
    let called = golden.scores.map { $0 >= point.threshold }
    #expect(point.truePositives.successes == zip(called, golden.truth).count { $0 && $1 })
    #expect(point.falsePositives.successes == zip(called, golden.truth).count { $0 && !$1 })
    #expect(point.trueNegatives.successes == zip(called, golden.truth).count { !$0 && !$1 })
    #expect(agrees(point.youdenIndex, point.sensitivity + point.specificity - 1))
  }

  @Test("only the order of scores matters")
  func monotone() throws {
    let golden = try #require(try Golden.read().binary["ties"])
    let plain = try BinaryScores(golden.scores, isPositive: golden.truth)
    let cubed = try BinaryScores(
      golden.scores.map { $0 * $0 * $0 - 5 }, isPositive: golden.truth)
    #expect(plain.areaUnderROC() == cubed.areaUnderROC())
  }

  @Test("turning scores round turns the area round")
  func reversed() throws {
    let golden = try #require(try Golden.read().binary["ties"])
    let area = try #require(
      try BinaryScores(golden.scores.map { -$0 }, isPositive: golden.truth).areaUnderROC().value)
    #expect(agrees(area.value, 1 - golden.area))
    #expect(agrees(area.standardError, golden.areaError))
  }

  @Test("scores that are all the same rank nothing")
  func allTied() throws {
    let scores = try BinaryScores([1, 1, 1, 1], isPositive: [true, false, true, false])
    let curve = try #require(scores.rocCurve().value)
    #expect(curve.points.count == 2)
    #expect(curve.area == 0.5)
    let area = try #require(scores.areaUnderROC().value)
    #expect(area.value == 0.5)
    #expect(try #require(area.interval.reason).contains("no variance"))
  }

  @Test("infinite scores are ranked as the ends")
  func infinite() throws {
    let scores = try BinaryScores(
      [.infinity, 0.2, -.infinity], isPositive: [true, true, false])
    #expect(scores.areaUnderROC().value?.value == 1)
  }

  @Test("perfect separation has an area but no interval of width zero")
  func perfect() throws {
    let scores = try BinaryScores([0.9, 0.8, 0.2, 0.1], isPositive: [true, true, false, false])
    let area = try #require(scores.areaUnderROC().value)
    #expect(area.value == 1)
    #expect(area.standardError == 0)
    #expect(try #require(area.interval.reason).contains("area of 1.0"))
  }

  @Test("a single positive has an area but no variance")
  func singlePositive() throws {
    let scores = try BinaryScores([0.9, 0.8, 0.2], isPositive: [false, true, false])
    let area = try #require(scores.areaUnderROC().value)
    #expect(area.value == 0.5)
    #expect(area.standardError == nil)
    #expect(try #require(area.interval.reason).contains("single positive"))
  }

  @Test("one class alone has no area, and the reason is said")
  func oneClass() throws {
    let positives = try BinaryScores([0.1, 0.9], isPositive: [true, true])
    #expect(try #require(positives.areaUnderROC().reason).contains("all 2 samples are positive"))
    #expect(positives.rocCurve().value == nil)
    #expect(positives.precisionRecallCurve().value?.averagePrecision == 1)
    let negatives = try BinaryScores([0.1, 0.9], isPositive: [false, false])
    #expect(try #require(negatives.areaUnderROC().reason).contains("none of the 2"))
    #expect(try #require(negatives.precisionRecallCurve().reason).contains("none of the 2"))
    let none = try BinaryScores([], isPositive: [])
    #expect(try #require(none.rocCurve().reason).contains("no samples"))
    #expect(try #require(none.precisionRecallCurve().reason).contains("no samples"))
  }

  @Test("a score that is not a number is refused, and the message names it")
  func refusesNaN() {
    let error = #expect(throws: InvalidScores.self) {
      try BinaryScores([0.1, .nan], isPositive: [true, false])
    }
    #expect(error?.description == "the score of sample 1 is not a number")
  }

  @Test("ranks of equal values are shared")
  func ranks() {
    #expect(midranks([3, 1, 3, 2, 3]) == [4, 1, 4, 2, 4])
    #expect(midranks([]) == [])
  }

  @Test("a selection may repeat samples")
  func selecting() throws {
    let chosen = try example().selecting([3, 0, 0])
    #expect(chosen.scores == [0.1, 0.9, 0.9])
    #expect(chosen.isPositive == [false, true, true])
  }

  @Test("scores and truths of different number stop the program")
  func rejectsLengths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try BinaryScores([1, 2], isPositive: [true]) }
    try expectMessage(of: result, "2 scores", "1 truths")
  }

  @Test("an index outside the samples stops the program")
  func rejectsIndex() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try BinaryScores([1], isPositive: [true]).selecting([1]) }
    try expectMessage(of: result, "selecting", "0..<1")
  }

  @Test("a sensitivity above 1 stops the program")
  func rejectsSensitivity() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let scores = try BinaryScores([1, 0], isPositive: [true, false])
      _ = scores.rocCurve().value?.point(forSensitivity: 90)
    }
    try expectMessage(of: result, "sensitivity", "90")
  }
}
