import CKernels
import Synchronization

/// The memory of tensors: freed buffers are kept by size and handed out again.
///
/// Fresh pages are expensive (the kernel zeroes each on first touch), and a training step asks for the same sizes every
/// time. The cache is bounded: buffers in use and cached ones together stay below about twice what has been in use at once, and
/// beyond that the oldest cached buffers go back to the system first. Large buffers are asked for in huge
/// pages, where the system has them. The cache holds no values that anyone can observe; it is process-wide, and thread-safe.
public enum BufferCache {
  /// How much memory tensors use and keep, in bytes.
  public struct Statistics: Sendable, Hashable {
    /// Bytes in buffers that a tensor holds now.
    public var used = 0
    /// Bytes in freed buffers kept for reuse.
    public var cached = 0
    /// The largest value of `used` since the program started or `resetPeak()` was called.
    public var peak = 0
    /// How many buffers had to be asked from the system so far.
    public var systemAllocations = 0
  }

  private struct FreeBuffer {
    var pointer: UnsafeMutableRawPointer
    var age: Int
  }

  private struct State: ~Copyable {
    var statistics = Statistics()
    var free: [Int: [FreeBuffer]] = [:]
    var clock = 0
    /// The high-water mark that bounds the cache.
    ///
    /// It never falls, unlike `statistics.peak`.
    var highWater = 0

    /// Takes the cached buffers that have waited longest until `limit` bytes are cached at most.
    mutating func evict(toFit limit: Int, into released: inout [UnsafeMutableRawPointer]) {
      while statistics.cached > max(limit, 0) {
        // Each list is in order of age, so its first element is its oldest.
        guard
          let oldest = free.min(by: {
            ($0.value.first?.age ?? .max) < ($1.value.first?.age ?? .max)
          }),
          !oldest.value.isEmpty
        else { return }
        released.append(free[oldest.key, default: []].removeFirst().pointer)
        if free[oldest.key]?.isEmpty == true { free[oldest.key] = nil }
        statistics.cached -= oldest.key
      }
    }
  }

  // The invariant of the pointers inside: a cached buffer is reachable from here alone.
  private struct Box: ~Copyable, @unchecked Sendable { var state = State() }
  private static let box = Mutex(Box())

  /// The alignment of every buffer, in bytes: one cache line, one AVX-512 register.
  package static let alignment = 64
  /// The size of a huge page on the processors at hand.
  private static let hugePage = 2 << 20
  /// A cache this small is not worth bounding.
  private static let freeAllowance = 64 << 20

  /// What is used and kept now.
  public static var statistics: Statistics { box.withLock { $0.state.statistics } }

  /// Starts a new measurement of `Statistics.peak`.
  public static func resetPeak() {
    box.withLock { $0.state.statistics.peak = $0.state.statistics.used }
  }

  /// Gives all cached buffers back to the system.
  public static func trim() {
    var released: [UnsafeMutableRawPointer] = []
    box.withLock { $0.state.evict(toFit: 0, into: &released) }
    released.forEach { $0.deallocate() }
  }

  /// Rounds up to one of four sizes per power of two, so that nearby sizes share buffers at a quarter of waste at most.
  package static func sizeClass(for byteCount: Int) -> Int {
    guard byteCount > 4 * alignment else {
      return max(alignment, (byteCount + alignment - 1) & ~(alignment - 1))
    }
    let step = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount - 2)
    return (byteCount + step - 1) & ~(step - 1)
  }

  /// A buffer of at least `byteCount` bytes, not initialized.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let size = sizeClass(for: byteCount)
    var released: [UnsafeMutableRawPointer] = []
    let reused = box.withLock { box -> UnsafeMutableRawPointer? in
      let pointer = box.state.free[size]?.popLast()?.pointer
      box.state.statistics.used += size
      box.state.statistics.peak = max(box.state.statistics.peak, box.state.statistics.used)
      box.state.highWater = max(box.state.highWater, box.state.statistics.used)
      if pointer != nil {
        if box.state.free[size]?.isEmpty == true { box.state.free[size] = nil }
        box.state.statistics.cached -= size
      } else {
        box.state.statistics.systemAllocations += 1
        let bound = 2 * box.state.highWater + freeAllowance
        box.state.evict(toFit: bound - box.state.statistics.used, into: &released)
      }
      return pointer
    }
    released.forEach { $0.deallocate() }
    return reused ?? allocateFromSystem(byteCount: size)
  }

  private static func allocateFromSystem(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= 2 * hugePage else {
      return .allocate(byteCount: byteCount, alignment: alignment)
    }
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePage)
    kernels_advise_huge_pages(pointer, byteCount)
    return pointer
  }

  /// Takes back a buffer that `allocate(byteCount:)` returned for the same count.
  package static func deallocate(_ pointer: UnsafeMutableRawPointer, byteCount: Int) {
    let size = sizeClass(for: byteCount)
    let address = UInt(bitPattern: pointer)
    box.withLock { box in
      box.state.clock += 1
      box.state.statistics.used -= size
      box.state.statistics.cached += size
      guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return }
      box.state.free[size, default: []].append(FreeBuffer(pointer: pointer, age: box.state.clock))
    }
  }
}
