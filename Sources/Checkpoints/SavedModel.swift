public import Autograd
public import Foundation

/// A trained classifier as a file: its weights, and all that is needed to use them as they were meant.
///
/// It is a safetensors file: weights by path, and in the metadata what ``Metadata`` has, under keys that start with
/// `roentgen.`. Any safetensors reader can open it. Reading one runs no code: architecture and preprocessing are texts, and
/// whoever understands them builds the model that they describe.
///
/// ```swift
/// try SavedModel.write(model, metadata, to: url)
///
/// let saved = try SavedModel(contentsOf: url)
/// var model = try network(describedBy: saved.metadata.architecture)
/// try saved.restore(&model)
/// ```
public struct SavedModel: Sendable {
  /// What goes with the weights.
  public let metadata: Metadata
  /// The open file, of which the weights are a part.
  public let file: Safetensors

  /// Opens the file at `url` and reads what it says about its weights, but not yet those.
  ///
  /// - Throws: ``CheckpointError`` where it is no safetensors file, no saved model, of a newer format version, or says
  ///   something about its weights that this version does not know and therefore must not ignore.
  public init(contentsOf url: URL) throws {
    file = try Safetensors(contentsOf: url)
    metadata = try Metadata(file)
  }

  /// What the file at `url` says about its weights.
  ///
  /// Reads the header only.
  ///
  /// - Throws: As ``init(contentsOf:)``.
  public static func metadata(at url: URL) throws -> Metadata {
    try SavedModel(contentsOf: url).metadata
  }

  /// Gives `model` the weights of this file.
  ///
  /// - Throws: ``StateMismatch``, which lists every difference of names, shapes and types, and ``CheckpointError`` where the
  ///   file cannot be read. The model is then as it was.
  public func restore(_ model: inout some Parameterized) throws {
    try model.load(from: file)
  }

  /// Writes a model with what goes with it.
  ///
  /// The file appears complete or not at all, and equal input gives equal bytes.
  ///
  /// - Throws: ``CheckpointError`` where the metadata contradict themselves or the file cannot be written; an old one is
  ///   then as it was.
  public static func write(
    _ model: some Parameterized, _ metadata: Metadata, to url: URL
  ) throws {
    if let problem = metadata.problem {
      throw CheckpointError(path: try filePath(of: url), reason: "cannot be written, \(problem)")
    }
    try model.save(to: url, metadata: metadata.texts)
  }
}
