import Checkpoints
import Datasets
public import Foundation

/// The films of a data set, chosen and divided.
public struct PreparedFilms: Sendable {
  /// The films that take part.
  public let entries: [ManifestEntry]
  /// The rows and files that do not, and why.
  public let dropped: [DroppedFilm]
  /// How they were chosen and divided.
  public let options: PreparationOptions
  /// Where the film of every entry is now.
  let originals: [URL]

  /// What came out: films and patients of every part and class, and what was dropped for which reason.
  public var summary: String {
    let classNames = [PreparationOptions.covid, PreparationOptions.normal]
    var lines = options.partNames.map { part in
      let counts = classNames.map { name -> String in
        let films = entries.filter { $0.part == part && $0.className == name }
        let known = Set(films.map(\.patient).filter { !$0.isEmpty }).count
        let unknown = films.count { $0.patient.isEmpty }
        let patients =
          [
            known > 0 ? "\(known) \(known == 1 ? "patient" : "patients")" : nil,
            unknown > 0 ? "\(unknown) of unknown patients" : nil,
          ].compactMap { $0 }.joined(separator: ", ")
        return "\(films.count) \(name)" + (films.isEmpty ? "" : " (\(patients))")
      }
      return "\(part): \(counts.joined(separator: ", "))"
    }
    let counts = classNames.map { name in entries.count { $0.className == name } }
    if counts[1] < counts[0] && options.normalCount == nil {
      lines.append("There are fewer normal films than films of Covid: the classes are not equal.")
    }
    if !dropped.isEmpty {
      lines.append("dropped: \(dropped.count)")
      lines += DroppedFilm.counts(of: dropped).map { "  \($0.count) × \($0.reason)" }
    }
    return lines.joined(separator: "\n")
  }

  /// The table of the films, `manifest.csv`.
  var manifest: String {
    CSVTable.text(header: ManifestEntry.columns, rows: entries.map(\.fields))
  }

  /// The table of what was dropped, `dropped.csv`.
  var droppedTable: String {
    CSVTable.text(
      header: ["file", "line", "reason"],
      rows: dropped.map { [$0.file, $0.line.map(String.init) ?? "", $0.reason] })
  }
}

/// The folder of a prepared data set, which appears complete or not at all.
///
///     Train/Covid/….jpg   Val/Covid/….jpg   Test/Covid/….jpg       in proportions
///     Train/Normal/….jpg  Val/Normal/….jpg  Test/Normal/….jpg
///
///     Covid/….jpg   fold-1/Train/Covid/….jpg   fold-1/Val/Covid/….jpg   fold-2/…       in folds
///     Normal/….jpg  fold-1/Train/Normal/….jpg  fold-1/Val/Normal/….jpg
///
/// and `manifest.csv`, `dropped.csv`, `preparation.json`. In folds, `Val` of `fold-1` has the films of the first fold and `Train` all
/// others, as links to the films themselves: each such folder is a data set to train on.
public final class PreparedFolder: Sendable {
  private let folder: AtomicFolder

  /// Makes room for a data set.
  ///
  /// - Parameter url: Where the folder shall stand: nothing, or an empty folder.
  /// - Throws: `CheckpointError` where the folder could not take its place in the end.
  public init(at url: URL) throws {
    folder = try AtomicFolder(at: url) { names in
      throw CheckpointError(
        path: AtomicFolder.path(url), reason: "holds \"\(names[0])\"; name a new folder")
    }
  }

  /// Copies all films, writes the tables, and puts the folder in its place.
  ///
  /// - Parameters:
  ///   - films: What to write.
  ///   - progress: Called with the number of films copied so far.
  /// - Throws: `CheckpointError` where that is not possible; `DatasetError` where a film has changed since it was read. Nothing is
  ///   left then.
  public func publish(
    _ films: PreparedFilms, progress: (_ copied: Int) throws -> Void = { _ in }
  ) throws {
    try folder.publish { partialURL in
      for (index, (entry, original)) in zip(films.entries, films.originals).enumerated() {
        let data = try Data(contentsOf: original)
        guard SHA256.hexDigest(of: data) == entry.digest else {
          throw DatasetError(
            .inaccessible, path: original.path(percentEncoded: false),
            "has changed while the data set was prepared")
        }
        try write(data, to: entry.file, in: partialURL)
        try progress(index + 1)
      }
      if case .folds = films.options.division { try linkFolds(of: films, in: partialURL) }
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      let texts = [
        ("manifest.csv", films.manifest), ("dropped.csv", films.droppedTable),
        (
          "preparation.json",
          String(decoding: try encoder.encode(films.options), as: UTF8.self) + "\n"
        ),
      ]
      for (name, text) in texts { try write(Data(text.utf8), to: name, in: partialURL) }
    }
  }

  /// Removes what has been written, and the folders that were made for it.
  ///
  /// May be called at any time, and again.
  public func discard() { folder.discard() }

  private func write(_ data: Data, to path: String, in root: URL) throws {
    let url = root.appending(path: path)
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(path: path, reason: "cannot be made: \(error.localizedDescription)")
    }
    try AtomicFile.create(at: url) { file in try data.withUnsafeBytes { try file.append($0) } }
  }

  private func linkFolds(of films: PreparedFilms, in root: URL) throws {
    for fold in films.options.partNames {
      for entry in films.entries {
        let split = entry.part == fold ? "Val" : "Train"
        let link = root.appending(path: "\(fold)/\(split)/\(entry.file)")
        do {
          try FileManager.default.createDirectory(
            at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
          try FileManager.default.createSymbolicLink(
            atPath: link.path(percentEncoded: false), withDestinationPath: "../../../\(entry.file)")
        } catch {
          throw CheckpointError(
            path: "\(fold)/\(split)/\(entry.file)",
            reason: "cannot be linked: \(error.localizedDescription)")
        }
      }
    }
  }
}
