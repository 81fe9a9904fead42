import Tensor
import Testing

// The cache belongs to the process, so what is counted here is counted in processes of their own.

@Suite("Buffer cache")
struct BufferCacheTests {
  @Test("size classes hold what is asked for, waste a quarter at most, and are their own class")
  func sizeClasses() {
    var last = 0
    for byteCount in Array(0...5000) + [65_535, 65_536, 65_537, 1_000_000, 123_456_789] {
      let size = BufferCache.sizeClass(for: byteCount)
      #expect(size >= byteCount && size >= last && size % BufferCache.alignment == 0)
      #expect(size <= max(byteCount + byteCount / 4, byteCount + BufferCache.alignment))
      #expect(BufferCache.sizeClass(for: size) == size)
      last = size
    }
  }

  @Test("freed buffers are handed out again: a steady loop asks the system for nothing")
  func reuse() async {
    await #expect(processExitsWith: .success) {
      func step() { _ = (Tensor<Float>.ones([100, 100]) + 1).softmax().sum() }
      step()
      let before = BufferCache.statistics
      for _ in 0..<10 { step() }
      let after = BufferCache.statistics
      #expect(after.systemAllocations == before.systemAllocations)
      #expect(
        after.used == before.used && after.cached == before.cached && after.peak == before.peak)
    }
  }

  @Test("used, cached and peak count bytes, and trimming gives the cached ones back")
  func statistics() async {
    await #expect(processExitsWith: .success) {
      BufferCache.trim()
      BufferCache.resetPeak()
      let before = BufferCache.statistics
      let size = BufferCache.sizeClass(for: 400_000)
      do {
        let x = Tensor<Float>.ones([100_000])
        let y = x
        #expect(BufferCache.statistics.used == before.used + size)
        withExtendedLifetime((x, y)) {}
      }
      #expect(BufferCache.statistics.used == before.used)
      #expect(BufferCache.statistics.cached == before.cached + size)
      #expect(BufferCache.statistics.peak == before.used + size)
      BufferCache.trim()
      #expect(BufferCache.statistics.cached == 0)
      BufferCache.resetPeak()
      #expect(BufferCache.statistics.peak == before.used)
    }
  }

  @Test("what is used and cached stays below the bound: twice the most in use, and an allowance")
  func bound() async {
    await #expect(processExitsWith: .success) {
      // Sizes that never repeat are cached and never used again; without a bound they would pile up to 1.6 GB.
      for megabytes in 1...56 {
        _ = Tensor<UInt8>(shape: [megabytes << 20]) { _ in }
        let now = BufferCache.statistics
        #expect(now.used + now.cached <= (56 << 20) * 5 / 4 * 2 + 64 << 20)
      }
    }
  }

  @Test("many threads at once leave the counts balanced")
  func threads() async {
    await #expect(processExitsWith: .success) {
      let before = BufferCache.statistics.used
      Parallel.forEach(64) { slot in
        for size in 1...20 {
          let x = Tensor<Int64>(repeating: Int64(slot), shape: [size * 37])
          require(x.scalars.allSatisfy { $0 == Int64(slot) }, "two tensors share a buffer")
        }
      }
      #expect(BufferCache.statistics.used == before)
    }
  }
}
