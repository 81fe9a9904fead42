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
  public var url: URL { folder.url }
  /// Where it grows.
  public var partialURL: URL { folder.partialURL }
  private let folder: AtomicFolder

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
    folder = try AtomicFolder(at: url, replacing: replacesRun, byteCount: byteCount) { names in
      let path = AtomicFolder.path(url)
      if let foreign = names.first(where: { !Self.fileNames.contains($0) }) {
        throw CheckpointError(
          path: path, reason: "holds \"\(foreign)\", which is no part of a run; name a new folder")
      }
      if !replacesRun { throw Occupied(path: path) }
    }
  }

  /// Writes all files of a run, and puts the folder in its place.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - configuration: How it was made.
  ///   - patients: The patient of a film by its path from the folder of the data set on, where patients are known: intervals
  ///     are then as wide as their number allows.
  ///   - audit: What an audit of the films found, or why there is none; nil where none was wanted.
  /// - Throws: `CheckpointError` where that is not possible. Nothing is left then, and an earlier run is as it was.
  public func publish(
    _ run: TrainingRun, configuration: RunConfiguration, patients: ((String) -> String?)? = nil,
    audit: Result<AuditReport, any Error>? = nil
  ) throws {
    try folder.publish { partialURL in
      let (training, validation) = run.evaluations(patients: patients)
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
    }
  }

  /// Removes what has been written, and the folders that were made for it.
  ///
  /// May be called at any time, and again.
  public func discard() { folder.discard() }
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
