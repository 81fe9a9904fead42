import Synchronization

/// A buffer of scalars that tensors share.
///
/// The one unchecked `Sendable` of the engine. Its invariant: the scalars are written only while a single tensor refers to
/// the storage, which `Tensor` makes sure of by copying on write.
package final class Storage<Scalar: TensorScalar>: @unchecked Sendable {
  /// The first scalar, aligned to 64 bytes.
  package let pointer: UnsafeMutablePointer<Scalar>
  /// How many scalars there are.
  package let count: Int

  /// Makes room for `count` scalars without initializing them; the caller does that before anyone reads.
  package init(uninitializedCount count: Int) {
    self.count = count
    pointer = BufferCache.allocate(byteCount: count * MemoryLayout<Scalar>.stride)
      .bindMemory(to: Scalar.self, capacity: count)
  }

  deinit {
    BufferCache.deallocate(
      UnsafeMutableRawPointer(pointer), byteCount: count * MemoryLayout<Scalar>.stride)
  }
}

/// Counts the copies that copy-on-write had to make, for the tests that promise there are none.
package enum CopyCounter {
  private static let copies = Atomic<Int>(0)

  /// How often a shared storage was copied before a write, in this process.
  package static var count: Int { copies.load(ordering: .relaxed) }

  static func increment() { copies.wrappingAdd(1, ordering: .relaxed) }
}
