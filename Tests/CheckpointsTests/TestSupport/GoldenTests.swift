import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Golden files")
struct GoldenTests {
  @Test("a golden file is found by name, and read in the precision asked for")
  func reads() throws {
    let golden = try Golden(named: "formats/tensors")
    #expect(golden.contains("float64") && !golden.contains("float16"))
    #expect(try golden.tensor("float64", as: Double.self).scalars[0] == 0.1)
    #expect(try golden.tensor("float64", as: Float.self).scalars[0] == 0.1)
    #expect(try golden.tensor("rank 0", as: Double.self).item() == 2.5)
    #expect(try golden.scalar("rank 0") == 2.5)
    #expect(try golden.tensor("uint8", as: UInt8.self).scalars == [0, 127, 255])
    #expect(try golden.integers("int64") == [.min, .max, 1 << 53 + 1])
    #expect(throws: (any Error).self) { try golden.tensor("int32", as: Float.self) }
  }

  @Test("an absent file is named")
  func absent() throws {
    #expect(
      message { _ = try Golden(named: "absent") }?.contains("Goldens/absent.safetensors") == true)
  }
}
