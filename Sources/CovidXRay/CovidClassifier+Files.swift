import Autograd
import Checkpoints
public import Foundation
import Layers
import Tensor

extension CovidClassifier {
  /// Writes the model with its preprocessing, classes, threshold, provenance and card to a safetensors file.
  ///
  /// The file appears complete or not at all. Equal models give equal bytes.
  ///
  /// - Throws: `CheckpointError` where it cannot be written.
  public func save(to url: URL) throws {
    let ensemble = Ensemble(members: members)
    let metadata = SavedModel.Metadata(
      architecture: try CanonicalJSON.text(
        members.count == 1 ? network.specification : ensemble.specification),
      preprocessing: try CanonicalJSON.text(preprocessing), classNames: classNames,
      positiveClass: positiveClass, threshold: threshold, temperature: temperature,
      training: provenance, card: card)
    // One network has the paths that it has by itself.
    if members.count == 1 {
      try SavedModel.write(network, metadata, to: url)
    } else {
      try SavedModel.write(ensemble, metadata, to: url)
    }
  }

  /// Reads a model that ``save(to:)`` wrote.
  ///
  /// Nothing in the file is run, and nothing in it is trusted.
  ///
  /// - Throws: `CheckpointError` where it is no such file, or one of another architecture; `StateMismatch` where its weights
  ///   are not those of its architecture.
  public init(contentsOf url: URL) throws {
    let saved = try SavedModel(contentsOf: url)
    let metadata = saved.metadata
    func error(_ reason: String) -> CheckpointError {
      CheckpointError(path: url.path(percentEncoded: false), reason: reason)
    }
    guard metadata.classNames.count == 2 else {
      throw error(
        "is of another kind: \(metadata.classNames.count) classes, "
          + "\(metadata.classNames.prefix(8).map(printable).joined(separator: ", ")); expected two")
    }
    guard let positiveClass = metadata.positiveClass, let threshold = metadata.threshold else {
      throw error("is of another kind: names no positive class and threshold")
    }
    let preprocessing: Preprocessing
    do {
      preprocessing = try CanonicalJSON.value(Preprocessing.self, from: metadata.preprocessing)
    } catch {
      throw CheckpointError(
        path: url.path(percentEncoded: false),
        reason: "has preprocessing that this program does not know: \(Self.reason(of: error))")
    }
    var ensemble: Ensemble
    do {
      let specification = try CanonicalJSON.value(
        LayerSpecification.self, from: metadata.architecture)
      let members = try CovidArchitecture.members(
        of: specification, for: preprocessing, tensors: saved.file.names)
      ensemble = Ensemble(members: try members.map { try Sequential(specification: $0) })
    } catch let mismatch as ArchitectureMismatch {
      throw error("is of another architecture: \(mismatch.description)")
    } catch let problem as DecodingError {
      throw error("has no readable architecture: \(Self.reason(of: problem))")
    }
    if ensemble.members.count == 1 {
      try saved.restore(&ensemble.members[0])
    } else {
      try saved.restore(&ensemble)
    }
    for (path, parameter) in ensemble.members.flatMap(\.parameters)
    where !parameter.value.scalars.allSatisfy(\.isFinite) {
      throw error("is damaged: \(path) holds numbers that are not finite")
    }
    self.init(
      members: ensemble.members, preprocessing: preprocessing, classNames: metadata.classNames,
      positiveClass: positiveClass, threshold: threshold, temperature: metadata.temperature,
      provenance: metadata.training, card: metadata.card)
  }

  /// What is wrong with a JSON text, in one line.
  private static func reason(of error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "no \"\(key.stringValue)\" in it"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      context.debugDescription
    default: "\(error)"
    }
  }
}
