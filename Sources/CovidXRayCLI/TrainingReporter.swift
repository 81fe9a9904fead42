import CovidXRay
import Datasets
import Foundation
import Training

/// Says what a training run does, as text or as records.
final class TrainingReporter {
  private let dataset: XRayDataset
  private let recipe: TrainingRecipe
  private let data: String?
  private let printing: PrintOptions
  private var progress: TrainingProgressLine

  init(dataset: XRayDataset, recipe: TrainingRecipe, data: String?, printing: PrintOptions) {
    self.dataset = dataset
    self.recipe = recipe
    self.data = data
    self.printing = printing
    progress = TrainingProgressLine(
      label: dataset.isSynthetic ? "SYNTHETIC " : "", recipe: recipe)
  }

  func begin() throws {
    if !printing.quiet && dataset.isSynthetic { Console.note(SyntheticChest.notice) }
  }

  func report(_ event: TrainingProgress) throws {
    switch event {
    case .ready(let training, let validation, let skipped):
      if printing.json {
        try Console.print(
          json: StartRecord(
            synthetic: dataset.isSynthetic, data: data ?? SyntheticChest.notice, recipe: recipe,
            trainingImages: named(training), validationImages: named(validation),
            skipped: skipped.map(\.reason)))
      }
      for sample in skipped { Console.note("Skipped: \(sample)") }
      if !printing.quiet {
        Console.note(
          "Training on \(list(training)); validation on \(list(validation)). "
            + "\(recipe.epochs) epochs of \(recipe.stepsPerEpoch) steps, seed \(recipe.seed)")
        progress.begin()
      }
    case .note(let text):
      if !printing.quiet { Console.note(text) }
    case .member(let number, let count):
      if !printing.quiet { progress.beginMember(number, of: count) }
    case .training(.step(let step)):
      if !printing.quiet { progress.step(step) }
    case .training(.epoch(let epoch)):
      if !printing.quiet { progress.epoch(epoch) }
      if printing.json {
        try Console.print(json: EpochRecord(synthetic: dataset.isSynthetic, epoch: epoch))
      }
    case .evaluating(let split, let done, let count):
      if !printing.quiet { progress.evaluating(split.rawValue, done: done, count: count) }
    }
  }

  func finish(_ run: TrainingRun, folder: URL) throws {
    // As the user gave it.
    let path = folder.relativePath
    guard printing.json else {
      try Console.print(run.report)
      let label = run.model.isSynthetic ? "SYNTHETIC run" : "Run"
      return try Console.print("\n\(label) written to \(path)")
    }
    for evaluation in [run.training, run.validation] {
      try Console.print(
        json: EvaluationRecord(
          evaluation, isSynthetic: run.model.isSynthetic, skipped: []))
    }
    try Console.print(json: EndRecord(synthetic: run.model.isSynthetic, output: path))
  }

  private func list(_ counts: [Int]) -> String {
    zip(counts, dataset.classNames).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  private func named(_ counts: [Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: zip(dataset.classNames, counts))
  }
}

/// The first record of `train --json`.
private struct StartRecord: Encodable {
  let event = "start"
  let synthetic: Bool
  let data: String
  let recipe: TrainingRecipe
  let trainingImages: [String: Int]
  let validationImages: [String: Int]
  let skipped: [String]
}

/// The record of an epoch; `loss` and `accuracy` are those of its steps, with augmentation and dropout.
private struct EpochRecord: Encodable {
  let event = "epoch"
  let synthetic: Bool
  let epoch: Int
  let loss: Double
  let accuracy: Double
  let valLoss: Double?
  let valAccuracy: Double?
  let seconds: Double

  init(synthetic: Bool, epoch: History.Epoch) {
    self.synthetic = synthetic
    self.epoch = epoch.number
    loss = epoch.loss
    accuracy = epoch.accuracy
    valLoss = epoch.validationLoss
    valAccuracy = epoch.validationAccuracy
    seconds = epoch.seconds
  }
}

/// The last record of `train --json`.
private struct EndRecord: Encodable {
  let event = "end"
  let synthetic: Bool
  let output: String
}
