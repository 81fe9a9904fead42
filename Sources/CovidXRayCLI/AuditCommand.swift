import ArgumentParser
import Auditing
import CovidXRay
import Datasets
import Foundation

struct AuditCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Look for what would make a score on a folder of images too good.",
    discussion: """
      Finds pictures and patients that are in two parts, properties of files that give the class away, and how far simple \
      models get that see nothing of the content: metadata, borders, brightness. With --model, that network is measured beside \
      them: as it is, with the lungs masked out, and with the border alone. Ends with a verdict in plain words.

      It changes nothing, and its exit code is 0 whatever it finds.
      """)

  @Argument(help: "A folder with Train and Val in it, as for train, and perhaps Test.")
  var directory: Path

  @Option(
    help: """
      A CSV file with the columns file and patient. Files are given by their path from the folder on, such as \
      Train/Covid/a.jpg, or by their name.
      """)
  var patients: Path?

  @Option(help: "A model.safetensors that train has written.")
  var model: Path?

  @OptionGroup var computing: ThreadOptions

  @Option(help: "What to do about images that cannot be read: stop or skip.")
  var onUnreadable = OnUnreadable.stop

  @OptionGroup var printing: PrintOptions

  func execute() throws {
    computing.apply()
    let classifier = try model.map { try CovidClassifier(contentsOf: $0.url) }
    let isSynthetic = classifier?.isSynthetic ?? false
    if isSynthetic && !printing.quiet { Console.note("Model: \(SyntheticChest.notice)") }
    let audit = try DatasetAudit(
      filmsAt: directory.url, patients: try patients.map { try PatientTable(contentsOf: $0.url) })
    var line = ProgressLine()
    defer { line.clear() }
    let report = try audit.report(
      model: classifier?.audited, unreadable: onUnreadable.samples
    ) { progress in
      if printing.quiet { return }
      switch progress {
      case .reading: line.show("Reading images", fraction: 0, details: [])
      case .fitting: line.show("Fitting simple models", fraction: 1, details: [])
      case .asking(let done, let count):
        line.show(
          "Asking the model", fraction: Double(done) / Double(count), details: ["\(done)/\(count)"])
      }
    }
    line.clear()
    if printing.json {
      try Console.print(
        json: AuditRecord(
          synthetic: isSynthetic, directory: directory.text, verdict: report.verdict,
          report: report))
    } else {
      try Console.print((isSynthetic ? "SYNTHETIC model\n\n" : "") + report.text)
    }
  }
}

/// The record of an audit.
private struct AuditRecord: Encodable {
  let event = "audit"
  let synthetic: Bool
  let directory: String
  let verdict: String
  let report: AuditReport
}
