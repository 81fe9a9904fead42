import Tensor
import TestSupport
import Testing

/// What no gradient is defined for, against NumPy and Random123; all else is compared in the tests of `Autograd`.
@Suite("Golden decompositions and random blocks")
struct GoldensTests {
  static let matrices = (try? Golden(named: "qr").cases()) ?? []

  private func checkQR<Scalar: DifferentiableScalar>(
    _ name: String, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "qr")
    let (q, r) = try golden.tensor("\(name)/matrix", as: Scalar.self).qr()
    let tolerance = Scalar.goldenTolerance
    try #expect(q.relativeError(to: golden.tensor("\(name)/q")) <= tolerance)
    try #expect(r.relativeError(to: golden.tensor("\(name)/r")) <= tolerance)
  }

  @Test("QR agrees with NumPy, the diagonal of R positive", arguments: matrices)
  func qr(name: String) throws {
    try checkQR(name, Double.self)
    try checkQR(name, Float.self)
  }

  @Test("Philox agrees with Random123 and with TensorFlow", arguments: ["published", "others"])
  func philox(name: String) throws {
    let golden = try Golden(named: "philox")
    func words(_ key: String) throws -> [UInt32] {
      try golden.integers("\(name)/\(key)").map { UInt32($0) }
    }
    let (counters, keys) = (try words("counters"), try words("keys"))
    let outputs = try words("outputs")
    #expect(outputs.count >= 12)
    for row in 0..<outputs.count / 4 {
      let block = Philox.block(
        counter: SIMD4(counters[4 * row..<4 * row + 4]), key: SIMD2(keys[2 * row..<2 * row + 2]))
      #expect(block == SIMD4(outputs[4 * row..<4 * row + 4]), "row \(row)")
    }
  }

  @Test("all cases of the file take part")
  func isComplete() { #expect(Self.matrices.count == 10) }
}
