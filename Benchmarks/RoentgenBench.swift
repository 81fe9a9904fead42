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
      in a process of its own, so that its peak memory is its own. The headline case of a suite comes last. Rates stand \
      beside the best that the suite "peaks" reached just before.
      """)

  @Argument(help: "What to measure.")
  var suite: Suite

  @Option(help: "How many threads to use; all cores by default.")
  var threads: Int?

  @Option(help: "Images in a batch, for the suites that have batches.")
  var batch: Int?

  @Option(
    help: "How many runs are counted; by default 5 after two that are not, 1 of what takes minutes."
  )
  var runs: Int?

  @Flag(help: "One line of JSON for each case.")
  var json = false

  @Option(
    name: .customLong("case"),
    help: "Only cases whose name contains this, in upper or lower case. May be given several times."
  )
  var names: [String] = []

  @Flag(inversion: .prefixedNo, help: "Measure this machine's peaks first.")
  var peaks = true

  @Option(
    help: ArgumentHelp("Run the case of just this name in this process.", visibility: .hidden))
  var child: String?

  @Flag(
    help: ArgumentHelp(
      "Print \"ready\", take a sample for every line of input, then print the result.",
      visibility: .hidden))
  var lockstep = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads needs 1 or more.") }
    if let batch, batch < 1 { throw ValidationError("--batch needs 1 or more.") }
    if let runs, runs < 1 { throw ValidationError("--runs needs 1 or more.") }
    if lockstep, child == nil { throw ValidationError("--lockstep needs --child.") }
  }

  mutating func run() throws {
    let threads = threads ?? Parallel.availableThreads
    Parallel.maximumThreads = threads
    let settings = Settings(threads: threads, batch: batch, runs: runs)
    if let child {
      try measure(child, settings)
      return
    }
    let cases = suite.cases.filter { item in
      names.isEmpty || names.contains { item.name.localizedCaseInsensitiveContains($0) }
    }
    guard !cases.isEmpty else {
      throw ValidationError("--case \(names): the suite has \(suite.cases.map(\.name)).")
    }
    // Peaks are those of as many threads, which most cases have.
    let needsPeaks = peaks && suite != .peaks && cases.contains { $0.operations + $0.bytes > 0 }
    let measuredPeaks = needsPeaks ? try Peaks.measured(settings) : nil
    if !json { print(Result.header) }
    for item in cases {
      var result = try Result.measuredByChild(item, of: suite, settings)
      if let measuredPeaks, result.threads == threads { result = result.beside(measuredPeaks) }
      print(json ? try result.json : result.row)
    }
  }

  /// Measures one case in this process.
  private func measure(_ name: String, _ settings: Settings) throws {
    guard let item = suite.cases.first(where: { $0.name == name }) else {
      throw ValidationError("--child \(name): the suite has \(suite.cases.map(\.name)).")
    }
    var measurement = try Measurement(item, settings)
    if lockstep {
      answer("ready")
      while readLine() != nil { answer("\(try measurement.sample())") }
    } else {
      try measurement.sample(settings)
    }
    print(try measurement.result().json)
  }

  /// Prints a line that another process waits for.
  private func answer(_ line: String) {
    print(line)
    fflush(nil)
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
  case peaks

  var cases: [Case] {
    switch self {
    case .trainStep: trainStepCases
    case .inference: inferenceCases
    case .kernels: kernelCases
    case .layers: layerCases
    case .pipeline: pipelineCases
    case .mainJob: mainJobCases
    case .peaks: peakCases
    }
  }
}
