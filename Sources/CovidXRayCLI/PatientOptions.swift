import ArgumentParser
import Datasets
import Foundation

/// Who is on which film.
struct PatientOptions: ParsableArguments {
  @Option(
    name: .customLong("patients"),
    help: """
      A CSV file with the columns file and patient. Files are given by their path from the folder on, such as \
      Train/Covid/a.jpg, or by their name.
      """)
  var path: Path?

  /// The table, nil where none was named.
  func read() throws -> PatientTable? { try path.map { try PatientTable(contentsOf: $0.url) } }

  /// The patient of a film by its path, nil where no table was named.
  func table() throws -> ((String) -> String?)? {
    try read().map { table in { table.patient(of: $0) } }
  }
}
