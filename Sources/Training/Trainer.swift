public import Autograd
import Datasets
import Evaluation
public import Layers
public import Optim
import Tensor

/// The loop that trains a classifier: epochs of steps, validation after each, schedules, early stopping.
///
/// ```swift
/// var trainer = Trainer(model: model, optimizer: Adam(), objective: .binaryCrossEntropy)
/// let history = try trainer.run(epochs: 10, on: training, validation: validation, seed: 42)
/// ```
///
/// The same seed and batches give the same weights, bit for bit, for any number of threads and workers.
public struct Trainer<Model: Layer<Float>, Rule: Optimizer<Float>> {
  /// The model as it is now.
  public var model: Model
  /// The optimizer with all that it remembers.
  public var optimizer: Rule
  /// What is minimised.
  public let objective: Objective
  /// The learning rate of every step, counted from 0; that of the optimizer where there is none.
  public var schedule: LearningRateSchedule?
  /// When to stop before the last epoch, if ever.
  public var earlyStopping: EarlyStopping?

  /// Gathers what training needs.
  public init(
    model: Model, optimizer: Rule, objective: Objective, schedule: LearningRateSchedule? = nil,
    earlyStopping: EarlyStopping? = nil
  ) {
    self.model = model
    self.optimizer = optimizer
    self.objective = objective
    self.schedule = schedule
    self.earlyStopping = earlyStopping
  }

  /// Trains for some epochs.
  ///
  /// - Parameters:
  ///   - epochs: How many, 1 or more.
  ///   - batches: What to train on.
  ///   - validation: What to measure on after every epoch, if anything. Early stopping needs it.
  ///   - seed: That of dropout's random numbers.
  ///   - report: Called after every step and every epoch. What it throws ends the run.
  /// - Returns: What was measured. The model is that of the last epoch, or the best where early stopping restores it.
  /// - Throws: What a batch throws that cannot be read, and `TrainingError` where the loss is no finite number any more.
  public mutating func run(
    epochs: Int, on batches: any BatchSource, validation: (any BatchSource)? = nil, seed: UInt64,
    report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> History {
    require(epochs >= 1, "Trainer: needs 1 epoch or more, got \(epochs)")
    require(
      earlyStopping == nil || validation != nil,
      "Trainer: early stopping needs validation, and this run has none")
    var history = History()
    var best: (epoch: Int, value: Double, model: Model)?
    let clock = ContinuousClock()
    let stream = batches.batches(epochs: 0..<epochs)
    for epoch in 0..<epochs {
      let start = clock.now
      var (loss, accuracy) = (WeightedMean(), WeightedMean())
      for step in 0..<batches.stepsPerEpoch {
        guard let batch = try stream.next() else {
          throw TrainingError.noBatch(epoch: epoch + 1, step: step + 1)
        }
        let measured = try takeStep(
          batch, number: epoch * batches.stepsPerEpoch + step, seed: seed)
        loss.add(measured.loss, count: batch.count)
        accuracy.add(Double(measured.correct) / Double(batch.count), count: batch.count)
        try report(
          .step(
            TrainingEvent.Step(
              epoch: epoch + 1, epochs: epochs, step: step + 1, steps: batches.stepsPerEpoch,
              sampleCount: batch.count, loss: loss.value ?? .nan,
              accuracy: accuracy.value ?? .nan)))
      }
      let validated = try validation.map { try evaluate(model, objective: objective, on: $0) }
      let row = History.Epoch(
        number: epoch + 1, loss: loss.value ?? .nan, accuracy: accuracy.value ?? .nan,
        validationLoss: validated?.loss, validationAccuracy: validated?.accuracy,
        seconds: (clock.now - start) / .seconds(1), learningRate: Double(optimizer.learningRate))
      history.epochs.append(row)
      try report(.epoch(row))
      guard let earlyStopping else { continue }
      let value = earlyStopping.value(of: row)
      if best.map({ earlyStopping.isBetter(value, than: $0.value) }) ?? true {
        best = (epoch, value, model)
      } else if let best, epoch - best.epoch >= earlyStopping.patience {
        break
      }
    }
    if let best, earlyStopping?.restoresBest == true { model = best.model }
    return history
  }

  private mutating func takeStep(
    _ batch: Batch, number: Int, seed: UInt64
  ) throws -> (loss: Double, correct: Int) {
    if let schedule { optimizer.learningRate = Float(schedule(number)) }
    var context = Context.training(key: RandomKey(seed: seed).derived(UInt64(number)))
    let outputs = model(batch.images, in: &context)
    let loss = objective.loss(outputs, batch)
    guard loss.item().isFinite else {
      throw TrainingError.lossNotFinite(step: number + 1, loss: Double(loss.item()))
    }
    optimizer.update(&model, along: loss.gradients(), in: context)
    return (Double(loss.item()), objective.correctCount(outputs.value, batch))
  }
}

/// What a trainer reports while it runs.
public enum TrainingEvent: Sendable {
  /// One step is done.
  public struct Step: Sendable {
    /// The epoch, from 1, and how many there will be at the most.
    public var epoch, epochs: Int
    /// The step in the epoch, from 1, and how many it has.
    public var step, steps: Int
    /// The samples of the step.
    public var sampleCount: Int
    /// The mean loss and accuracy of the epoch so far.
    public var loss, accuracy: Double
  }

  /// A step is done.
  case step(Step)
  /// An epoch is done and validated.
  case epoch(History.Epoch)
}

/// When to stop before the last epoch: once a measure has not improved for some epochs.
public struct EarlyStopping: Sendable, Hashable {
  /// What is watched.
  public enum Measure: Sendable, Hashable {
    /// The validation loss, which should fall.
    case validationLoss
    /// The validation accuracy, which should rise.
    case validationAccuracy
  }

  /// What is watched.
  public var measure: Measure
  /// How many epochs without improvement are borne, 1 or more.
  public var patience: Int
  /// Whether the model of the best epoch is restored in the end.
  public var restoresBest: Bool

  /// A rule for stopping.
  public init(
    measure: Measure = .validationLoss, patience: Int, restoresBest: Bool = true
  ) {
    require(patience >= 1, "EarlyStopping: needs a patience of 1 or more, got \(patience)")
    self.measure = measure
    self.patience = patience
    self.restoresBest = restoresBest
  }

  func value(of epoch: History.Epoch) -> Double {
    // A run with early stopping has validation, or does not start.
    let value = measure == .validationLoss ? epoch.validationLoss : epoch.validationAccuracy
    return value ?? .nan
  }

  func isBetter(_ value: Double, than best: Double) -> Bool {
    measure == .validationLoss ? value < best : value > best
  }
}

/// Why a run came to an end before its time.
public enum TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The loss is infinite or not a number.
  case lossNotFinite(step: Int, loss: Double)
  /// The source had fewer batches than it announced.
  case noBatch(epoch: Int, step: Int)

  /// What happened, and what to try.
  public var description: String {
    switch self {
    case .lossNotFinite(let step, let loss):
      "training: the loss of step \(step) is \(loss); try a smaller learning rate"
    case .noBatch(let epoch, let step):
      "training: there is no batch for epoch \(epoch), step \(step)"
    }
  }
}
