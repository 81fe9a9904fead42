import Evaluation
import Foundation
import Testing

@Suite("Temperature scaling")
struct TemperatureScalingTests {
  @Test("three samples of one logit, by hand")
  func byHand() throws {
    // Two of three right at the same logit 1: the best probability is 2/3, so z / T = log 2.
    let fitted = try TemperatureScaling.fitted(
      logits: [[0, 1], [0, 1], [0, 1]], labels: [1, 1, 0])
    let scaling = try #require(fitted.value)
    #expect(agrees(scaling.temperature, 1 / log(2.0), within: 1e-13))
    #expect(agrees(scaling.probabilities(logits: [0, 1]), [1.0 / 3, 2.0 / 3]))
  }

  @Test("the temperature agrees with a root found by SciPy", arguments: 0...2)
  func agreesWithSciPy(index: Int) throws {
    let golden = try Golden.read().classes[index]
    let fitted = try TemperatureScaling.fitted(logits: golden.logits, labels: golden.labels)
    #expect(agrees(fitted.value?.temperature, golden.temperature))
  }

  @Test("logits times a number have a temperature times that number", arguments: [1e-6, 0.5, 1e6])
  func scales(factor: Double) throws {
    let golden = try Golden.read().classes[1]
    let fitted = try TemperatureScaling.fitted(
      logits: golden.logits.map { $0.map { $0 * factor } }, labels: golden.labels)
    #expect(agrees(fitted.value.map { $0.temperature / factor }, golden.temperature))
  }

  @Test("after scaling, the mean logit under the model is the mean true logit")
  func stationary() throws {
    let golden = try Golden.read().classes[2]
    let scaling = try #require(
      try TemperatureScaling.fitted(logits: golden.logits, labels: golden.labels).value)
    var slope = 0.0
    for (row, label) in zip(golden.logits, golden.labels) {
      slope += zip(scaling.probabilities(logits: row), row).reduce(-row[label]) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(slope) < 1e-10)
  }

  @Test("where every sample is right, none is best, and the reason is said")
  func allRight() throws {
    let fitted = try TemperatureScaling.fitted(logits: [[0, 1], [3, 1]], labels: [1, 0])
    #expect(try #require(fitted.reason).contains("classified right"))
  }

  @Test("where the logits mislead, none is best, and the reason is said")
  func misleading() throws {
    let fitted = try TemperatureScaling.fitted(logits: [[0, 1], [3, 1]], labels: [0, 1])
    #expect(try #require(fitted.reason).contains("chance"))
    let flat = try TemperatureScaling.fitted(logits: [[1, 1]], labels: [0])
    #expect(flat.value == nil)
    #expect(
      try TemperatureScaling.fitted(logits: [], labels: []).reason?.contains("no samples") == true)
  }

  @Test("large logits do not overflow")
  func large() {
    let probabilities = TemperatureScaling(temperature: 1).probabilities(logits: [5000, 5001])
    #expect(agrees(probabilities, softmax([0, 1])))
  }

  @Test("a logit that is not finite is refused, and the message names the sample")
  func refusesNonFinite() {
    let error = #expect(throws: InvalidScores.self) {
      try TemperatureScaling.fitted(logits: [[0, 1], [.infinity, 0]], labels: [0, 0])
    }
    #expect(error?.description.contains("sample 1") == true)
  }

  @Test("a temperature of zero stops the program")
  func rejectsZero() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = TemperatureScaling(temperature: 0) }
    try expectMessage(of: result, "positive temperature", "0.0")
  }

  @Test("a ragged row stops the program")
  func rejectsRagged() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try TemperatureScaling.fitted(logits: [[0, 1], [1]], labels: [0, 0]) }
    try expectMessage(of: result, "sample 1", "1 logits")
  }

  @Test("labels of another number stop the program")
  func rejectsLengths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try TemperatureScaling.fitted(logits: [[0, 1]], labels: [0, 0]) }
    try expectMessage(of: result, "1 rows", "2 labels")
  }
}
