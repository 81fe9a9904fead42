import Autograd
import Datasets
import Layers
import Tensor
import TestSupport
import Testing
import Training

/// Runs that end before their last epoch: early stopping, errors, mistakes.
@Suite("Ends of a run")
struct EarlyEndTests {
  /// A trainer whose model counts epochs, and is best at the third.
  private static func makeTrainer(
    _ stopping: EarlyStopping? = nil, objective: Objective = Toy.distance(to: 3)
  ) -> Trainer<Toy.Counter, Toy.Counting> {
    Trainer(
      model: Toy.Counter(), optimizer: Toy.Counting(), objective: objective,
      earlyStopping: stopping)
  }

  @Test(
    "stops once the measure has not improved for as many epochs as are borne, with the best model",
    arguments: [EarlyStopping.Measure.validationLoss, .validationAccuracy], [1, 2, 3])
  func patience(measure: EarlyStopping.Measure, patience: Int) throws {
    var trainer = Self.makeTrainer(EarlyStopping(measure: measure, patience: patience))
    let history = try trainer.run(epochs: 20, on: Toy.ones(), validation: Toy.ones(), seed: 0)
    // Accuracy is 0, 0, 1, 0, …: with a patience of one the second zero is the end, and the first epoch the best.
    let best: Float = measure == .validationAccuracy && patience == 1 ? 1 : 3
    #expect(history.epochs.count == Int(best) + patience)
    #expect(trainer.model.count.value.item() == best)
    #expect(history.epochs.map(\.validationLoss).prefix(2) == [4, 1])
  }

  @Test("keeps the last model where it is told to")
  func withoutRestoring() throws {
    var trainer = Self.makeTrainer(EarlyStopping(patience: 2, restoresBest: false))
    let history = try trainer.run(epochs: 20, on: Toy.ones(), validation: Toy.ones(), seed: 0)
    #expect(history.epochs.count == 5 && trainer.model.count.value.item() == 5)
  }

  @Test("restores the best model after a run to its end, too")
  func runToTheEnd() throws {
    var trainer = Self.makeTrainer(EarlyStopping(patience: 10))
    let history = try trainer.run(epochs: 6, on: Toy.ones(), validation: Toy.ones(), seed: 0)
    #expect(history.epochs.count == 6 && trainer.model.count.value.item() == 3)
    var improving = Self.makeTrainer(EarlyStopping(patience: 1))
    _ = try improving.run(epochs: 2, on: Toy.ones(), validation: Toy.ones(), seed: 0)
    #expect(improving.model.count.value.item() == 2)
  }

  @Test("without early stopping all epochs run, and the last model stays")
  func withoutStopping() throws {
    var trainer = Self.makeTrainer()
    let history = try trainer.run(epochs: 6, on: Toy.ones(), validation: Toy.ones(), seed: 0)
    #expect(history.epochs.count == 6 && trainer.model.count.value.item() == 6)
  }

  @Test(
    "a loss that is no number ends the run with its step, before the model is moved",
    arguments: [Float.nan, .infinity])
  func lossNotFinite(value: Float) throws {
    // Fine until the count is 4, in the second epoch of three steps.
    let objective = Objective(
      loss: { outputs, _ in
        let mean = outputs.mean()
        return mean.item() < 4 ? mean : mean * Variable(Tensor(value))
      }, probabilities: { .concatenated([1 - $0, $0], alongAxis: 1) })
    var trainer = Self.makeTrainer(objective: objective)
    let error = #expect(throws: TrainingError.self) {
      _ = try trainer.run(epochs: 5, on: Toy.loader(), seed: 0)
    }
    guard case .lossNotFinite(step: 5, loss: let loss) = error else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(!loss.isFinite)
    #expect(
      error?.description == "training: the loss of step 5 is \(loss); try a smaller learning rate")
    #expect(trainer.model.count.value.item() == 4)
  }

  @Test("what the report throws ends the run at once, with the model of that step")
  func reportThrows() throws {
    struct Enough: Error, Equatable {}
    for limit in 1...5 {
      var trainer = Self.makeTrainer()
      var events = 0
      #expect(throws: Enough()) {
        _ = try trainer.run(epochs: 5, on: Toy.loader(stepsPerEpoch: 3), seed: 0) { _ in
          events += 1
          if events == limit { throw Enough() }
        }
      }
      // The fourth event is the end of the first epoch of three steps.
      #expect(events == limit && trainer.model.count.value.item() == [1, 2, 3, 3, 4][limit - 1])
    }
  }

  @Test("events come in order, with running means")
  func events() throws {
    var trainer = Self.makeTrainer(objective: Toy.distance(to: 0))
    var seen: [String] = []
    let history = try trainer.run(epochs: 2, on: Toy.loader(stepsPerEpoch: 2), seed: 0) { event in
      switch event {
      case .step(let step):
        seen.append("\(step.epoch)/\(step.epochs) \(step.step)/\(step.steps) \(step.loss)")
      case .epoch(let epoch): seen.append("epoch \(epoch.number) \(epoch.loss)")
      }
    }
    // Losses 0, 1 in batches of 4 and 4; then 4, 9 in batches of 2 and 4.
    let second = (2.0 * 4 + 4 * 9) / 6
    #expect(
      seen == [
        "1/2 1/2 0.0", "1/2 2/2 0.5", "epoch 1 0.5",
        "2/2 1/2 4.0", "2/2 2/2 \(second)", "epoch 2 \(second)",
      ])
    #expect(history.epochs.map(\.loss) == [0.5, second])
    #expect(history.epochs.allSatisfy { $0.validationLoss == nil && $0.validationAccuracy == nil })
  }

  /// A source with a sample that cannot be read.
  private struct Broken: SampleSource {
    struct Unreadable: Error, Equatable {}
    let count = 6
    func label(at index: Int) -> Int { 0 }
    func sample(at index: Int) throws -> Tensor<Float> {
      if index == 4 { throw Unreadable() }
      return .zeros([1])
    }
  }

  @Test("a sample that cannot be read ends the run with its error", arguments: [0, 2])
  func unreadable(workers: Int) throws {
    let loader = try Loader(
      Broken(), transform: UnchangedTensors(shape: [1]), batchSize: 2, workers: workers)
    var trainer = Self.makeTrainer()
    #expect(throws: Broken.Unreadable()) { _ = try trainer.run(epochs: 3, on: loader, seed: 0) }
    #expect(trainer.model.count.value.item() == 2)
    #expect(throws: Broken.Unreadable()) {
      _ = try evaluate(trainer.model, objective: Toy.distance(to: 0), on: loader)
    }
  }

  /// A source that announces a step more than it has.
  private struct Overstated: BatchSource {
    let loader: Loader<TensorSamples, UnchangedTensors>
    var stepsPerEpoch: Int { loader.stepsPerEpoch + 1 }
    var sampleCount: Int { loader.sampleCount }
    func batches(epochs: Range<Int>) -> BatchStream { loader.batches(epochs: epochs) }
  }

  @Test("a source that runs dry is an error that names the step")
  func noBatch() throws {
    let source = Overstated(loader: try Toy.loader())
    var trainer = Self.makeTrainer()
    let error = #expect(throws: TrainingError.self) {
      _ = try trainer.run(epochs: 1, on: source, seed: 0)
    }
    #expect(error == .noBatch(epoch: 1, step: 4))
    #expect(error?.description == "training: there is no batch for epoch 1, step 4")
  }

  static let traps: Traps = [
    "Trainer: needs 1 epoch or more, got 0": {
      var trainer = makeTrainer()
      _ = try? trainer.run(epochs: 0, on: Toy.ones(), seed: 0)
    },
    "Trainer: early stopping needs validation, and this run has none": {
      var trainer = makeTrainer(EarlyStopping(patience: 1))
      _ = try? trainer.run(epochs: 1, on: Toy.ones(), seed: 0)
    },
    "EarlyStopping: needs a patience of 1 or more, got 0": { _ = EarlyStopping(patience: 0) },
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
