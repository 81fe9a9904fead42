import Auditing
import Datasets
import Foundation
import Imaging
import Tensor

/// A folder of its own for one test, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "auditing-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// A picture that looks unlike those of other numbers: a few waves in random directions.
func picture(
  _ number: Int, size: Int = 48, brightness: Double = 128, mode: Image.ColourMode = .grey
) -> Image {
  var random = RandomGenerator(seed: UInt64(number))
  let waves = (0..<6).map { _ in
    (
      x: Double.random(in: -14...14, using: &random),
      y: Double.random(in: -14...14, using: &random),
      phase: Double.random(in: 0...6.28, using: &random)
    )
  }
  var pixels: [UInt8] = []
  for row in 0..<size {
    for column in 0..<size {
      let (u, v) = (Double(column) / Double(size), Double(row) / Double(size))
      let sum = waves.reduce(0) { $0 + sin($1.x * u + $1.y * v + $1.phase) }
      let value = UInt8(min(max(brightness + 18 * sum, 0), 255))
      for _ in 0..<mode.channels { pixels.append(value) }
    }
  }
  return Image(Tensor(pixels, shape: [size, size, mode.channels]))
}

extension URL {
  /// Writes a picture to a file below this folder, and makes the folders on the way.
  func write(_ path: String, _ image: Image) throws {
    let url = appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try image.writePNG(to: url)
  }

  /// Writes `count` pictures a class to `Train` and `Val`, all different, without any clue to the class.
  func writePlainDataset(count: Int = 6, classNames: [String] = ["Covid", "Normal"]) throws {
    var number = 0
    for part in ["Train", "Val"] {
      for name in classNames {
        for _ in 0..<count {
          // No two names are of one series.
          try write("\(part)/\(name)/\(Self.word(number)).png", picture(number))
          number += 1
        }
      }
    }
  }

  /// A word of six letters that is unlike those of other numbers.
  static func word(_ number: Int) -> String {
    var random = RandomGenerator(seed: UInt64(1000 + number))
    return String((0..<6).map { _ in "bcdfghjklmnpqrstvwxz".randomElement(using: &random) ?? "b" })
  }

  /// The audit of `Train` and `Val`.
  func audit(patients: String? = nil, model: AuditedModel? = nil) throws -> AuditReport {
    let parts = try [("training", "Train"), ("validation", "Val")].map { name, folder in
      DatasetAudit.Part(name: name, folder: try ImageFolder(at: appending(path: folder)))
    }
    let table = try patients.map { try PatientTable(CSVTable($0, name: "patients.csv")) }
    return try DatasetAudit(
      parts: parts, positiveClass: parts[0].folder.classNames[0], patients: table
    ).report(model: model)
  }
}
