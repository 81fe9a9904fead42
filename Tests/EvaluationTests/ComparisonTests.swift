import Evaluation
import Testing

@Suite("McNemar's test")
struct McNemarTests {
  @Test("a small table, by hand")
  func byHand() {
    let test = McNemarTest(
      firstIsCorrect: [true, true, true, false, false],
      secondIsCorrect: [true, false, false, true, false])
    #expect(test == McNemarTest(onlyFirstCorrect: 2, onlySecondCorrect: 1))
    #expect(test.exactPValue == 1)
    #expect(agrees(McNemarTest(onlyFirstCorrect: 0, onlySecondCorrect: 5).exactPValue, 2.0 / 32))
  }

  @Test("p-values agree with SciPy")
  func agreesWithSciPy() throws {
    let rows = try Golden.read().mcnemar
    #expect(rows.count == 7)
    for row in rows {
      let test = McNemarTest(onlyFirstCorrect: row.counts[0], onlySecondCorrect: row.counts[1])
      #expect(agrees(test.exactPValue, row.exact), "\(row.counts)")
      #expect(agrees(test.chiSquared(), row.corrected), "\(row.counts)")
      #expect(agrees(test.chiSquared(continuityCorrection: false), row.plain))
      #expect(agrees(test.chiSquaredPValue(), row.correctedPValue))
      #expect(agrees(test.chiSquaredPValue(continuityCorrection: false), row.plainPValue))
    }
  }

  @Test("a negative count stops the program")
  func rejectsNegative() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = McNemarTest(onlyFirstCorrect: -1, onlySecondCorrect: 0) }
    try expectMessage(of: result, "McNemarTest", "-1")
  }

  @Test("different samples stop the program")
  func rejectsLengths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = McNemarTest(firstIsCorrect: [true], secondIsCorrect: []) }
    try expectMessage(of: result, "same samples", "1 and 0")
  }
}

@Suite("Bootstrap")
struct BootstrapTests {
  private static func area(_ scores: [Double], _ truth: [Bool]) -> ([Int]) -> Double? {
    { indices in
      try? BinaryScores(scores, isPositive: truth).selecting(indices).areaUnderROC().value?.value
    }
  }

  private func expect(
    _ estimate: Bootstrap.Estimate?, _ expected: Golden.BootstrapSummary
  ) throws {
    let estimate = try #require(estimate)
    #expect(agrees([estimate.interval.lower, estimate.interval.upper], expected.interval90))
    #expect(agrees(estimate.standardError, expected.standardError))
    #expect(estimate.undefinedCount == expected.undefined)
  }

  @Test("intervals agree with a port of the draws to NumPy, by sample and by group")
  func agreesWithNumPy() throws {
    let golden = try Golden.read().bootstrap
    let bootstrap = Bootstrap(resampleCount: golden.resamples, level: 0.9, seed: golden.seed)
    let (first, second) = (
      Self.area(golden.first, golden.truth), Self.area(golden.second, golden.truth)
    )
    let count = golden.truth.count
    try expect(
      bootstrap.estimate(sampleCount: count, statistic: first).value, golden.independent)
    try expect(
      bootstrap.estimate(sampleCount: count, groups: golden.groups, statistic: first).value,
      golden.grouped)
    let comparison = try #require(
      bootstrap.comparison(
        sampleCount: count, groups: golden.groups, first: first, second: second
      ).value)
    try expect(comparison.difference, golden.difference)
    #expect(agrees(comparison.pValue, golden.difference.pValue))
  }

  @Test("the example of the documentation")
  func example() throws {
    let patients = ["a", "a", "b", "c", "d", "d", "e", "f"]
    let predictions = try ClassifierPredictions(
      probabilities: [0.9, 0.8, 0.7, 0.6, 0.4, 0.1, 0.2, 0.7], ofClass: 0,
      labels: [0, 0, 0, 0, 1, 1, 1, 1], classNames: ["Covid", "Normal"])
    let bootstrap = Bootstrap(seed: 1)
    let estimate = bootstrap.estimate(sampleCount: predictions.count, groups: patients) { indices in
      predictions.selecting(indices).confusionMatrix().balancedAccuracy
    }
    let value = try #require(estimate.value)
    #expect(value.value == 0.875)
    #expect(value.interval.contains(0.875) && value.interval.lower < 0.8)
  }

  @Test("resamples of one class are counted, not invented")
  func undefinedResamples() throws {
    let golden = try Golden.read().bootstrap
    let bootstrap = Bootstrap(resampleCount: golden.resamples, level: 0.9, seed: golden.seed)
    let estimate = bootstrap.estimate(
      sampleCount: golden.scarceTruth.count,
      statistic: Self.area(golden.scarceScores, golden.scarceTruth)
    ).value
    #expect(golden.scarce.undefined > 20)
    try expect(estimate, golden.scarce)
  }

  @Test("the interval of a mean is about as wide as the normal one")
  func meanOfMany() throws {
    let values = (0..<200).map { Double(($0 * 7919) % 200) / 200 }
    let estimate = try #require(
      Bootstrap(seed: 3).estimate(sampleCount: 200) { indices in
        indices.reduce(0) { $0 + values[$1] } / 200
      }.value)
    // Values are evenly spread over 0..<1: variance 1/12. Two thousand resamples leave about 3 % of noise.
    let error = (1.0 / 12 / 200).squareRoot()
    #expect(abs(try #require(estimate.standardError) / error - 1) < 0.1)
    #expect(abs((estimate.interval.upper - estimate.interval.lower) / (3.92 * error) - 1) < 0.1)
    #expect(estimate.interval.contains(estimate.value))
  }

  @Test("samples that repeat within a group widen the interval as fewer samples would")
  func groupsWiden() throws {
    // Each of 30 values four times, as four films of one patient.
    let values = (0..<120).map { Double(($0 / 4 * 11) % 30) }
    func width(_ groups: [Int]) throws -> Double {
      let interval = try #require(
        Bootstrap(seed: 9).estimate(sampleCount: 120, groups: groups) { indices in
          indices.reduce(0) { $0 + values[$1] } / Double(indices.count)
        }.value
      ).interval
      return interval.upper - interval.lower
    }
    let ratio = try width((0..<120).map { $0 / 4 }) / width(Array(0..<120))
    #expect(abs(ratio - 2) < 0.25)
  }

  @Test("the seed decides, and nothing else")
  func seeds() {
    let statistic: ([Int]) -> Double? = { Double($0.reduce(0, +)) }
    let one = Bootstrap(resampleCount: 50, seed: 1).estimate(sampleCount: 20, statistic: statistic)
    let again = Bootstrap(resampleCount: 50, seed: 1).estimate(
      sampleCount: 20, statistic: statistic)
    let other = Bootstrap(resampleCount: 50, seed: 2).estimate(
      sampleCount: 20, statistic: statistic)
    #expect(one == again)
    #expect(one != other)
  }

  @Test("equal classifiers do not differ")
  func equal() throws {
    let statistic: ([Int]) -> Double? = { Double($0.max() ?? 0) }
    let comparison = try #require(
      Bootstrap(resampleCount: 100, seed: 1).comparison(
        sampleCount: 8, first: statistic, second: statistic
      ).value)
    #expect(comparison.difference.value == 0)
    #expect(comparison.pValue == 1)
  }

  @Test("a statistic that the samples do not have is undefined, and the reason is said")
  func undefined() throws {
    let bootstrap = Bootstrap(resampleCount: 10, seed: 1)
    let none = bootstrap.estimate(sampleCount: 5) { _ in nil }
    #expect(try #require(none.reason).contains("as they are"))
    let notANumber = bootstrap.estimate(sampleCount: 5) { _ in .nan }
    #expect(notANumber.value == nil)
    let never = bootstrap.estimate(sampleCount: 5) { $0 == [0, 1, 2, 3, 4] ? 1 : nil }
    #expect(try #require(never.reason).contains("no resample"))
  }

  @Test("groups of another number stop the program")
  func rejectsGroups() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Bootstrap(seed: 1).estimate(sampleCount: 3, groups: ["a"]) { _ in 0 } }
    try expectMessage(of: result, "3 samples", "1 groups")
  }

  @Test("no resamples stop the program")
  func rejectsNone() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Bootstrap(resampleCount: 0, seed: 1) }
    try expectMessage(of: result, "Bootstrap", "got 0")
  }
}

@Suite("Spread between runs")
struct SpreadTests {
  @Test("mean, deviation and interval agree with SciPy")
  func agreesWithSciPy() throws {
    let golden = try Golden.read().spread
    let spread = try Spread(golden.values)
    #expect(agrees(spread.mean, golden.mean))
    #expect(agrees(spread.standardDeviation, golden.deviation))
    let interval = try #require(spread.interval())
    #expect(agrees([interval.lower, interval.upper], golden.interval95))
    #expect(spread.minimum == 0.933)
    #expect(spread.maximum == 0.983)
  }

  @Test("a single run has a mean, but no spread")
  func single() throws {
    let spread = try Spread([0.5])
    #expect(spread.mean == 0.5)
    #expect(spread.standardDeviation == nil)
    #expect(spread.interval() == nil)
  }

  @Test("a run that diverged is refused, and named")
  func refusesNaN() {
    let error = #expect(throws: InvalidScores.self) { try Spread([0.5, .nan]) }
    #expect(error?.description.contains("run 1") == true)
  }

  @Test("no runs stop the program")
  func rejectsNone() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Spread([]) }
    try expectMessage(of: result, "Spread", "one result")
  }
}
