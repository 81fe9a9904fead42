import Foundation

/// What was measured of one case.
struct Result: Codable {
  var `case`: String
  var threads: Int
  var batch: Int
  var median, minimum, maximum: Double
  var gigaflops, gigabytes: Double?
  var imagesPerSecond: Double?
  /// Page faults of one run.
  var pageFaults: Double
  var peakResidentMegabytes: Double
  /// The rates as parts of what this machine reached in the suite `peaks`.
  var gigaflopsOfPeak, gigabytesOfPeak: Double?

  enum CodingKeys: String, CodingKey {
    case `case`, threads, batch
    case median = "median_s"
    case minimum = "min_s"
    case maximum = "max_s"
    case gigaflops = "gflops"
    case gigabytes = "gb_per_s"
    case imagesPerSecond = "images_per_s"
    case pageFaults = "page_faults"
    case peakResidentMegabytes = "peak_rss_mb"
    case gigaflopsOfPeak = "gflops_of_peak"
    case gigabytesOfPeak = "gb_per_s_of_peak"
  }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  static let header =
    "case                                  threads  batch     median        min        max"
    + "   GFLOP/s (peak)      GB/s (peak)  images/s    faults  peak MB"

  var row: String {
    func column(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func column(_ value: Double?, _ width: Int, _ digits: Int) -> String {
      column(value.map { String(format: "%.\(digits)f", $0) } ?? "–", width)
    }
    func rate(_ value: Double?, ofPeak part: Double?) -> String {
      column(value, 10, 1)
        + column(part.map { String(format: "(%.0f %%)", $0 * 100) } ?? "", 7)
    }
    func time(_ seconds: Double) -> String {
      column(
        seconds < 1 ? String(format: "%.3f ms", seconds * 1e3) : String(format: "%.3f s", seconds),
        11)
    }
    return `case`.padding(toLength: 38, withPad: " ", startingAt: 0)
      + column(Double(threads), 7, 0) + column(Double(batch), 7, 0) + time(median) + time(minimum)
      + time(maximum) + rate(gigaflops, ofPeak: gigaflopsOfPeak)
      + rate(gigabytes, ofPeak: gigabytesOfPeak) + column(imagesPerSecond, 10, 1)
      + column(pageFaults, 10, 0) + column(peakResidentMegabytes, 9, 0)
  }

  /// The same with its rates beside the peaks.
  func beside(_ peaks: Peaks) -> Result {
    var result = self
    result.gigaflopsOfPeak = gigaflops.map { $0 / peaks.gigaflops }
    result.gigabytesOfPeak = gigabytes.map { $0 / peaks.gigabytes }
    return result
  }

  /// Runs one case in a process of its own.
  static func measuredByChild(_ item: Case, of suite: Suite, _ settings: Settings) throws -> Result
  {
    let child = Process()
    child.executableURL =
      Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    var arguments = [suite.rawValue, "--child", item.name, "--threads", "\(settings.threads)"]
    if let runs = settings.runs { arguments += ["--runs", "\(runs)"] }
    if let batch = settings.batch { arguments += ["--batch", "\(batch)"] }
    child.arguments = arguments
    let output = Pipe()
    child.standardOutput = output
    try child.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    guard child.terminationReason == .exit, child.terminationStatus == 0 else {
      throw BenchmarkError(
        description: "case \(item.name) ended with status \(child.terminationStatus)")
    }
    return try JSONDecoder().decode(Result.self, from: data)
  }
}
