import ArgumentParser
import CovidXRay
import Foundation
import Tensor

struct PredictCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Print what a model says about image files.",
    discussion: """
      Each file is decoded, resized and scaled as the images were that the model was trained on. A file that cannot be read \
      is reported, the others are predicted all the same, and the exit code is 65.
      """)

  @Argument(help: "A model.safetensors that train has written.")
  var model: Path

  @Argument(help: "JPEG or PNG files.")
  var files: [Path]

  @Option(
    parsing: .unconditional,
    help: "Threads that compute, 1 to 1024; as many as there are cores by default.")
  var threads = Parallel.availableThreads

  @OptionGroup var printing: PrintOptions

  func validate() throws {
    guard 1...1024 ~= threads else {
      throw ValidationError("--threads needs a whole number from 1 to 1024, got \(threads)")
    }
  }

  func execute() throws {
    Parallel.maximumThreads = threads
    let classifier = try CovidClassifier(contentsOf: model.url)
    if classifier.isSynthetic && !printing.quiet { Console.note("Model: \(SyntheticChest.notice)") }
    var failures = 0
    for file in files {
      let prediction: Prediction
      do {
        prediction = try classifier.predict(imageAt: file.url)
      } catch {
        failures += 1
        Console.error(String(describing: error))
        if printing.json {
          try Console.print(
            json: FailureRecord(
              synthetic: classifier.isSynthetic, file: file.text, error: String(describing: error)))
        }
        continue
      }
      try report(prediction, of: file.text, isSynthetic: classifier.isSynthetic)
    }
    if failures > 0 { throw ExitCode(Failure.Code.unusableInput.rawValue) }
  }

  private func report(_ prediction: Prediction, of file: String, isSynthetic: Bool) throws {
    if printing.json {
      return try Console.print(
        json: PredictionRecord(
          synthetic: isSynthetic, file: file, predictedClass: prediction.predictedClass,
          probabilities: Dictionary(
            uniqueKeysWithValues: zip(prediction.classNames, prediction.probabilities)),
          positiveClass: prediction.positiveClass, threshold: prediction.threshold))
    }
    let name = prediction.positiveClass
    let probability = String(format: "%.4f", try prediction.probability(of: name))
    try Console.print(
      "\(file): \(prediction.predictedClass), probability of \(name) \(probability)"
        + (isSynthetic ? " (SYNTHETIC model)" : ""))
  }
}

/// The record of a file.
private struct PredictionRecord: Encodable {
  let event = "prediction"
  let synthetic: Bool
  let file: String
  let predictedClass: String
  let probabilities: [String: Double]
  let positiveClass: String
  let threshold: Double
}

/// The record of a file that cannot be read.
struct FailureRecord: Encodable {
  let event = "failure"
  let synthetic: Bool
  let file: String
  let error: String
}
