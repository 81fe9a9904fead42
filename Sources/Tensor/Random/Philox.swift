/// Philox4x32-10, a block cipher for random numbers: 128 random bits for each 128-bit counter under a 64-bit key.
///
/// Without state, so that any thread can make any number in any order, and the backward pass can make a dropout mask again
/// instead of storing it. Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
package enum Philox {
  /// The block at `counter`, ten rounds.
  @inline(__always)
  package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let first = UInt64(0xD251_1F53) &* UInt64(c.x)
      let second = UInt64(0xCD9E_8D57) &* UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k.y,
        UInt32(truncatingIfNeeded: first))
      k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return c
  }
}
