import Datasets
public import Foundation

/// A film of a prepared data set: what it is, where it comes from, and which part it is in.
public struct ManifestEntry: Sendable, Hashable {
  /// The path from the folder of the data set on.
  public let file: String
  /// `Covid` or `Normal`.
  public let className: String
  /// The patient, empty where not known.
  public let patient: String
  /// The collection that it comes from.
  public let source: String
  /// Its licence as the collection states it, empty where it does not.
  public let licence: String
  /// `training`, `validation` or `test`, or a fold such as `fold-1`.
  public let part: String
  /// The SHA-256 of the file, in hexadecimal digits.
  public let digest: String
  /// Where the collection has it from: an address or a DOI, empty where not stated.
  public let reference: String
  /// The path of the file in the folder that it came from.
  public let original: String

  init(
    fileName: String, className: String, part: String, patient: String, source: String,
    licence: String, reference: String, original: String, digest: String
  ) {
    // In folds every film is once, under its class; the folders of folds lead there.
    let folder = Self.folders[part].map { "\($0)/" } ?? ""
    file = "\(folder)\(className)/\(fileName)"
    self.className = className
    self.patient = patient
    self.source = source
    self.licence = licence
    self.part = part
    self.digest = digest
    self.reference = reference
    self.original = original
  }

  fileprivate init(_ fields: [String]) {
    (file, className, patient, source) = (fields[0], fields[1], fields[2], fields[3])
    (licence, part, digest) = (fields[4], fields[5], fields[6])
    (reference, original) = (fields[7], fields[8])
  }

  /// The folder of every part that has one.
  static let folders = ["training": "Train", "validation": "Val", "test": "Test"]

  /// The columns of a manifest.
  static let columns = [
    "file", "class", "patient", "source", "licence", "split", "sha256", "reference", "original",
  ]

  var fields: [String] {
    [file, className, patient, source, licence, part, digest, reference, original]
  }

  /// Reads the manifest of a prepared data set.
  ///
  /// - Parameter url: A `manifest.csv`.
  /// - Throws: `TableError` where it is none.
  public static func read(from url: URL) throws -> [ManifestEntry] {
    let table = try CSVTable(contentsOf: url)
    let places = try columns.map { try table.requiredColumn($0) }
    return table.rows.map { row in ManifestEntry(places.map { row.fields[$0] }) }
  }
}
