import Foundation
import Synchronization
import Tensor
import Testing

private func currentThread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }

@Suite("Parallel")
struct ParallelTests {
  @Test("every slot runs once", arguments: [0, 1, 2, 7, 1000])
  func slots(count: Int) {
    let counts = Mutex([Int](repeating: 0, count: count))
    Parallel.forEach(count) { slot in counts.withLock { $0[slot] += 1 } }
    #expect(counts.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test("a count below zero is no slot at all")
  func negative() {
    Parallel.forEach(-3) { _ in Issue.record("a slot ran") }
    Parallel.forEachRange(of: 0, grain: 4) { _ in Issue.record("a range ran") }
  }

  @Test(
    "what is prepared is ready for every slot",
    arguments: [(0, 3), (1, 1), (7, 40), (40, 2), (3, 0)])
  func prepared(preparations: Int, count: Int) {
    let prepared = Atomic<Int>(0)
    let counts = Mutex([Int](repeating: 0, count: count))
    Parallel.forEach(
      preparations, { _ in prepared.wrappingAdd(1, ordering: .relaxed) }, then: count
    ) { slot in
      #expect(prepared.load(ordering: .relaxed) == preparations)
      counts.withLock { $0[slot] += 1 }
    }
    #expect(prepared.load(ordering: .relaxed) == preparations)
    #expect(counts.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(
    "ranges cover the count in pieces of the grain",
    arguments: [(10, 3), (9, 3), (2, 3), (3, 3), (1, 1)])
  func ranges(count: Int, grain: Int) {
    let ranges = Mutex([Range<Int>]())
    Parallel.forEachRange(of: count, grain: grain) { range in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.flatMap { Array($0) } == Array(0..<count))
    #expect(
      sorted.dropLast().allSatisfy { $0.count == grain } && sorted.allSatisfy { $0.count <= grain })
  }

  @Test("slots may use parallel operations themselves")
  func nested() {
    let total = Atomic<Int>(0)
    Parallel.forEach(4) { _ in
      Parallel.forEach(5) { slot in total.wrappingAdd(slot, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 40)
  }

  @Test("the limit starts at the number of cores")
  func limit() async {
    await #expect(processExitsWith: .success) {
      #expect(
        Parallel.maximumThreads == Parallel.availableThreads && Parallel.availableThreads >= 1)
      Parallel.maximumThreads = 1
      let caller = currentThread()
      Parallel.forEach(50) { _ in #expect(currentThread() == caller) }
    }
  }
}

@Suite("Strided loops")
struct StridedLoopTests {
  /// The positions and offsets that a walk visits, scalar by scalar.
  private func walk(_ loop: StridedLoop, _ positions: Range<Int>) -> [[Int]] {
    var visited: [[Int]] = []
    let strides = loop.rowStrides
    loop.run(positions) { position, first, second, third, count in
      for i in 0..<count {
        visited.append([
          position + i, first + i * strides.first, second + i * strides.second,
          third + i * strides.third,
        ])
      }
    }
    return visited
  }

  @Test(
    "any part of the walk visits what the indices say",
    arguments: [0..<24, 0..<1, 5..<17, 23..<24, 7..<7])
  func parts(positions: Range<Int>) {
    let loop = StridedLoop(
      shape: [2, 3, 4], first: [1, 2, 6], second: [-12, 4, -1], third: [0, 0, 1])
    let expected = positions.map { position in
      let (i, j, k) = (position / 12, position / 4 % 3, position % 4)
      return [position, i + 2 * j + 6 * k, -12 * i + 4 * j - k, k]
    }
    #expect(walk(loop, positions) == expected)
  }

  @Test("axes that all operands walk in one stride become one row")
  func merging() {
    #expect(StridedLoop(shape: [2, 3, 4], first: [12, 4, 1]).rowLength == 24)
    #expect(StridedLoop(shape: [2, 3, 4], first: [12, 4, 1], second: [0, 4, 1]).rowLength == 12)
    #expect(StridedLoop(shape: [2, 1, 4], first: [4, 99, 1]).rowLength == 8)
    #expect(StridedLoop(shape: [5, 4], first: [0, 0]).rowLength == 20)
    #expect(StridedLoop(shape: [5, 4], first: [-4, -1]).rowLength == 20)
    #expect(
      StridedLoop(shape: [], first: []).count == 1
        && StridedLoop(shape: [3, 0], first: [0, 1]).count == 0)
  }
}

@Suite("OpenBLAS")
struct OpenBLASTests {
  @Test("the library has passed its test, and names its core type and one thread")
  func names() {
    #expect(!OpenBLAS.coreType.isEmpty && OpenBLAS.configuration.contains("OpenBLAS"))
  }
}
