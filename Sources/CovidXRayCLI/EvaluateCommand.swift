import ArgumentParser
import CovidXRay
import Datasets
import Foundation
import Tensor

struct EvaluateCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on images of known classes, without augmentation.",
    discussion: """
      Where the folder has Train or Val in it, these are measured and named. Otherwise it has one folder of images for each \
      class; one of the two may be missing.
      """)

  @Argument(help: "A model.safetensors that train has written.")
  var model: Path

  @Argument(help: "The folder of images.")
  var directory: Path

  @OptionGroup var work: WorkOptions
  @OptionGroup var printing: PrintOptions

  func execute() throws {
    Parallel.maximumThreads = work.threads
    let classifier = try CovidClassifier(contentsOf: model.url)
    if classifier.isSynthetic && !printing.quiet { Console.note("Model: \(SyntheticChest.notice)") }
    let results = try parts().map { try measure(classifier, $0, $1) }
    for (index, (evaluation, skipped)) in results.enumerated() {
      if printing.json {
        try Console.print(
          json: EvaluationRecord(
            evaluation, isSynthetic: classifier.isSynthetic, skipped: skipped.map(\.reason)))
      } else {
        let label = classifier.isSynthetic ? "SYNTHETIC model: " : ""
        try Console.print((index > 0 ? "\n" : "") + label + evaluation.report)
      }
    }
  }

  private func parts() throws -> [(name: String, url: URL)] {
    let splits = try XRayDataset.Split.allCases.compactMap { split in
      try XRayDataset.folderIfPresent(of: split, in: directory.url).map { (split.rawValue, $0) }
    }
    if !splits.isEmpty { return splits }
    return [(directory.url.standardizedFileURL.lastPathComponent, directory.url)]
  }

  private func measure(
    _ classifier: CovidClassifier, _ name: String, _ url: URL
  ) throws -> (SplitEvaluation, [SkippedSample]) {
    var line = ProgressLine()
    let result = try classifier.evaluate(
      on: url, named: name, workers: work.workers, unreadable: work.onUnreadable.samples
    ) { done, count in
      if !printing.quiet {
        line.show(
          "Measuring \(name)", fraction: Double(done) / Double(count), details: ["\(done)/\(count)"]
        )
      }
    }
    line.clear()
    for sample in result.skipped { Console.note("Skipped: \(sample)") }
    return result
  }
}
