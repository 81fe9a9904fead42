import ArgumentParser
import Foundation
import Tensor

/// `roentgen-bench SUITE`: runs each case of a suite in a process of its own and prints what it measured.
@main
struct RoentgenBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roentgen-bench",
    abstract: "Measures the speed and memory of Roentgen on this machine.",
    discussion: """
      Suites: \(Suite.allCases.map(\.rawValue).joined(separator: ", ")). Times are medians of several runs. Each case runs \
      in a process of its own, so that its peak memory is its own. The headline case of a suite comes last.
      """)

  @Argument(help: "What to measure.")
  var suite: Suite

  @Option(help: "How many threads to use; all cores by default.")
  var threads: Int?

  @Option(help: "Images in a batch, for the suites that have batches.")
  var batch: Int?

  @Option(help: "How many runs are counted, after one that is not.")
  var runs = 5

  @Flag(help: "One line of JSON for each case.")
  var json = false

  @Option(name: .customLong("case"), help: "Run one case only, in this process.")
  var only: String?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads needs 1 or more.") }
    if let batch, batch < 1 { throw ValidationError("--batch needs 1 or more.") }
    if runs < 1 { throw ValidationError("--runs needs 1 or more.") }
  }

  mutating func run() throws {
    let threads = threads ?? Parallel.availableThreads
    Parallel.maximumThreads = threads
    let settings = Settings(threads: threads, batch: batch, runs: runs)
    let cases = suite.cases(settings)
    if let only {
      guard let wanted = cases.first(where: { $0.name == only }) else {
        throw ValidationError("--case \(only): the suite has \(cases.map(\.name)).")
      }
      var result = try wanted.measure(settings)
      result.peakResidentMegabytes = peakResidentMegabytes()
      print(try result.json)
      return
    }
    if !json { print(Result.header) }
    for item in cases {
      let result = try Result.measuredByChild(suite: suite.rawValue, item.name, settings)
      print(json ? try result.json : result.row)
    }
  }
}

/// What is measured together.
enum Suite: String, CaseIterable, ExpressibleByArgument {
  case trainStep = "train-step"
  case inference
  case kernels
  case layers
  case pipeline
  case mainJob = "main-job"

  func cases(_ settings: Settings) -> [Case] {
    switch self {
    case .trainStep: trainStepCases
    case .inference: inferenceCases
    case .kernels: kernelCases
    case .layers: layerCases
    case .pipeline: pipelineCases
    case .mainJob: mainJobCases
    }
  }
}
