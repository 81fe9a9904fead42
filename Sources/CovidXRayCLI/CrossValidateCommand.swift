import ArgumentParser
import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Tensor
import Training

struct CrossValidateCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "crossvalidate",
    abstract: "Train and measure a recipe over folds and seeds, to see how much its figures vary.",
    discussion: """
      All images of Train and Val are dealt out anew into --folds parts, each as rich in either class as the whole; with \
      --patients, all images of a patient fall into one part. Each part is measured by a network trained on the others, once for \
      each of --seeds. With --folds 0 every run trains on Train and measures Val.

      No model is kept. --predictions keeps what was said of every image.
      """)

  @Option(
    help:
      "A folder with Train and Val in it, each with one folder of images for each of two classes.")
  var data: Path

  @Option(
    parsing: .unconditional, help: "Into how many parts images are dealt out, 2 to 100; 0 for none."
  )
  var folds = 5

  @Option(
    parsing: .unconditional,
    help: "How many seeds, 1 to 100: that of --seed, and those that follow it.")
  var seeds = 1

  @OptionGroup var patientOptions: PatientOptions
  @OptionGroup var recipeOptions: RecipeOptions

  @Option(help: "A CSV file to write, with a row for each image and seed.")
  var predictions: Path?

  @Option(help: "An HTML file to write, with all of it on one page.")
  var report: Path?

  @OptionGroup var work: WorkOptions
  @OptionGroup var printing: PrintOptions

  func validate() throws {
    guard folds == 0 || 2...100 ~= folds else {
      throw ValidationError("--folds needs 0 or a whole number from 2 to 100, got \(folds)")
    }
    guard 1...100 ~= seeds else {
      throw ValidationError("--seeds needs a whole number from 1 to 100, got \(seeds)")
    }
    guard recipeOptions.recipe.seed <= UInt64.max - UInt64(seeds) else {
      throw ValidationError("--seed \(recipeOptions.recipe.seed) leaves no room for \(seeds) seeds")
    }
  }

  func execute() throws {
    work.computing.apply()
    let recipe = recipeOptions.recipe
    let patients = try patientOptions.table()
    let first = recipe.seed
    let plan = CrossValidation(
      recipe: recipe, folds: folds == 0 ? nil : folds,
      seeds: (0..<UInt64(seeds)).map { first + $0 })
    let progress = RunsProgress(
      count: seeds * max(1, folds),
      stepCount: recipe.members * recipe.epochs * recipe.stepsPerEpoch,
      isQuiet: printing.quiet)
    let result = try plan.run(
      on: data.url, patients: patients, workers: work.workers,
      unreadable: work.onUnreadable.samples
    ) { _, _, event in
      progress.report(event)
    } finished: { run in
      progress.finishRun()
      try report(run)
    }
    if printing.json {
      try Console.print(json: SpreadRecord(data: data.text, result: result.evaluation))
    } else {
      try Console.print("\n" + result.evaluation.text)
      for films in result.pooled { try Console.print("\n" + films.report) }
    }
    try write(result, recipe)
  }

  /// Says how one run did, in a line.
  private func report(_ run: CrossValidation.Run) throws {
    let summary = run.films.summary
    if printing.json {
      return try Console.print(
        json: RunRecord(seed: run.seed, fold: run.fold.map { $0 + 1 }, summary: summary))
    }
    func text(_ kind: MetricKind) -> String {
      summary[kind].map { $0.value == nil ? "undefined" : $0.valueDescription } ?? "undefined"
    }
    try Console.print(
      "\(summary.title(samples: "images", groups: "patients")): accuracy \(text(.accuracy)), "
        + "sensitivity \(text(.sensitivity)), specificity \(text(.specificity)), ROC AUC "
        + text(.areaUnderROC))
  }

  private func write(_ result: CrossValidation.Result, _ recipe: TrainingRecipe) throws {
    func write(_ text: String, to path: Path) throws {
      try Failure.writing {
        try AtomicFile.create(at: path.url) { try $0.append(Array(text.utf8)) }
      }
      if !printing.quiet { Console.note("Written: \(path.text)") }
    }
    if let predictions {
      let sets = result.runs.map(\.films)
      try write(
        sets.enumerated().map { $0.element.csv(header: $0.offset == 0) }.joined(), to: predictions)
    }
    if let report {
      let title = folds == 0 ? "\(seeds) seeds on \(data.text)" : "Cross-validation on \(data.text)"
      try write(result.html(title: title, recipe: recipe), to: report)
    }
  }
}

/// How far several runs have come.
private final class RunsProgress {
  private let count: Int
  private let stepCount: Int
  private let isQuiet: Bool
  private var finished = 0
  private var steps = 0
  private var line = ProgressLine()

  init(count: Int, stepCount: Int, isQuiet: Bool) {
    self.count = count
    self.stepCount = stepCount
    self.isQuiet = isQuiet
  }

  func report(_ event: TrainingProgress) {
    guard !isQuiet, case .training(.step) = event else { return }
    steps += 1
    let done = Double(finished) + min(1, Double(steps) / Double(stepCount))
    line.show(
      "Run \(finished + 1)/\(count)", fraction: done / Double(count),
      details: ["\(steps)/\(stepCount) steps"])
  }

  func finishRun() {
    finished += 1
    steps = 0
    line.clear()
  }
}

/// The record of a run.
private struct RunRecord: Encodable {
  let event = "run"
  let synthetic = false
  let seed: UInt64
  /// From 1.
  let fold: Int?
  let summary: EvaluationSummary
}

/// The last record: how the runs vary.
private struct SpreadRecord: Encodable {
  let event = "crossvalidation"
  let synthetic = false
  let data: String
  let spreads: [RepeatedEvaluation.FigureSpread]
  let pooled: [EvaluationSummary]

  init(data: String, result: RepeatedEvaluation) {
    self.data = data
    spreads = result.spreads
    pooled = result.pooled
  }
}
