import ArgumentParser
import CovidXRay
import Datasets
import Foundation
import Tensor

struct PrepareCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Make a data set from films of Covid and normal ones, divided by patient.",
    discussion: """
      Films of Covid come from Cohen's covid-chestxray-dataset with its metadata.csv, in any of its forms (--cohen), or from a \
      folder of nothing but such films (--covid). Films of one patient, and the same picture under two names, always go to the \
      same part. A film whose patient is not known counts as a patient of its own.

      The folder has Train, Val and Test for train and audit, and manifest.csv with file, class, patient, source, licence, split \
      and SHA-256 of every film, which audit takes as --patients. With --folds, each of its folders fold-1, fold-2, … is a data \
      set to train on. dropped.csv says which rows and files were left out, and why. It appears when all is there.
      """)

  @Option(help: "Cohen's covid-chestxray-dataset: a folder with metadata.csv in it.")
  var cohen: Path?

  @Option(help: "Instead of --cohen, a folder of nothing but films of Covid.")
  var covid: Path?

  @Option(help: "A folder of nothing but normal films.")
  var normals: Path

  @Option(help: "The folder to write, which is not there yet or is empty.")
  var out: Path

  @Option(
    help: """
      A CSV file with the columns file and patient, for films without metadata. Normal films named as in \
      chest-xray-pneumonia tell their patients themselves.
      """)
  var patients: Path?

  @Option(help: "The finding to take, alone or in a path such as Pneumonia/Viral/COVID-19.")
  var finding = PreparationOptions().finding

  @Option(
    help: "A view to take, such as PA, AP or \"AP Supine\"; may be given several times.")
  var view = PreparationOptions().views

  @Flag(help: "Take only rows that say Y in the column RT_PCR_positive.")
  var pcrPositive = false

  @Option(
    parsing: .unconditional,
    help: "How many normal films to draw; as many as there are films of Covid by default.")
  var normalCount: Int?

  @Option(
    help: "What the manifest says normal films come from; the name of their folder by default.")
  var normalSource: String?

  @Option(help: "What the manifest says of the licence of normal films.")
  var normalLicence = ""

  @Option(
    help: "Proportions of training, validation and test films; two numbers for no test films.")
  var split = "70,15,15"

  @Option(
    parsing: .unconditional,
    help: "Instead of --split, the number of folds of a cross-validation, 2 or more.")
  var folds: Int?

  @Option(
    parsing: .unconditional, help: "Where the draw and the division come from, 0 or more.")
  var seed = PreparationOptions().seed

  @OptionGroup var printing: PrintOptions

  func validate() throws {
    _ = try covidFilms()
    if cohen == nil && pcrPositive { throw ValidationError("--pcr-positive needs --cohen") }
    do {
      try options().validate()
    } catch let error as RecipeError {
      throw error.asValidationError
    }
  }

  private func options() throws -> PreparationOptions {
    var options = PreparationOptions()
    options.finding = finding
    options.views = view
    options.requiresPositiveTest = pcrPositive
    options.normalCount = normalCount
    options.normalSource = normalSource
    options.normalLicence = normalLicence
    options.seed = seed
    if let folds {
      options.division = .folds(folds)
    } else {
      let values = split.split(separator: ",", omittingEmptySubsequences: false).map {
        Double($0.trimmingCharacters(in: .whitespaces))
      }
      guard values.allSatisfy({ $0 != nil }) else {
        throw ValidationError("--split needs numbers such as 70,15,15, got \(split)")
      }
      options.division = .proportions(values.compactMap { $0 })
    }
    return options
  }

  private func covidFilms() throws -> DatasetPreparation.CovidFilms {
    switch (cohen, covid) {
    case (let cohen?, nil): .cohen(cohen.url)
    case (nil, let covid?): .folder(covid.url)
    default: throw ValidationError("needs one of --cohen and --covid")
    }
  }

  func execute() throws {
    let folder = try Failure.writing { try PreparedFolder(at: out.url) }
    let handler = InterruptionHandler { folder.discard() }
    defer { withExtendedLifetime(handler) { folder.discard() } }
    let preparation = DatasetPreparation(
      covid: try covidFilms(), normals: normals.url,
      patients: try patients.map { try PatientTable(contentsOf: $0.url) }, options: try options())
    var line = ProgressLine()
    defer { line.clear() }
    let films = try preparation.films { read in
      if !printing.quiet {
        line.show("Reading films", fraction: 0, details: ["\(read)"])
      }
    }
    let count = films.entries.count
    try Failure.writing {
      try folder.publish(films) { copied in
        if !printing.quiet {
          line.show(
            "Copying films", fraction: Double(copied) / Double(count),
            details: ["\(copied)/\(count)"])
        }
      }
    }
    line.clear()
    if printing.json {
      for film in films.dropped { try Console.print(json: DroppedRecord(film)) }
      try Console.print(json: PreparationRecord(films, directory: out.text))
    } else {
      try Console.print(films.summary)
      if !printing.quiet { Console.note("Wrote \(out.text)") }
    }
  }
}

/// The record of a film or row that was left out.
private struct DroppedRecord: Encodable {
  let event = "dropped"
  let file: String
  let line: Int?
  let reason: String

  init(_ film: DroppedFilm) {
    (file, line, reason) = (film.file, film.line, film.reason)
  }
}

/// The record of a prepared data set.
private struct PreparationRecord: Encodable {
  let event = "prepared"
  let directory: String
  /// Films of each class in each part.
  let counts: [String: [String: Int]]
  let dropped: Int

  init(_ films: PreparedFilms, directory: String) {
    self.directory = directory
    counts = Dictionary(grouping: films.entries, by: \.part).mapValues { entries in
      Dictionary(grouping: entries, by: \.className).mapValues(\.count)
    }
    dropped = films.dropped.count
  }
}
