import Foundation
import Tensor
import Testing

@Suite("Choice of the instruction set")
struct InstructionSetTests {
  @Test("portable kernels always exist, and the best supported ones are taken")
  func best() throws {
    #expect(InstructionSet.portable.isSupported)
    #expect(try InstructionSet.choose(nil, from: [.portable, .avx2]).get() == .avx2)
    #expect(try InstructionSet.choose("", from: [.portable]).get() == .portable)
    #expect(try InstructionSet.choose("portable", from: [.portable, .avx512]).get() == .portable)
  }

  @Test("a name that is none, or not supported here, is refused with the names that are")
  func refused() {
    #expect(throws: InstructionSet.Refusal.self) {
      try InstructionSet.choose("sse", from: [.portable, .avx2]).get()
    }
    guard case .failure(let unknown) = InstructionSet.choose("AVX2", from: [.portable, .avx2]),
      case .failure(let missing) = InstructionSet.choose("avx512", from: [.portable, .avx2])
    else {
      Issue.record("both should have been refused")
      return
    }
    #expect(unknown.description.contains("AVX2") && unknown.description.contains("portable, avx2"))
    #expect(
      missing.description.contains("avx512") && missing.description.contains("portable, avx2"))
  }

  @Test("TENSOR_KERNELS with an unknown name stops the program on first use")
  func environment() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      setenv("TENSOR_KERNELS", "abacus", 1)
      _ = InstructionSet.selected
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("TENSOR_KERNELS=abacus"))
  }
}
