import Datasets
import Foundation
import Imaging
import Synchronization
import Tensor

/// A folder of its own for one test, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "datasets-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension URL {
  /// Writes an image of one colour, or other bytes, to a file below this folder, and makes the folders on the way.
  func write(_ path: String, _ bytes: Data? = nil, grey: UInt8 = 0) throws {
    let url = appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let image = Image(Tensor(repeating: grey, shape: [2, 3, 1]))
    try (bytes ?? image.pngData()).write(to: url)
  }

  /// Makes an empty folder below this one.
  func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(
      at: appending(path: path), withIntermediateDirectories: true)
  }

  /// Makes a symbolic link below this folder.
  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: appending(path: path).path(percentEncoded: false), withDestinationPath: target)
  }
}

/// Samples that are their own index, with troubles at will.
struct Numbers: SampleSource {
  struct Trouble: Error, Equatable, CustomStringConvertible {
    let index: Int
    var description: String { "number \(index): no such number" }
  }

  let count: Int
  var unreadable: Set<Int> = []
  /// Some samples take longer, so that workers overtake each other.
  var delay: @Sendable (Int) -> Double = { _ in 0 }
  let reads = Counter()

  func label(at index: Int) -> Int { index % 3 }

  func sample(at index: Int) throws -> Int {
    reads.increment()
    let seconds = delay(index)
    if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
    if unreadable.contains(index) { throw Trouble(index: index) }
    return index
  }
}

/// Counts from any thread.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  var count: Int { value.load(ordering: .relaxed) }
  func increment() { value.wrappingAdd(1, ordering: .relaxed) }
}

extension ClosureTransform where Sample == Int {
  /// The number, and one drawn from the key.
  static let numberAndNoise = ClosureTransform(outputShape: [2]) { number, key, target in
    target[0] = Float(number)
    target[1] = Float(key.uniform(at: 0))
  }
}

extension BatchStream {
  /// All batches that are left.
  func all() throws -> [Batch] {
    var batches: [Batch] = []
    while let batch = try next() { batches.append(batch) }
    return batches
  }
}
