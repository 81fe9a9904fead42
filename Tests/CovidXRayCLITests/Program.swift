import Foundation
import Imaging
import Tensor

/// What a program run to its end has left behind.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String

  /// The records of `--json`, one a line of the output.
  func records() throws -> [[String: Any]] {
    try output.split(separator: "\n").map { line in
      let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let record else { throw CocoaError(.coderReadCorrupt) }
      return record
    }
  }
}

/// The program as it was built beside these tests.
enum Program {
  private static let url: URL = {
    // The tests are run from a bundle or an executable in the folder of all products.
    var folder = Bundle.main.bundleURL
    for _ in 0..<4 {
      let program = folder.appending(path: "covid-xray")
      if FileManager.default.isExecutableFile(atPath: program.path(percentEncoded: false)) {
        return program
      }
      folder.deleteLastPathComponent()
    }
    return Bundle.main.bundleURL.appending(path: "covid-xray")
  }()

  /// Runs the program in `folder`.
  ///
  /// - Parameters:
  ///   - arguments: What follows its name.
  ///   - environment: Variables to set beside those of the tests.
  ///   - output: Where its standard output goes, instead of into the result.
  ///   - whileRunning: Called once it runs.
  static func run(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:],
    output: FileHandle? = nil, whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Outcome {
    // Into files: a pipe that nobody reads would stop the program.
    let logs = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: logs) }
    let (outputURL, errorURL) = (logs.appending(path: "out"), logs.appending(path: "err"))
    for url in [outputURL, errorURL] { try Data().write(to: url) }
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try output ?? FileHandle(forWritingTo: outputURL)
    process.standardError = try FileHandle(forWritingTo: errorURL)
    try process.run()
    // A program that hangs shall fail its test, not hold up all others.
    let identifier = process.processIdentifier
    let deadline = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(120), execute: deadline)
    defer { deadline.cancel() }
    try whileRunning(process)
    process.waitUntilExit()
    return Outcome(
      // As a shell has it.
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: try String(contentsOf: outputURL, encoding: .utf8),
      errors: try String(contentsOf: errorURL, encoding: .utf8))
  }

  /// A folder of its own for one test, removed afterwards.
  static func withTemporaryFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "covid-xray-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Writes two films a class and part to `Data`, dark ones of class `Covid` and bright ones of class `Normal`.
  static func writeDataset(to folder: URL) throws {
    var random = RandomGenerator(seed: 7)
    for split in ["Train", "Val"] {
      for (label, name) in ["Covid", "Normal"].enumerated() {
        let url = folder.appending(path: "\(split)/\(name)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for number in 0..<2 {
          let pixels = (0..<32 * 32).map { _ in
            UInt8(60 + 100 * label + Int.random(in: -20...20, using: &random))
          }
          try Image(Tensor(pixels, shape: [32, 32, 1]))
            .writePNG(to: url.appending(path: "\(number).png"))
        }
      }
    }
  }

  /// The names of all that is in a folder, hidden or not.
  static func names(in folder: URL) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
  }

  /// The options of a training run that is over in a moment.
  static let small = [
    "--image-size", "24", "--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "2",
    "--workers", "1",
  ]
}
