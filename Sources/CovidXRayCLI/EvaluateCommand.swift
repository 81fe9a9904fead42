import ArgumentParser
import Auditing
import Checkpoints
import CovidXRay
import Datasets
import Evaluation
import Foundation
import Tensor

struct EvaluateCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on images of known classes, without augmentation.",
    discussion: """
      Where the folder has Train, Val or Test in it, these are measured and named. Otherwise it has one folder of images for \
      each class; one of the two may be missing. --external adds a second folder, from another source.

      Every figure has a 95 % interval, or the reason why it has none. With --patients, intervals come from drawing whole \
      patients; those of rates and areas are never narrower than without.
      """)

  @Argument(help: "A model.safetensors that train has written.")
  var model: Path

  @Argument(help: "The folder of images.")
  var directory: Path

  @Option(
    help: "A second folder of images, such as of another source, measured with the same threshold.")
  var external: Path?

  @OptionGroup var patientOptions: PatientOptions

  @Option(
    help: """
      From which probability on an image counts as positive: a number in 0 to 1, youden, or sensitivity=0.9 for the highest \
      that finds so many. By default, that of the model.
      """)
  var threshold: ThresholdRule?

  @Option(
    help: """
      The set that youden or sensitivity= chooses on: training, validation, test, or the name of a folder. By default \
      validation, or the first there is. Figures of that set look better than they are, and say so.
      """)
  var chooseOn: String?

  @Option(
    help:
      "The set that a temperature is fitted on, to calibrate the probabilities; all sets show what it does."
  )
  var calibrate: String?

  @Option(help: "A second model, compared with the first on the same images.")
  var compare: Path?

  @Option(help: "A CSV file to write, with a row for each image.")
  var predictions: Path?

  @Option(help: "An HTML file to write, with all of it on one page.")
  var report: Path?

  @Option(parsing: .unconditional, help: "How often the bootstrap draws, 100 to 100000.")
  var resamples = EvaluationSummary.Settings().resampleCount

  @OptionGroup var work: WorkOptions
  @OptionGroup var printing: PrintOptions

  func validate() throws {
    guard 100...100_000 ~= resamples else {
      throw ValidationError("--resamples needs a whole number from 100 to 100000, got \(resamples)")
    }
    if chooseOn != nil {
      switch threshold {
      case .youden, .sensitivity: break
      case .fixed, nil:
        throw ValidationError("--choose-on needs --threshold youden or sensitivity=…")
      }
    }
  }

  func execute() throws {
    work.computing.apply()
    let classifier = try CovidClassifier(contentsOf: model.url)
    if classifier.isSynthetic && !printing.quiet { Console.note("Model: \(SyntheticChest.notice)") }
    let rival = try compare.map { try CovidClassifier(contentsOf: $0.url) }
    if let rival, rival.classNames != classifier.classNames {
      throw Failure(
        code: .unusableInput,
        message: "\(compare?.text ?? ""): classes \(rival.classNames.joined(separator: ", ")); "
          + "expected \(classifier.classNames.joined(separator: ", "))")
    }
    let table = try patientOptions.table()
    let sets = try EvaluatedSet.sets(in: directory.url, external: external?.url)
    for name in [chooseOn, calibrate].compactMap({ $0 })
    where !sets.contains(where: { $0.name == name }) {
      throw ValidationError(
        "no set \"\(name)\"; there are \(sets.map(\.name).joined(separator: ", "))")
    }
    let measured = try sets.map { try measure(classifier, $0, "") }
    let films = measured.map(\.evaluation)
    let chosen = try chosenThreshold(for: films, of: classifier)
    let evaluations = zip(films, sets).map { films, set in
      FilmEvaluation(
        films, threshold: chosen, patients: set.patients(from: table), settings: settings)
    }
    let recalibrations = recalibrations(of: evaluations)
    let comparisons = try rival.map { rival in
      let others = try sets.map { try measure(rival, $0, "second model, ").evaluation }
      let otherThreshold = try chosenThreshold(for: others, of: rival)
      return zip(evaluations, others).map { first, second in
        // Groups are those of the first, since the films are the same.
        comparison(first, FilmEvaluation(second, threshold: otherThreshold, settings: settings))
      }
    }

    for (index, evaluation) in evaluations.enumerated() {
      let skipped = measured[index].skipped.map(\.reason)
      if printing.json {
        try Console.print(
          json: EvaluationRecord(
            evaluation, isSynthetic: classifier.isSynthetic, skipped: skipped))
      } else {
        let label = classifier.isSynthetic ? "SYNTHETIC model: " : ""
        try Console.print((index > 0 ? "\n" : "") + label + evaluation.report)
      }
    }
    for item in recalibrations { try print(item, item.text, classifier) }
    for item in comparisons ?? [] {
      try print(item, item.text(samples: "images", groups: "patients"), classifier)
    }
    try write(
      evaluations, recalibrations, comparisons ?? [], classifier, sets, measured.flatMap(\.skipped))
  }

  private var settings: EvaluationSummary.Settings {
    var settings = EvaluationSummary.Settings()
    settings.resampleCount = resamples
    return settings
  }

  private func measure(
    _ classifier: CovidClassifier, _ set: EvaluatedSet, _ label: String
  ) throws -> (evaluation: SplitEvaluation, skipped: [SkippedSample]) {
    var line = ProgressLine()
    let result = try classifier.evaluate(
      on: set.url, named: set.name, workers: work.workers, unreadable: work.onUnreadable.samples
    ) { done, count in
      if !printing.quiet {
        line.show(
          "Measuring \(label)\(set.name)", fraction: Double(done) / Double(count),
          details: ["\(done)/\(count)"])
      }
    }
    line.clear()
    if label.isEmpty { for sample in result.skipped { Console.note("Skipped: \(sample)") } }
    return result
  }

  /// The threshold of the rule, chosen on the set that is named, or else on validation, or else on the first.
  private func chosenThreshold(
    for sets: [SplitEvaluation], of classifier: CovidClassifier
  ) throws -> DecisionThreshold {
    guard let threshold else { return DecisionThreshold(classifier.threshold) }
    if case .fixed(let value) = threshold { return DecisionThreshold(value) }
    let name = chooseOn ?? XRayDataset.Split.validation.rawValue
    let set = sets.first { $0.name == name } ?? sets[0]
    let index = classifier.classNames.firstIndex(of: classifier.positiveClass) ?? 0
    switch threshold.threshold(on: set.predictions.binaryScores(ofClass: index)) {
    case .defined(let value):
      return DecisionThreshold(value, rule: threshold.description, chosenOn: set.name)
    case .undefined(let reason):
      throw Failure(code: .unusableInput, message: "\(set.name): \(reason)")
    }
  }

  private func recalibrations(of sets: [FilmEvaluation]) -> [Recalibration] {
    guard let source = sets.first(where: { $0.films.name == calibrate }) else { return [] }
    let scaling = TemperatureScaling.fitted(to: source.films.predictions)
    return sets.map { set in
      Recalibration(
        set.films.predictions, named: set.films.name, by: scaling, fittedOn: source.films.name,
        positiveClass: set.positiveIndex, groups: set.groups, settings: settings)
    }
  }

  private func comparison(_ first: FilmEvaluation, _ second: FilmEvaluation) -> ModelComparison {
    ModelComparison(
      .init(model.text, first.films.predictions, threshold: first.summary.threshold),
      .init(compare?.text ?? "", second.films.predictions, threshold: second.summary.threshold),
      on: first.films.name, positiveClass: first.positiveIndex, groups: first.groups,
      settings: settings)
  }

  private func print(
    _ record: some Encodable, _ text: String, _ classifier: CovidClassifier
  ) throws {
    if printing.json {
      try Console.print(json: LabelledRecord(synthetic: classifier.isSynthetic, result: record))
    } else {
      try Console.print("\n" + (classifier.isSynthetic ? "SYNTHETIC model: " : "") + text)
    }
  }

  private func write(
    _ evaluations: [FilmEvaluation], _ recalibrations: [Recalibration],
    _ comparisons: [ModelComparison], _ classifier: CovidClassifier, _ sets: [EvaluatedSet],
    _ skipped: [SkippedSample]
  ) throws {
    func write(_ text: String, to path: Path) throws {
      try Failure.writing {
        try AtomicFile.create(at: path.url) { try $0.append(Array(text.utf8)) }
      }
      if !printing.quiet { Console.note("Written: \(path.text)") }
    }
    if let predictions {
      let text = evaluations.enumerated().map { $0.element.csv(header: $0.offset == 0) }.joined()
      try write(text, to: predictions)
    }
    guard let report else { return }
    let page = EvaluationReport(
      model: classifier, named: model.text,
      sets: zip(evaluations, sets).map { .init($0, folder: $1.url) },
      recalibrations: recalibrations, comparisons: comparisons,
      audit: try audit(of: classifier), skipped: skipped.map(\.description))
    try write(page.html(), to: report)
  }

  /// What an audit finds in the folder, with the model beside simple ones; nil where it is no data set of several parts.
  private func audit(of classifier: CovidClassifier) throws -> AuditReport? {
    let isDataset = try XRayDataset.Split.allCases.allSatisfy {
      try XRayDataset.folderIfPresent(of: $0, in: directory.url) != nil
    }
    guard isDataset else { return nil }
    if !printing.quiet { Console.note("Auditing \(directory.text)") }
    return try DatasetAudit(filmsAt: directory.url, patients: try patientOptions.read()).report(
      model: classifier.audited, unreadable: work.onUnreadable.samples)
  }
}

/// A record with its kind and whether its model is SYNTHETIC.
private struct LabelledRecord<Result: Encodable>: Encodable {
  let synthetic: Bool
  let result: Result

  private enum Key: String, CodingKey {
    case event, synthetic
  }

  func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(result is ModelComparison ? "comparison" : "recalibration", forKey: .event)
    try values.encode(synthetic, forKey: .synthetic)
  }
}

/// A folder of images to be measured, under a name of its own.
struct EvaluatedSet {
  let name: String
  let url: URL

  /// The patient of a film by its name in the set; the table may name it from the set on, or from the folder above.
  func patients(from table: ((String) -> String?)?) -> ((String) -> String?)? {
    let folder = url.standardizedFileURL.lastPathComponent
    return table.map { table in { name in table("\(folder)/\(name)") ?? table(name) } }
  }

  /// The parts of a folder, or the folder as it is; and so those of a second folder, with names that the first do not have.
  static func sets(in folder: URL, external: URL?) throws -> [EvaluatedSet] {
    var sets = try parts(of: folder, prefix: "")
    guard let external else { return sets }
    let name = external.standardizedFileURL.lastPathComponent
    for set in try parts(of: external, prefix: "\(name)/") {
      let taken = sets.contains { $0.name == set.name }
      sets.append(EvaluatedSet(name: taken ? "external \(set.name)" : set.name, url: set.url))
    }
    return sets
  }

  private static func parts(of folder: URL, prefix: String) throws -> [EvaluatedSet] {
    let splits = try XRayDataset.Split.allCases.compactMap { split in
      try XRayDataset.folderIfPresent(of: split, in: folder).map {
        EvaluatedSet(name: prefix + split.rawValue, url: $0)
      }
    }
    let test = try XRayDataset.testFolderIfPresent(in: folder).map {
      EvaluatedSet(name: prefix + "test", url: $0)
    }
    let all = splits + (test.map { [$0] } ?? [])
    if !all.isEmpty { return all }
    return [EvaluatedSet(name: folder.standardizedFileURL.lastPathComponent, url: folder)]
  }
}
