import Datasets
import Foundation
import Imaging

/// A film that may become a part of a data set.
struct FilmCandidate: Sendable {
  let url: URL
  /// Its path from the folder that it came from.
  let original: String
  /// Its line in a table, if it is from one.
  let line: Int?
  let className: String
  var patient: String?
  let source: String
  let reference: String
  let licence: String

  /// Why there is no such film, `nil` where there is a file that is an image by its name.
  static func reasonToDrop(_ url: URL) -> String? {
    guard ImageFolder.extensions.contains(url.pathExtension.lowercased()) else {
      return "no JPEG or PNG by its name"
    }
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
    else { return "the file is not there" }
    return nil
  }

  /// The films of a folder without a table, in the order of their names.
  ///
  /// - Throws: `DatasetError` where the folder has no films of its own.
  static func films(
    in folder: URL, className: String, patients: PatientTable?, source: String, licence: String
  ) throws -> (films: [FilmCandidate], dropped: [DroppedFilm]) {
    let path = folder.path(percentEncoded: false)
    let names = try FolderListing.names(at: path)
    var films: [FilmCandidate] = []
    var dropped: [DroppedFilm] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      let url = folder.appending(path: name)
      if let reason = reasonToDrop(url) {
        dropped.append(DroppedFilm(file: name, line: nil, reason: reason))
      } else {
        films.append(
          FilmCandidate(
            url: url, original: name, line: nil, className: className,
            patient: patients?.patient(of: name) ?? patientByName(name), source: source,
            reference: "", licence: licence))
      }
    }
    guard !films.isEmpty else {
      let found = dropped.prefix(4).map(\.file).joined(separator: ", ")
      throw DatasetError(
        .emptyClass, path: path,
        "no JPEG or PNG in it" + (found.isEmpty ? "" : ", only \(found)")
          + "; expected the folder that holds the films themselves")
    }
    return (films, dropped)
  }

  /// The patient whom a name gives away if it is one of chest-xray-pneumonia's normal films, as in `NORMAL2-IM-0851-0001-0002`.
  private static func patientByName(_ name: String) -> String? {
    guard let match = name.wholeMatch(of: /(NORMAL2-)?IM-(\d+)-\d+(-\d+)?\.[A-Za-z]+/) else {
      return nil
    }
    return "kaggle-\(match.1 == nil ? 1 : 2)-\(match.2)"
  }
}

/// A file or row that is no part of a data set, and why.
public struct DroppedFilm: Sendable, Hashable, Encodable {
  /// The name of the file.
  public let file: String
  /// Its line in the table, if it is from one.
  public let line: Int?
  /// Why it was dropped.
  public let reason: String

  package init(file: String, line: Int?, reason: String) {
    self.file = file
    self.line = line
    self.reason = reason
  }

  /// How many were dropped for each reason, the most frequent first.
  public static func counts(of dropped: [DroppedFilm]) -> [(reason: String, count: Int)] {
    var counts: [String: Int] = [:]
    var order: [String] = []
    for film in dropped {
      if counts[film.reason] == nil { order.append(film.reason) }
      counts[film.reason, default: 0] += 1
    }
    return order.enumerated().map { (place: $0, reason: $1, count: counts[$1] ?? 0) }
      .sorted { ($1.count, $0.place) < ($0.count, $1.place) }
      .map { ($0.reason, $0.count) }
  }
}
