package import Foundation

/// SHA-256, the fingerprint by which files are known (FIPS 180-4).
///
/// For provenance, not for secrets: `Docs/Decisions/009-own-sha-256.md` says why it is written here.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]

  /// The digest of `bytes`, as 64 hexadecimal digits.
  package static func hexDigest(of bytes: some ContiguousBytes) -> String {
    var hash = SHA256()
    return bytes.withUnsafeBytes { hash.digest(of: $0) }
      .map { String(format: "%08x", $0) }.joined()
  }

  private mutating func digest(of bytes: UnsafeRawBufferPointer) -> [UInt32] {
    let whole = bytes.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) {
      absorb(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 64]))
    }
    // A one bit, zeros, and the number of bits, so that blocks are full.
    var rest = Array(bytes[whole...]) + [0x80]
    rest += [UInt8](repeating: 0, count: (120 - rest.count) % 64)
    for shift in stride(from: 56, through: 0, by: -8) {
      rest.append(UInt8(truncatingIfNeeded: (UInt64(bytes.count) * 8) >> UInt64(shift)))
    }
    rest.withUnsafeBytes { rest in
      for start in stride(from: 0, to: rest.count, by: 64) {
        absorb(UnsafeRawBufferPointer(rebasing: rest[start..<start + 64]))
      }
    }
    return state
  }

  /// Mixes in one block of 64 bytes.
  private mutating func absorb(_ block: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      for t in 0..<16 {
        w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self))
      }
      for t in 16..<64 {
        let (x, y) = (w[t - 15], w[t - 2])
        let s0 = Self.rotate(x, 7) ^ Self.rotate(x, 18) ^ x >> 3
        let s1 = Self.rotate(y, 17) ^ Self.rotate(y, 19) ^ y >> 10
        w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for t in 0..<64 {
        let s1 = Self.rotate(e, 6) ^ Self.rotate(e, 11) ^ Self.rotate(e, 25)
        let first = h &+ s1 &+ (e & f ^ ~e & g) &+ Self.constants[t] &+ w[t]
        let s0 = Self.rotate(a, 2) ^ Self.rotate(a, 13) ^ Self.rotate(a, 22)
        let second = s0 &+ (a & b ^ a & c ^ b & c)
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ second)
      }
      for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
    }
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value >> count | value << (32 - count)
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    let primes = (2...311).filter { n in !(2..<n).contains { n.isMultiple(of: $0) } }
    return primes.map { prime in
      let root = cbrt(Double(prime))
      return UInt32((root - root.rounded(.down)) * 4_294_967_296)
    }
  }()
}
