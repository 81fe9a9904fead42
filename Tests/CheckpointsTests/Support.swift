import Autograd
import Checkpoints
import Foundation
import Tensor
import TestSupport

/// Calls `body` with a new folder, which is gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "Checkpoints-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The names of all files in `folder`, hidden ones included.
func fileNames(in folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).sorted()
}

/// The bytes of a file.
func bytes(of url: URL) throws -> [UInt8] { try [UInt8](Data(contentsOf: url)) }

/// What `body` throws, as it would be printed, or `nil`.
func message(of body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// A safetensors file with any header: its length, its text, and zeros for data.
func safetensors(_ header: String, dataCount: Int = 0, length: Int? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  let prefix = withUnsafeBytes(of: UInt64(length ?? text.count).littleEndian) { [UInt8]($0) }
  return prefix + text + [UInt8](repeating: 0, count: dataCount)
}

/// A weight and a statistic under a name.
struct Part<Scalar: DifferentiableScalar>: Parameterized {
  var weight: Parameter<Scalar>
  var mean: Parameter<Scalar>

  init(_ shape: [Int], phase: Double = 0) {
    weight = Parameter(.ramp(shape, phase: phase))
    mean = Parameter(.ramp([shape[0]], phase: phase + 1), kind: .statistic)
  }

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    visitor.visit(&weight, "weight")
    visitor.visit(&mean, "mean")
  }
}

/// Two parts and a parameter of rank 0.
struct Model<Scalar: DifferentiableScalar>: Parameterized {
  var parts: [Part<Scalar>]
  var scale: Parameter<Scalar>

  init(_ shapes: [[Int]] = [[2, 3], [3, 1, 2]], phase: Double = 0) {
    parts = shapes.enumerated().map { Part($0.element, phase: phase + Double($0.offset)) }
    scale = Parameter(Tensor(Scalar(phase)))
  }

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>) {
    for index in parts.indices { visitor.visit(&parts[index], "\(index)") }
    visitor.visit(&scale, "scale")
  }
}
