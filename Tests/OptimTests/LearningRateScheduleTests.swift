import Checkpoints
import Optim
import Tensor
import TestSupport
import Testing

@Suite("Learning-rate schedules")
struct LearningRateScheduleTests {
  /// The schedules of the golden file, in our words.
  static let schedules: [String: LearningRateSchedule] = [
    "step": .steps(from: 0.1, factor: 0.5, every: 30),
    "exponential": .exponential(from: 0.1, factor: 0.97, every: 1),
    "exponential.keras": .exponential(from: 0.1, factor: 0.5, every: 20),
    "exponential.keras.stairs": .steps(from: 0.1, factor: 0.5, every: 20),
    "cosine": .cosine(from: 0.1, to: 0.001, steps: 100),
    "warmUpCosine.pytorch": .cosine(from: 0.1, to: 0.001, steps: 100).warmedUp(steps: 10),
    "piecewise.pytorch": .piecewise(boundaries: [20, 60], rates: [0.1, 0.05, 0.025]),
    // Keras changes the rate after the step that it names.
    "piecewise.keras": .piecewise(boundaries: [21, 61], rates: [0.1, 0.05, 0.025]),
    // Keras warms up from a rate of its own, which ours has no word for.
    "warmUpCosine": LearningRateSchedule { step in
      let cosine = LearningRateSchedule.cosine(from: 0.1, to: 0.001, steps: 100)
      return step < 10 ? 0.01 + 0.09 * Double(step) / 10 : cosine(step - 10)
    },
  ]

  @Test("agree with Keras and PyTorch at 130 steps", arguments: schedules.keys.sorted())
  func agrees(name: String) throws {
    let schedule = try #require(Self.schedules[name])
    // Names of this file have no slash, so it has no cases.
    let expected = try Golden(named: "schedules").tensor(name, as: Double.self)
    #expect(expected.count == 130)
    let rates = Tensor((0..<130).map { schedule($0) }, shape: [130])
    // Rates fall to 1e-3 and below, and each counts.
    #expect((rates / expected).largestEntryError(to: .ones([130])) < 1e-12)
  }

  @Test("all schedules of the file take part")
  func isComplete() throws {
    let golden = try Golden(named: "schedules")
    #expect(Set(golden.file.names) == Set(Self.schedules.keys))
  }

  @Test("a constant stays, and a warm-up reaches the first rate with its last step")
  func byHand() {
    #expect([0, 1, 1000].map { LearningRateSchedule.constant(0.5)($0) } == [0.5, 0.5, 0.5])
    let warmed = LearningRateSchedule.constant(1).warmedUp(steps: 4)
    #expect((0..<6).map { warmed($0) } == [0.25, 0.5, 0.75, 1, 1, 1])
    let stairs = LearningRateSchedule.steps(from: 8, factor: 0.5, every: 2)
    #expect((0..<5).map { stairs($0) } == [8, 8, 4, 4, 2])
    let pieces = LearningRateSchedule.piecewise(boundaries: [], rates: [3])
    #expect(pieces(0) == 3 && pieces(9) == 3)
    let cosine = LearningRateSchedule.cosine(from: 2, steps: 10)
    #expect(cosine(0) == 2 && abs(cosine(5) - 1) < 1e-15 && cosine(10) == 0 && cosine(99) == 0)
  }

  static let traps: Traps = [
    "LearningRateSchedule: needs a positive number of steps, got 0": {
      _ = LearningRateSchedule.steps(from: 1, factor: 0.5, every: 0)
    },
    "LearningRateSchedule: needs a positive number of steps, got -1": {
      _ = LearningRateSchedule.exponential(from: 1, factor: 0.5, every: -1)
    },
    "LearningRateSchedule: needs a positive number of steps, got -2": {
      _ = LearningRateSchedule.cosine(from: 1, steps: -2)
    },
    "LearningRateSchedule: needs a positive number of steps, got -3": {
      _ = LearningRateSchedule.constant(1).warmedUp(steps: -3)
    },
    "LearningRateSchedule: needs ascending boundaries and one rate more, got [3, 2], [1.0, 2.0, 3.0]":
      {
        _ = LearningRateSchedule.piecewise(boundaries: [3, 2], rates: [1, 2, 3])
      },
    "LearningRateSchedule: needs ascending boundaries and one rate more, got [3], [1.0]": {
      _ = LearningRateSchedule.piecewise(boundaries: [3], rates: [1])
    },
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}
