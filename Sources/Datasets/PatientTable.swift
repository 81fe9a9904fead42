public import Foundation

/// Which patient every image file shows, read from a CSV file.
///
///     file,patient,source
///     Train/Covid/a.jpg,cohen-46,covid-chestxray-dataset
///     Val/Covid/b.png,,covid-chestxray-dataset
///
/// Files are given by their path from the folder of the data set on, or by their name alone. A file without a patient is
/// one whose patient is not known; it counts as a patient of its own. Other columns are left alone.
public struct PatientTable: Sendable {
  /// The path of the table.
  public let name: String
  /// The files that it names, in its order.
  public let files: [String]
  private let patients: [String: String]
  /// By name without folders, `nil` where files of several patients have that name.
  private let patientsByName: [String: String?]

  /// Reads a table with the columns `file` (or `filename`) and `patient` (or `patientid`).
  ///
  /// - Throws: `TableError` with path, line and reason; so where a file has two patients.
  public init(contentsOf url: URL) throws {
    try self.init(CSVTable(contentsOf: url))
  }

  /// Reads a table that is in memory.
  ///
  /// - Throws: `TableError`.
  public init(_ table: CSVTable) throws {
    let file = try table.requiredColumn("file", "filename")
    let patient = try table.requiredColumn("patient", "patientid")
    var files: [String] = []
    var patients: [String: String] = [:]
    var byName: [String: String?] = [:]
    for row in table.rows {
      let (path, name) = (Self.normal(row.fields[file]), row.fields[patient])
      guard !path.isEmpty else {
        throw TableError(
          path: table.name, line: row.line, column: file + 1, reason: "names no file")
      }
      if let other = patients[path], other != name {
        throw TableError(
          path: table.name, line: row.line, column: patient + 1,
          reason: "gives \(path) the patient \"\(name)\", after \"\(other)\" above")
      }
      if patients.updateValue(name, forKey: path) == nil { files.append(path) }
      let key = Self.lastPart(path)
      if let other = byName[key] {
        if other != name { byName[key] = .some(nil) }
      } else {
        byName[key] = .some(name)
      }
    }
    self.name = table.name
    self.files = files
    self.patients = patients
    patientsByName = byName
  }

  /// The patient of a file, `nil` where the table does not know.
  ///
  /// - Parameter path: From the folder of the data set on. Where the table does not have it, its name alone is looked for.
  public func patient(of path: String) -> String? {
    let path = Self.normal(path)
    let found = patients[path] ?? patientsByName[Self.lastPart(path)].flatMap { $0 }
    return found?.isEmpty == false ? found : nil
  }

  /// Whether the table names a file, be it without its patient.
  public func names(_ path: String) -> Bool {
    let path = Self.normal(path)
    return patients[path] != nil || patientsByName[Self.lastPart(path)] != nil
  }

  private static func normal(_ path: String) -> String {
    path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  }

  private static func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
