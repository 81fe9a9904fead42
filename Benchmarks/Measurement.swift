import Foundation
import Tensor

/// What the command line asked for.
struct Settings {
  var threads: Int
  var batch: Int?
  /// How many samples are counted; the case says it where nobody asked.
  var runs: Int?
}

/// One thing to measure.
struct Case {
  var name: String
  /// Images in a batch; 0 where there are no batches.
  var batch = 0
  /// Floating-point operations of one run, counted as in a direct computation; bytes read and written.
  var operations = 0.0
  var bytes = 0.0
  /// The threads of a case that is about a number of threads, whatever the command line says.
  var threads: Int?
  /// Images that one run takes, where they are not those of a batch.
  var images: (() throws -> Int)?
  /// Whether one run takes minutes: then it is run once, without another before it.
  var isLong = false
  /// Prepares what is measured and returns the part that is timed.
  var prepare: (_ batch: Int) throws -> () throws -> Void
}

/// A case that has been prepared and warmed up, for samples to be taken of it.
struct Measurement {
  private let item: Case
  private let threads: Int
  private let batch: Int
  private let body: () throws -> Void
  private var seconds: [Double] = []
  private var calls = 0
  private var pageFaults = 0
  private var isShort = false

  init(_ item: Case, _ settings: Settings) throws {
    self.item = item
    threads = item.threads ?? settings.threads
    Parallel.maximumThreads = threads
    batch = item.batch == 0 ? 0 : settings.batch ?? item.batch
    body = try item.prepare(batch)
    guard !item.isLong else { return }
    // The first call makes buffers, the second shows whether they are reused.
    _ = try timed()
    isShort = try timed().calls > 1
  }

  /// The mean time of one run: what takes microseconds is repeated until the clock's own time does not matter.
  private func timed() throws -> (seconds: Double, calls: Int) {
    let clock = ContinuousClock()
    let start = clock.now
    var calls = 0
    repeat {
      try body()
      calls += 1
    } while clock.now - start < .milliseconds(20)
    return ((clock.now - start) / .seconds(1) / Double(calls), calls)
  }

  /// Takes one sample and returns its seconds.
  ///
  /// What is short is run for a while before, since after a pause, in which others had the machine, caches are cold.
  mutating func sample() throws -> Double {
    if isShort {
      for _ in 0..<2 { _ = try timed() }
    }
    let before = ResourceUsage()
    let (seconds, calls) = try timed()
    pageFaults += ResourceUsage().pageFaults - before.pageFaults
    self.calls += calls
    self.seconds.append(seconds)
    return seconds
  }

  /// Takes as many samples as were asked for.
  mutating func sample(_ settings: Settings) throws {
    for _ in 0..<(settings.runs ?? (item.isLong ? 1 : 5)) { _ = try sample() }
  }

  /// What the samples have shown, of which there is one at least.
  func result() throws -> Result {
    let sorted = seconds.sorted()
    let median = sorted[sorted.count / 2]
    let scale = item.batch == 0 ? 1 : Double(batch) / Double(item.batch)
    let images = try item.images?() ?? batch
    func rate(_ work: Double) -> Double? { work > 0 ? work / median / 1e9 : nil }
    return Result(
      case: item.name, threads: threads, batch: batch, median: median, minimum: sorted[0],
      maximum: sorted[sorted.count - 1], gigaflops: rate(item.operations * scale),
      gigabytes: rate(item.bytes * scale),
      imagesPerSecond: images > 0 ? Double(images) / median : nil,
      pageFaults: Double(pageFaults) / Double(max(calls, 1)),
      peakResidentMegabytes: ResourceUsage().peakResidentMegabytes)
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}

/// What the system has given this process so far.
struct ResourceUsage {
  /// The largest resident memory.
  let peakResidentMegabytes: Double
  /// Pages that were handed out without reading a disk.
  let pageFaults: Int

  init() {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      let unit = 1024.0
    #else
      getrusage(RUSAGE_SELF, &usage)
      let unit = 1.0
    #endif
    peakResidentMegabytes = Double(usage.ru_maxrss) * unit / (1024 * 1024)
    pageFaults = Int(usage.ru_minflt)
  }
}
