public import Autograd
public import Foundation
public import Tensor

extension Parameterized {
  /// The values of all parameters by path, such as `"0.weight"`: what a file holds of a model.
  ///
  /// - Precondition: No path belongs to two parameters.
  public var parameterValues: [String: Tensor<Scalar>] {
    var values: [String: Tensor<Scalar>] = [:]
    for (path, parameter) in parameters {
      require(
        values.updateValue(parameter.value, forKey: path) == nil,
        "parameterValues: two parameters have the path \(path)")
    }
    return values
  }

  /// Writes all parameters to a safetensors file, each under its path.
  ///
  /// The file appears complete or not at all. Equal models give equal bytes.
  ///
  /// - Parameters:
  ///   - url: A file that is replaced if it is there, in a folder that is there.
  ///   - metadata: Texts to go with the parameters.
  /// - Throws: ``CheckpointError`` where the file cannot be written; an old one is then as it was.
  public func save(to url: URL, metadata: [String: String] = [:]) throws {
    try Safetensors.write(parameterValues, metadata: metadata, to: url)
  }

  /// Takes the values of all parameters from a safetensors file that `save(to:metadata:)` wrote for the same architecture.
  ///
  /// The identities of the parameters stay, and so does the state that optimizers keep for them.
  ///
  /// - Throws: ``StateMismatch``, which lists every difference of names, shapes and types, and ``CheckpointError`` where the
  ///   file cannot be read. The model is then as it was.
  public mutating func load(from url: URL) throws {
    try load(from: Safetensors(contentsOf: url))
  }

  /// Takes the values of all parameters from an open file, or none of them.
  ///
  /// - Throws: ``StateMismatch``, which lists every difference of names, shapes and types, and ``CheckpointError`` where the
  ///   file cannot be read. The model is then as it was.
  public mutating func load(from file: Safetensors) throws {
    let values = try file.tensors(
      matching: parameterValues.mapValues(\.shape), as: Scalar.self)
    updateParameters { parameter, path in
      // Every path is there, or reading would have failed.
      if let value = values[path] { parameter.value = value }
    }
  }
}
