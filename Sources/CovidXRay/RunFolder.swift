public import Auditing
import Checkpoints
public import Foundation
import Training

/// The folder of a training run, which appears complete or not at all.
///
/// Files grow in a hidden folder beside it, `.NAME.<digits>.partial`, that takes its place in one step when all are there.
/// Making one checks that this will be possible, so that a long run does not end at a full disk or a file in the way.
public final class RunFolder: Sendable {
  /// Where the folder shall stand.
  public let url: URL
  /// Where it grows.
  public let partialURL: URL
  private let replacesRun: Bool
  /// Folders on the way to it that were made for it, the outermost first.
  private let madeFolders: [String]

  /// There is a run already where another one shall stand.
  public struct Occupied: Error, Sendable, Hashable, CustomStringConvertible {
    /// The folder.
    public let path: String

    /// The folder, and that it holds a run.
    public var description: String { "\(path): holds a run already" }
  }

  /// The files of a run.
  public static let fileNames: Set<String> = [
    "config.json", "history.csv", "loss.svg", "accuracy.svg", "confusion-matrix.svg",
    "model-card.md", "model.safetensors", "predictions.csv", "report.html",
  ]

  /// Makes room for a run.
  ///
  /// - Parameters:
  ///   - url: Where the folder shall stand: nothing, or an empty folder, or a run to be replaced.
  ///   - replacesRun: Whether an earlier run may be replaced. What is no run never is.
  ///   - byteCount: About how much will be written.
  /// - Throws: `CheckpointError` where the folder could not take its place in the end; ``Occupied`` where an earlier run is in
  ///   it and may not be replaced.
  public init(at url: URL, replacingRun replacesRun: Bool = false, byteCount: Int = 0) throws {
    self.url = url
    self.replacesRun = replacesRun
    let target = url.standardizedFileURL
    guard target.pathComponents.count > 1 else {
      throw CheckpointError(path: Self.path(url), reason: "cannot be the folder of a run")
    }
    try Self.checkPlace(url, replacesRun: replacesRun)
    let parent = target.deletingLastPathComponent()
    partialURL = parent.appending(
      path: ".\(target.lastPathComponent).\(UInt32.random(in: .min ... .max)).partial")
    madeFolders = try Self.makeFolder(parent, for: url)
    do {
      try Self.system(mkdir(Self.path(partialURL), 0o777), "cannot be made", url)
      if let free = try? FileManager.default.attributesOfFileSystem(forPath: Self.path(parent))[
        .systemFreeSize] as? Int, free < byteCount
      {
        throw CheckpointError(
          path: Self.path(url),
          reason: "cannot be written, needs \(byteCount >> 20) MiB, the disk has \(free >> 20) free"
        )
      }
    } catch {
      discard()
      throw error
    }
  }

  /// Writes all files of a run, and puts the folder in its place.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - configuration: How it was made.
  ///   - patients: The patient of a film by its name, where patients are known: intervals are then as wide as their number
  ///     allows.
  ///   - audit: What an audit of the films found, or why there is none; nil where none was wanted.
  /// - Throws: `CheckpointError` where that is not possible. Nothing is left then, and an earlier run is as it was.
  public func publish(
    _ run: TrainingRun, configuration: RunConfiguration, patients: ((String) -> String?)? = nil,
    audit: Result<AuditReport, any Error>? = nil
  ) throws {
    do {
      let (training, validation) = (
        FilmEvaluation(run.training, patients: patients),
        FilmEvaluation(run.validation, patients: patients)
      )
      let page = run.page(
        configuration: configuration, validation: validation, training: training, audit: audit)
      let texts = [
        ("config.json", try configuration.json), ("history.csv", run.history.csv),
        ("loss.svg", run.lossChart), ("accuracy.svg", run.accuracyChart),
        ("confusion-matrix.svg", run.confusionMatrixChart), ("model-card.md", run.model.card),
        ("predictions.csv", training.csv() + validation.csv(header: false)), ("report.html", page),
      ]
      for (name, text) in texts {
        try AtomicFile.create(at: partialURL.appending(path: name)) {
          try $0.append(Array(text.utf8))
        }
      }
      try run.model.save(to: partialURL.appending(path: "model.safetensors"))
      try moveIntoPlace()
    } catch let error as CheckpointError {
      discard()
      // The reader knows the folder by the name that it was given.
      throw CheckpointError(path: Self.path(url), reason: error.reason)
    } catch {
      discard()
      throw error
    }
  }

  /// Removes what has been written, and the folders that were made for it.
  ///
  /// May be called at any time, and again.
  public func discard() {
    try? FileManager.default.removeItem(at: partialURL)
    // Only those that are empty go.
    for folder in madeFolders.reversed() { rmdir(folder) }
  }

  private func moveIntoPlace() throws {
    try Self.checkPlace(url, replacesRun: replacesRun)
    let path = Self.path(url)
    let aside = Self.path(partialURL) + ".replaced"
    let isReplacing = replacesRun && FileManager.default.fileExists(atPath: path)
    if isReplacing { try Self.system(rename(path, aside), "cannot be replaced", url) }
    do {
      try Self.system(rename(Self.path(partialURL), path), "cannot be put in its place", url)
    } catch {
      if isReplacing { rename(aside, path) }
      throw error
    }
    if isReplacing { try? FileManager.default.removeItem(atPath: aside) }
  }

  /// Throws unless a run may stand at `url`.
  private static func checkPlace(_ url: URL, replacesRun: Bool) throws {
    let path = path(url)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else {
      throw CheckpointError(path: path, reason: "cannot be written, a file is in its place")
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw CheckpointError(path: path, reason: "cannot be listed")
    }
    if names.isEmpty { return }
    if let foreign = names.sorted().first(where: { !fileNames.contains($0) }) {
      throw CheckpointError(
        path: path, reason: "holds \"\(foreign)\", which is no part of a run; name a new folder")
    }
    if !replacesRun { throw Occupied(path: path) }
  }

  /// Makes a folder and those on the way to it, and returns the ones that were not there.
  private static func makeFolder(_ folder: URL, for url: URL) throws -> [String] {
    var missing: [URL] = []
    var ancestor = folder
    while !FileManager.default.fileExists(atPath: path(ancestor)), ancestor.pathComponents.count > 1
    {
      missing.append(ancestor)
      ancestor.deleteLastPathComponent()
    }
    var made: [String] = []
    for folder in missing.reversed() {
      do {
        try system(mkdir(path(folder), 0o777), "cannot be made", url)
      } catch {
        for folder in made.reversed() { rmdir(folder) }
        throw error
      }
      made.append(path(folder))
    }
    return made
  }

  private static func system(_ result: Int32, _ failure: String, _ url: URL) throws {
    guard result != 0 else { return }
    throw CheckpointError(
      path: path(url), reason: "\(failure): \(String(cString: strerror(errno)))")
  }

  /// The path without a slash at its end, which the system would follow.
  private static func path(_ url: URL) -> String {
    let path = url.path(percentEncoded: false)
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}

/// How a run was made: the recipe, and what changes nothing but its time.
public struct RunConfiguration: Sendable, Codable {
  /// What was computed.
  public var recipe: TrainingRecipe
  /// The path of the images as it was given, or that they are SYNTHETIC.
  public var data: String
  /// What became of files that cannot be read: `stop` or `skip`.
  public var onUnreadable: String
  /// How many threads computed.
  public var threads: Int
  /// How many threads read films ahead.
  public var workers: Int

  /// The configuration of a run.
  ///
  /// - Parameters:
  ///   - recipe: What was computed.
  ///   - data: The path of the images, `nil` for phantoms.
  ///   - onUnreadable: What became of files that cannot be read: `stop` or `skip`.
  ///   - threads: How many threads computed.
  ///   - workers: How many threads read films ahead.
  public init(
    recipe: TrainingRecipe, data: String?, onUnreadable: String, threads: Int, workers: Int
  ) {
    self.recipe = recipe
    self.data = data ?? SyntheticChest.notice
    self.onUnreadable = onUnreadable
    self.threads = threads
    self.workers = workers
  }

  /// Indented JSON, keys sorted, names with underscores.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
