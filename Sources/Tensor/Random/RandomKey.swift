/// The address of a stream of random numbers.
///
/// A key has no state: the number at an index is a function of key and index. New keys are derived by address, such as
/// (seed, epoch, image) or (seed, step, layer), so that who draws first, and on which thread, changes nothing.
///
/// ```swift
/// let key = RandomKey(seed: 42).derived(epoch, image)
/// let angle = key.uniform(at: 0)
/// ```
public struct RandomKey: Sendable, Hashable {
  package var bits: SIMD2<UInt32>

  package init(bits: SIMD2<UInt32>) { self.bits = bits }

  /// The key of a seed.
  ///
  /// Different seeds give unrelated streams.
  public init(seed: UInt64) {
    bits = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The key at `address` below this one.
  ///
  /// Keys at different addresses give unrelated streams.
  public func derived(_ address: UInt64...) -> RandomKey {
    address.reduce(self) { key, part in
      // The third word marks these blocks: they never meet those that make numbers.
      let block = Philox.block(
        counter: SIMD4(
          UInt32(truncatingIfNeeded: part), UInt32(truncatingIfNeeded: part >> 32), 0, 1),
        key: key.bits)
      return RandomKey(bits: SIMD2(block.x, block.y))
    }
  }

  /// The four 32-bit words of block `index`.
  @inline(__always)
  package func block(at index: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0),
      key: bits)
  }

  /// The two 64-bit words of block `index`, those at `2 · index` and after it.
  @inline(__always)
  func words(at index: UInt64) -> (UInt64, UInt64) {
    let block = block(at: index)
    return (
      UInt64(block.x) | UInt64(block.y) << 32, UInt64(block.z) | UInt64(block.w) << 32
    )
  }

  /// The 64 random bits at `index`.
  public func word(at index: UInt64) -> UInt64 {
    let words = words(at: index >> 1)
    return index & 1 == 0 ? words.0 : words.1
  }

  /// The number at `index`, uniform in `0..<1`, of 53 random bits.
  public func uniform(at index: UInt64) -> Double {
    Double(word(at: index) >> 11) * 0x1p-53
  }
}

/// A seeded source of random numbers, for Swift's own `shuffled(using:)` and for initializers.
///
/// The same seed gives the same numbers on every processor.
public struct RandomGenerator: RandomNumberGenerator, Sendable {
  private let key: RandomKey
  private var index: UInt64 = 0

  /// The generator of a seed.
  public init(seed: UInt64) { key = RandomKey(seed: seed) }

  /// The generator that walks the stream of `key`.
  public init(key: RandomKey) { self.key = key }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    defer { index &+= 1 }
    return key.word(at: index)
  }

  /// A fresh key, unrelated to everything drawn before and after.
  public mutating func nextKey() -> RandomKey {
    RandomKey(seed: next())
  }
}
