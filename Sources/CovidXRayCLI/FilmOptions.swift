import ArgumentParser
import CovidXRay
import Foundation
import Tensor

/// How many threads compute, which changes no result.
struct ThreadOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Threads that compute, 1 to 1024; as many as there are cores by default.")
  var threads = Parallel.availableThreads

  func validate() throws {
    guard 1...1024 ~= threads else {
      throw ValidationError("--threads needs a whole number from 1 to 1024, got \(threads)")
    }
  }

  /// Uses so many threads from now on.
  func apply() { Parallel.maximumThreads = threads }
}

/// A model, and films to ask it about one after the other.
struct FilmOptions: ParsableArguments {
  @Argument(help: "A model.safetensors that train has written.")
  var model: Path

  @Argument(help: "JPEG or PNG files.")
  var files: [Path]

  /// Calls `body` with every film that `read` can read, and reports the others.
  ///
  /// - Throws: The exit code 65 at the end, where there are others; what `body` throws.
  func forEachFilm<Film>(
    isSynthetic: Bool, _ printing: PrintOptions, read: (URL) throws -> Film,
    body: (Film, Path) throws -> Void
  ) throws {
    var failures = 0
    for file in files {
      let film: Film
      do {
        film = try read(file.url)
      } catch {
        failures += 1
        Console.error(String(describing: error))
        if printing.json {
          try Console.print(
            json: FailureRecord(
              synthetic: isSynthetic, file: file.text, error: String(describing: error)))
        }
        continue
      }
      try body(film, file)
    }
    if failures > 0 { throw ExitCode(Failure.Code.unusableInput.rawValue) }
  }
}

extension Prediction {
  /// The predicted class and the probability of the positive one, for a terminal.
  func line(for file: Path) throws -> String {
    "\(file.text): \(predictedClass), probability of \(positiveClass) "
      + String(format: "%.4f", try probability(of: positiveClass))
  }
}

/// What a model says about a file, as a record.
struct PredictionRecord: Encodable {
  let event: String
  let synthetic: Bool
  let file: String
  let predictedClass: String
  let probabilities: [String: Double]
  let positiveClass: String
  let threshold: Double

  init(_ event: String, _ prediction: Prediction, of file: Path, isSynthetic: Bool) {
    self.event = event
    synthetic = isSynthetic
    self.file = file.text
    predictedClass = prediction.predictedClass
    probabilities = Dictionary(
      uniqueKeysWithValues: zip(prediction.classNames, prediction.probabilities))
    positiveClass = prediction.positiveClass
    threshold = prediction.threshold
  }
}

/// The record of a file that cannot be read.
private struct FailureRecord: Encodable {
  let event = "failure"
  let synthetic: Bool
  let file: String
  let error: String
}
