import CKernels
import Dispatch
import Glibc
import Synchronization

/// The one place that splits work over threads.
///
/// Work comes as numbered slots, handed out by an atomic counter. Which thread takes a slot varies; what a slot computes
/// does not, so results do not depend on the number of threads as long as partial results are combined in slot order.
public enum Parallel {
  private static let limit = Atomic<Int>(0)

  /// The number of cores that this process may run on.
  public static let availableThreads = Int(kernels_available_threads())

  /// How many threads an operation uses at the most, 1 or more.
  ///
  /// Starts as the number of cores.
  ///
  /// A setting of the whole process. It changes how fast results come, never what they are.
  public static var maximumThreads: Int {
    get {
      let value = limit.load(ordering: .relaxed)
      return value == 0 ? availableThreads : value
    }
    set {
      require(newValue >= 1, "Parallel.maximumThreads: needs 1 or more, got \(newValue)")
      limit.store(newValue, ordering: .relaxed)
    }
  }

  /// Calls `body` once for each slot in `0..<count`, on several threads where allowed, and returns when all are done.
  ///
  /// A call costs a third of a microsecond, and some eight after a pause: slots should be worth 0.1 ms and more.
  package static func forEach(_ count: Int, _ body: @Sendable (_ slot: Int) -> Void) {
    forEach(0, { _ in }, then: count, body)
  }

  /// Calls `prepare` once for each slot in `0..<preparations`, and when all these are done `body` for each in `0..<count`.
  ///
  /// As two calls of `forEach`, but for the pause between them, in which threads would go to sleep and have to be woken.
  package static func forEach(
    _ preparations: Int, _ prepare: @Sendable (_ slot: Int) -> Void, then count: Int,
    _ body: @Sendable (_ slot: Int) -> Void
  ) {
    let threads = min(maximumThreads, max(preparations, count))
    guard threads > 1 else {
      for slot in 0..<max(preparations, 0) { prepare(slot) }
      for slot in 0..<max(count, 0) { body(slot) }
      return
    }
    let next = Atomic<Int>(0)
    let prepared = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let slot = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if slot < preparations {
          prepare(slot)
          prepared.wrappingAdd(1, ordering: .releasing)
          continue
        }
        guard slot < preparations + count else { return }
        // What is missing is being done: slots are taken in order.
        while prepared.load(ordering: .acquiring) < preparations { sched_yield() }
        body(slot - preparations)
      }
    }
  }

  /// Cuts `0..<count` into ranges of `grain` (the last may be shorter) and calls `body` for each, in parallel.
  ///
  /// The cut depends on `count` and `grain` alone, so that what is summed per range repeats for any number of threads.
  package static func forEachRange(
    of count: Int, grain: Int, _ body: @Sendable (_ range: Range<Int>) -> Void
  ) {
    guard count > grain else {
      if count > 0 { body(0..<count) }
      return
    }
    forEach((count + grain - 1) / grain) { slot in
      body(slot * grain..<min(count, (slot + 1) * grain))
    }
  }
}

/// A raw pointer that may cross to another thread.
///
/// Whoever passes one makes sure that no two slots write the same scalar.
package struct Unchecked<Value>: @unchecked Sendable {
  package let value: Value
  package init(_ value: Value) { self.value = value }
}
