import Tensor
import Testing

@Suite("Philox")
struct PhiloxTests {
  struct KnownAnswer: Sendable {
    let counter: SIMD4<UInt32>
    let key: SIMD2<UInt32>
    let block: SIMD4<UInt32>
  }

  /// The lines of `philox4x32 10` in `kat_vectors` of the Random123 library.
  static let knownAnswers = [
    KnownAnswer(
      counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0),
      block: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    KnownAnswer(
      counter: SIMD4(repeating: 0xffff_ffff), key: SIMD2(repeating: 0xffff_ffff),
      block: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
    KnownAnswer(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: SIMD2(0xa409_3822, 0x299f_31d0),
      block: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
  ]

  @Test("the known answers of Random123", arguments: knownAnswers)
  func known(answer: KnownAnswer) {
    #expect(Philox.block(counter: answer.counter, key: answer.key) == answer.block)
  }

  @Test("one bit of counter or key changes about half of the bits")
  func avalanche() {
    let (counter, key) = (SIMD4<UInt32>(1, 2, 3, 4), SIMD2<UInt32>(5, 6))
    let block = Philox.block(counter: counter, key: key)
    func changedBits(_ other: SIMD4<UInt32>) -> Int {
      (0..<4).reduce(0) { $0 + (block[$1] ^ other[$1]).nonzeroBitCount }
    }
    for word in 0..<4 {
      for bit in 0..<32 {
        var moved = counter
        moved[word] ^= 1 << UInt32(bit)
        #expect((32...96).contains(changedBits(Philox.block(counter: moved, key: key))))
      }
    }
    for bit in 0..<64 {
      var moved = key
      moved[bit / 32] ^= 1 << UInt32(bit % 32)
      #expect((32...96).contains(changedBits(Philox.block(counter: counter, key: moved))))
    }
  }
}
