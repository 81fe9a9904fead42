import ArgumentParser
import Auditing
import CovidXRay
import Datasets
import Foundation
import Tensor

struct TrainCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract:
      "Train the article's network, or a more careful one, and write a folder with all of it.",
    discussion: """
      Both parts of the data are measured after training, without augmentation. The figures of the training images say how \
      well the network remembers them; the article's 96.4 % is such a figure.

      The folder has report.html, which shows all of it on one page, config.json, history.csv, loss.svg, accuracy.svg, \
      confusion-matrix.svg, predictions.csv, model-card.md and model.safetensors. It appears when all is done. The same options and images give the same model, byte for byte, for \
      any number of threads and workers.

      --recipe sets all that follows it; options that are given as well have the last word on their part.
      """)

  @Option(
    help: """
      A folder with Train and Val in it, each with one folder of images for each of two classes. Without it, SYNTHETIC \
      phantoms are drawn.
      """)
  var data: Path?

  @Option(
    parsing: .unconditional,
    help: """
      How many SYNTHETIC phantoms of each class are drawn, 4 to 10000: four fifths to train on, a fifth to measure with. \
      As many as the article's data set has images by default.
      """)
  var phantoms: Int?

  @Option(help: "The folder to write. By default, a new one in runs, named by data and seed.")
  var out: Path?

  @Flag(help: "Replace an earlier run in the folder of --out.")
  var overwrite = false

  @OptionGroup var recipeOptions: RecipeOptions

  @OptionGroup var patientOptions: PatientOptions

  @Flag(help: "Do not audit the images for the report, which reads all of them once more.")
  var noAudit = false

  @OptionGroup var work: WorkOptions
  @OptionGroup var printing: PrintOptions

  func validate() throws {
    if data == nil && (patientOptions.path != nil || noAudit) {
      throw ValidationError("--patients and --no-audit need --data")
    }
    if overwrite && out == nil { throw ValidationError("--overwrite needs --out") }
    guard let phantoms else { return }
    if data != nil { throw ValidationError("--phantoms and --data exclude each other") }
    guard 4...10_000 ~= phantoms else {
      throw ValidationError("--phantoms needs a whole number from 4 to 10000, got \(phantoms)")
    }
  }

  func execute() throws {
    let recipe = recipeOptions.recipe
    let patients = try patientOptions.read()
    work.computing.apply()
    let dataset = try makeDataset()
    let folder = try Failure.writing { try makeFolder() }
    let handler = InterruptionHandler { folder.discard() }
    defer { withExtendedLifetime(handler) { folder.discard() } }

    let reporter = TrainingReporter(
      dataset: dataset, recipe: recipe, data: data?.text, printing: printing)
    try reporter.begin()
    let run = try CovidClassifier.train(
      on: dataset, recipe: recipe, workers: work.workers, unreadable: work.onUnreadable.samples,
      patients: patients.map { table in dataset.patients { table.patient(of: $0) } }
    ) { try reporter.report($0) }
    let audit = audit(patients: patients)
    try Failure.writing {
      try folder.publish(
        run,
        configuration: RunConfiguration(
          recipe: recipe, data: data?.text, onUnreadable: work.onUnreadable.rawValue,
          threads: work.computing.threads, workers: work.workers),
        patients: patients.map { table in { table.patient(of: $0) } }, audit: audit)
    }
    try reporter.finish(run, folder: folder.url)
  }

  /// What an audit of the images finds; a run does not fail because of it.
  private func audit(patients: PatientTable?) -> Result<AuditReport, any Error>? {
    guard let data, !noAudit else { return nil }
    return Result {
      try DatasetAudit(filmsAt: data.url, patients: patients)
        .report(unreadable: work.onUnreadable.samples)
    }
  }

  private func makeDataset() throws -> XRayDataset {
    guard let phantoms else { return try data.map { try XRayDataset(at: $0.url) } ?? .synthetic() }
    let validation = (phantoms + 4) / 5
    return .synthetic(training: phantoms - validation, validation: validation)
  }

  /// Room for the run: where the user wants it, or in the first folder of the default name that is free.
  private func makeFolder() throws -> RunFolder {
    // The weights, and a mebibyte for pictures and texts.
    let byteCount = 4 * recipeOptions.recipe.parameterCount + 1 << 20
    if let out {
      do {
        return try RunFolder(at: out.url, replacingRun: overwrite, byteCount: byteCount)
      } catch let error as RunFolder.Occupied {
        throw Failure(
          code: .unwritableOutput,
          message: "\(error); --overwrite replaces it, another --out keeps it")
      }
    }
    let name = data.map { $0.url.standardizedFileURL.lastPathComponent } ?? "synthetic"
    let recipe = recipeOptions.name == .article ? "" : "-\(recipeOptions.name.rawValue)"
    let base = "runs/\(name)\(recipe)-seed\(recipeOptions.recipe.seed)"
    var number = 1
    while true {
      let path = number == 1 ? base : "\(base)-\(number)"
      if !FileManager.default.fileExists(atPath: path) {
        return try RunFolder(at: URL(filePath: path), byteCount: byteCount)
      }
      number += 1
    }
  }
}
