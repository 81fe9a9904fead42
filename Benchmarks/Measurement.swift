import Foundation
import Tensor

/// What the command line asked for.
struct Settings {
  var threads: Int
  var batch: Int?
  var runs: Int
}

/// One thing to measure.
struct Case {
  var name: String
  /// Images in a batch, where there are any.
  var batch: Int
  /// Floating-point operations of one run, counted as in a direct computation; bytes read and written.
  var operations = 0.0
  var bytes = 0.0
  /// Prepares what is measured and returns the part that is timed.
  var prepare: (_ batch: Int) throws -> () throws -> Void

  func measure(_ settings: Settings) throws -> Result {
    let batch = self.batch == 0 ? 0 : settings.batch ?? self.batch
    let body = try prepare(batch)
    try body()
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for _ in 0..<settings.runs {
      // What takes microseconds is repeated until the clock's own time does not matter.
      var count = 0
      let start = clock.now
      repeat {
        try body()
        count += 1
      } while clock.now - start < .milliseconds(20)
      seconds.append((clock.now - start) / .seconds(1) / Double(count))
    }
    seconds.sort()
    let scale = self.batch == 0 ? 1 : Double(batch) / Double(self.batch)
    return Result(
      case: name, threads: settings.threads, batch: batch, median: seconds[seconds.count / 2],
      minimum: seconds[0], maximum: seconds[seconds.count - 1],
      gigaflops: operations > 0 ? operations * scale / seconds[seconds.count / 2] / 1e9 : nil,
      gigabytes: bytes > 0 ? bytes * scale / seconds[seconds.count / 2] / 1e9 : nil)
  }
}

/// What was measured of one case.
struct Result: Codable {
  var `case`: String
  var threads: Int
  var batch: Int
  var median, minimum, maximum: Double
  var gigaflops, gigabytes: Double?
  var peakResidentMegabytes = 0.0

  enum CodingKeys: String, CodingKey {
    case `case`, threads, batch
    case median = "median_s"
    case minimum = "min_s"
    case maximum = "max_s"
    case gigaflops = "gflops"
    case gigabytes = "gb_per_s"
    case peakResidentMegabytes = "peak_rss_mb"
  }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  static let header =
    "case                                 threads  batch     median        min        max   GFLOP/s    GB/s  peak MB"

  var row: String {
    func column(_ value: Double?, _ width: Int, _ digits: Int) -> String {
      let text = value.map { String(format: "%.\(digits)f", $0) } ?? "–"
      return String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func time(_ seconds: Double) -> String {
      let text =
        seconds < 1 ? String(format: "%.3f ms", seconds * 1e3) : String(format: "%.3f s", seconds)
      return String(repeating: " ", count: max(0, 11 - text.count)) + text
    }
    return `case`.padding(toLength: 36, withPad: " ", startingAt: 0)
      + column(Double(threads), 8, 0) + column(Double(batch), 7, 0) + time(median) + time(minimum)
      + time(maximum) + column(gigaflops, 10, 1) + column(gigabytes, 8, 1)
      + column(peakResidentMegabytes, 9, 0)
  }

  /// Runs one case in a process of its own.
  static func measuredByChild(
    suite: String, _ name: String, _ settings: Settings
  ) throws -> Result {
    let child = Process()
    child.executableURL =
      Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    child.arguments = [
      suite, "--case", name, "--threads", "\(settings.threads)", "--runs", "\(settings.runs)",
    ]
    if let batch = settings.batch { child.arguments?.append(contentsOf: ["--batch", "\(batch)"]) }
    let output = Pipe()
    child.standardOutput = output
    try child.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    guard child.terminationStatus == 0 else {
      throw BenchmarkError(description: "case \(name) ended with status \(child.terminationStatus)")
    }
    return try JSONDecoder().decode(Result.self, from: data)
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}

/// The largest resident memory of this process so far.
func peakResidentMegabytes() -> Double {
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let unit = 1024.0
  #else
    getrusage(RUSAGE_SELF, &usage)
    let unit = 1.0
  #endif
  return Double(usage.ru_maxrss) * unit / (1024 * 1024)
}
