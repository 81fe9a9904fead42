import ArgumentParser
import CovidXRay
import Datasets
import Foundation
import Tensor

/// How to work, which changes no result.
struct WorkOptions: ParsableArguments {
  @OptionGroup var computing: ThreadOptions

  @Option(
    parsing: .unconditional,
    help: "Threads that read images ahead, 0 to 256; as many as there are cores by default.")
  var workers = Parallel.availableThreads

  @Option(help: "What to do about images that cannot be read: stop or skip.")
  var onUnreadable = OnUnreadable.stop

  func validate() throws {
    guard 0...256 ~= workers else {
      throw ValidationError("--workers needs a whole number from 0 to 256, got \(workers)")
    }
  }
}

/// How to print.
struct PrintOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print nothing but results and errors.")
  var quiet = false

  @Flag(help: "Print results as JSON, one record a line.")
  var json = false
}

/// What to do about images that cannot be read.
enum OnUnreadable: String, ExpressibleByArgument, CaseIterable {
  case stop, skip

  var samples: UnreadableSamples { self == .stop ? .stop : .skip }
}

/// A path on the command line.
struct Path: ExpressibleByArgument {
  let text: String

  /// Fails for the empty path, which would mean the current folder.
  init?(argument: String) {
    if argument.isEmpty { return nil }
    text = argument
  }

  var url: URL { URL(filePath: text) }
}
