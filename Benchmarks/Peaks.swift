import Layers
import Tensor

/// The best rates that this machine was seen to reach, beside which those of the other cases stand.
struct Peaks {
  /// Of arithmetic on numbers that never leave the cache, in GFLOP/s.
  var gigaflops: Double
  /// Of reading and writing arrays of the size of those in the suite `kernels`, in GB/s.
  var gigabytes: Double

  /// Runs the suite `peaks`, at the least time of each case.
  static func measured(_ settings: Settings) throws -> Peaks {
    var peaks = Peaks(gigaflops: 0, gigabytes: 0)
    for item in peakCases where !item.name.contains("GiB") {
      let result = try Result.measuredByChild(
        item, of: .peaks, Settings(threads: settings.threads, batch: nil, runs: 5))
      let scale = result.median / result.minimum
      peaks.gigaflops = max(peaks.gigaflops, (result.gigaflops ?? 0) * scale)
      peaks.gigabytes = max(peaks.gigabytes, (result.gigabytes ?? 0) * scale)
    }
    return peaks
  }
}

/// Products of matrices that fit into a second-level cache, each thread its own.
private func product(_ size: Int) -> Case {
  let repetitions = 16
  let threads = Parallel.maximumThreads
  return Case(
    name: "product of \(size) × \(size), in the cache",
    operations: 2 * Double(size * size * size * repetitions * threads)
  ) { _ in
    let operands = (0..<threads).map { thread in
      (0..<2).map { randomTensor([size, size], seed: UInt64(2 * thread + $0)) }
    }
    return {
      Parallel.forEach(threads) { thread in
        for _ in 0..<repetitions { _ = operands[thread][0].matrixProduct(operands[thread][1]) }
      }
    }
  }
}

/// Arrays that are read or copied in parallel: bytes alone.
private func memory(_ size: String, count: Int) -> [Case] {
  let pieces = 64
  let length = count / pieces
  let bytes = 4 * Double(count)
  return [
    Case(name: "read \(size)", bytes: bytes) { _ in
      let source = Storage<Float>(uninitializedCount: count)
      source.pointer.update(repeating: 1, count: count)
      let sums = Storage<Float>(uninitializedCount: pieces)
      return {
        Parallel.forEach(pieces) { piece in
          let start = source.pointer + piece * length
          // Four sums, or each addition would wait for the one before.
          var sum = (SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>())
          start.withMemoryRebound(to: SIMD16<Float>.self, capacity: length / 16) { vectors in
            for i in stride(from: 0, to: length / 16, by: 4) {
              sum.0 += vectors[i]
              sum.1 += vectors[i + 1]
              sum.2 += vectors[i + 2]
              sum.3 += vectors[i + 3]
            }
          }
          sums.pointer[piece] = (sum.0 + sum.1 + sum.2 + sum.3).sum()
        }
      }
    },
    Case(name: "copy \(size)", bytes: 2 * bytes) { _ in
      let source = Storage<Float>(uninitializedCount: count)
      let target = Storage<Float>(uninitializedCount: count)
      source.pointer.update(repeating: 1, count: count)
      return {
        Parallel.forEach(pieces) { piece in
          (target.pointer + piece * length).update(
            from: source.pointer + piece * length, count: length)
        }
      }
    },
  ]
}

/// What this machine can do: arithmetic in the cache, arrays of 64 MiB as in the suite `kernels`, arrays of 1 GiB, which no
/// cache holds.
var peakCases: [Case] {
  [product(256), product(512)]
    + memory("64 MiB", count: 1 << 24) + memory("1 GiB", count: 1 << 28)
}
