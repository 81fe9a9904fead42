public import Checkpoints
public import Foundation
public import Tensor

/// Values from an independent implementation: the file `Tests/Goldens/<name>.safetensors`.
///
/// ```swift
/// let golden = try Golden(named: "operations")
/// for name in golden.cases(startingWith: "softmax") {
///   let input = try golden.tensor("\(name)/input", as: Double.self)
/// }
/// ```
public struct Golden: Sendable {
  /// The folder with all golden files, and the scripts that made them.
  public static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Goldens")

  /// The open file.
  public let file: Safetensors

  /// Opens a golden file.
  public init(named name: String) throws {
    file = try Safetensors(contentsOf: Self.folder.appending(path: "\(name).safetensors"))
  }

  /// The names of all cases, sorted: what stands before the first slash.
  public func cases(startingWith prefix: String = "") -> [String] {
    let names = file.names.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) }
    return Set(names).filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Whether the file has a tensor called `name`.
  public func contains(_ name: String) -> Bool { file.entries[name] != nil }

  /// The tensor called `name`, whose scalars are of the type asked for.
  public func tensor<Scalar: TensorScalar>(
    _ name: String, as type: Scalar.Type = Scalar.self
  ) throws -> Tensor<Scalar> {
    try file.tensor(name, as: type)
  }

  /// The tensor called `name`, rounded where the file holds `Double` and `Float` is asked for.
  public func tensor<Scalar: DifferentiableScalar>(
    _ name: String, as type: Scalar.Type = Scalar.self
  ) throws -> Tensor<Scalar> {
    switch try file.tensor(name) {
    case .float64(let tensor): tensor.converted()
    case .float32(let tensor): tensor.converted()
    // Integers are no golden values of a differentiable function: let it say that they are of another type.
    default: try file.tensor(name, as: type)
    }
  }

  /// The only scalar of the tensor called `name`.
  public func scalar(_ name: String) throws -> Double {
    try tensor(name, as: Double.self).item()
  }

  /// The integers of the tensor called `name`.
  public func integers(_ name: String) throws -> [Int] {
    try file.tensor(name, as: Int64.self).scalars.map { Int($0) }
  }
}
