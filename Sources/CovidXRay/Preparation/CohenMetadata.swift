import Datasets
import Foundation

/// The table of Cohen's covid-chestxray-dataset, `metadata.csv`, in any of the forms that it has had.
///
/// The first had 14 columns (`Patientid,offset,sex,age,finding,survival,view,date,location,filename,doi, url,license,notes`), later ones
/// some thirty in other orders. Columns are found by name; `modality`, `folder` and `RT_PCR_positive` came later, and where
/// there is no such column, all rows are X-rays in the folder `images`. Findings were `COVID-19` at first, and paths such as
/// `Pneumonia/Viral/COVID-19` later.
struct CohenMetadata {
  let films: [FilmCandidate]
  let dropped: [DroppedFilm]

  /// Reads `metadata.csv` in `folder`, and keeps the rows that `options` ask for.
  ///
  /// - Throws: `TableError` where a column is missing, or no row is left.
  init(in folder: URL, _ options: PreparationOptions) throws {
    let table = try CSVTable(contentsOf: folder.appending(path: "metadata.csv"))
    let reader = try RowReader(table, folder, options)
    var films: [FilmCandidate] = []
    var dropped: [DroppedFilm] = []
    var lines: [String: Int] = [:]
    for row in table.rows {
      let name = row.fields[reader.filename]
      func drop(_ reason: String) {
        dropped.append(DroppedFilm(file: name, line: row.line, reason: reason))
      }
      if let reason = reader.reasonToDrop(row) {
        drop(reason)
        continue
      }
      let film = reader.film(row)
      if let reason = FilmCandidate.reasonToDrop(film.url) {
        drop(reason)
      } else if let line = lines.updateValue(row.line, forKey: film.original) {
        drop("the file is in line \(line) already")
      } else {
        films.append(film)
      }
    }
    guard !films.isEmpty else {
      let reasons = DroppedFilm.counts(of: dropped).map { "\($0.count) × \($0.reason)" }
      throw TableError(
        path: table.name,
        reason: "leaves no film of \(options.finding): "
          + (reasons.isEmpty ? "it has no rows" : reasons.prefix(8).joined(separator: "; ")))
    }
    (self.films, self.dropped) = (films, dropped)
  }
}

/// What a row says, by the columns of its table.
private struct RowReader {
  let filename: Int
  private let patient: Int
  private let finding: Int
  private let view: Int
  private let modality: Int?
  private let folder: Int?
  private let test: Int?
  private let licence: Int?
  private let references: [Int]
  private let root: URL
  private let options: PreparationOptions

  init(_ table: CSVTable, _ root: URL, _ options: PreparationOptions) throws {
    filename = try table.requiredColumn("filename", "file")
    patient = try table.requiredColumn("patientid", "patient")
    finding = try table.requiredColumn("finding", "findings")
    view = try table.requiredColumn("view")
    modality = table.column("modality")
    folder = table.column("folder")
    test =
      options.requiresPositiveTest
      ? try table.requiredColumn("RT_PCR_positive") : table.column("RT_PCR_positive")
    licence = table.column("license", "licence")
    references = [table.column("url"), table.column("doi")].compactMap { $0 }
    self.root = root
    self.options = options
  }

  /// Why a row does not count, `nil` where it does.
  func reasonToDrop(_ row: CSVTable.Row) -> String? {
    let findings = row.fields[finding].split { $0 == "/" || $0 == "," }.map(Self.normal)
    guard findings.contains(Self.normal(options.finding)) else {
      return unwanted("finding", row.fields[finding], options.finding)
    }
    if let modality, Self.normal(row.fields[modality]) != "x-ray" {
      return unwanted("modality", row.fields[modality], "X-ray")
    }
    guard options.views.map(Self.normal).contains(Self.normal(row.fields[view])) else {
      return unwanted("view", row.fields[view], options.views.joined(separator: " or "))
    }
    if options.requiresPositiveTest, let test,
      !["y", "yes"].contains(Self.normal(row.fields[test]))
    {
      return unwanted("RT_PCR_positive", row.fields[test], "Y")
    }
    let parts = [row.fields[filename]] + (folder.map { [row.fields[$0]] } ?? [])
    if row.fields[filename].isEmpty { return "names no file" }
    // A table from elsewhere has no say over what else is on this disk.
    guard parts.allSatisfy({ !$0.contains("/") && $0 != ".." }) else {
      return "the name of the file or its folder has a slash in it, or leads elsewhere"
    }
    return nil
  }

  func film(_ row: CSVTable.Row) -> FilmCandidate {
    let name = row.fields[filename]
    let folderName = folder.map { row.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 } ?? "images"
    let patient = row.fields[patient]
    return FilmCandidate(
      url: root.appending(path: folderName).appending(path: name),
      original: "\(folderName)/\(name)", line: row.line, className: PreparationOptions.covid,
      patient: patient.isEmpty ? nil : "cohen-\(patient)", source: "covid-chestxray-dataset",
      reference: references.map { row.fields[$0] }.first { !$0.isEmpty } ?? "",
      licence: licence.map { row.fields[$0] } ?? "")
  }

  private func unwanted(_ column: String, _ value: String, _ wanted: String) -> String {
    value.isEmpty ? "\(column) not given; wanted \(wanted)" : "\(column) \(value); wanted \(wanted)"
  }

  /// Lower case, with single spaces.
  private static func normal(_ text: some StringProtocol) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
