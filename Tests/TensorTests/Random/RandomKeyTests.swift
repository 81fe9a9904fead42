import Tensor
import Testing

@Suite("Random keys and generators")
struct RandomKeyTests {
  @Test("the words of a key are the blocks of Philox, two of 64 bits in each")
  func words() {
    let key = RandomKey(seed: 0)
    #expect(key.word(at: 0) == 0xe169_c58d_6627_e8d5 && key.word(at: 1) == 0x9b00_dbd8_bc57_ac4c)
    #expect(key.uniform(at: 0) == Double(0xe169_c58d_6627_e8d5 as UInt64 >> 11) / 0x1p53)
    #expect(RandomKey(seed: .max).word(at: 2) != RandomKey(seed: 0).word(at: 2))
  }

  @Test("uniform numbers lie in 0..<1 and fill it evenly")
  func uniform() {
    let key = RandomKey(seed: 7)
    var counts = [Int](repeating: 0, count: 16)
    for index in 0..<16_000 as Range<UInt64> {
      let number = key.uniform(at: index)
      #expect(number >= 0 && number < 1)
      counts[Int(number * 16)] += 1
    }
    // χ² of 15 degrees of freedom exceeds 44 once in 10,000 seeds.
    let chiSquared = counts.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
    #expect(chiSquared < 44)
  }

  @Test("a derived key depends on every part of its address, in order, and on its parent")
  func derived() {
    let key = RandomKey(seed: 42)
    #expect(key.derived(1, 2) == key.derived(1).derived(2) && key.derived() == key)
    let keys = [
      key, key.derived(0), key.derived(1), key.derived(1, 2), key.derived(2, 1),
      key.derived(1 << 32),
      key.derived(1, 0), RandomKey(seed: 43).derived(1), key.derived(.max),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(Set(keys.map { $0.word(at: 0) }).count == keys.count)
    #expect(Set((0..<2000 as Range<UInt64>).map { key.derived($0) }).count == 2000)
  }

  @Test("a generator walks the stream of its key, and repeats for the same seed")
  func generator() {
    let key = RandomKey(seed: 9)
    var (first, second) = (RandomGenerator(seed: 9), RandomGenerator(key: key))
    for index in 0..<10 as Range<UInt64> {
      let word = first.next()
      #expect(word == second.next() && word == key.word(at: index))
    }
    #expect(first.nextKey() == second.nextKey())
    #expect(first.nextKey() != first.nextKey())
  }

  @Test("what is drawn at an address does not depend on who drew before")
  func order() {
    let key = RandomKey(seed: 3)
    let forwards = (0..<20 as Range<UInt64>).map { key.derived(5, $0).uniform(at: 1) }
    let backwards = (0..<20 as Range<UInt64>).reversed().map { key.derived(5, $0).uniform(at: 1) }
    #expect(forwards == backwards.reversed())
  }
}
