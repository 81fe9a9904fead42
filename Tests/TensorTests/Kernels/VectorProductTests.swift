import Tensor
import TestSupport
import Testing

@Suite("Products of matrices on kernels of our own")
struct VectorProductTests {
  private static let sets = InstructionSet.allCases.filter(\.isSupported)

  private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor<Float> {
    var random = RandomGenerator(seed: seed)
    return .uniform([rows, columns], in: -1..<1, using: &random)
  }

  /// Awkward sizes: one row, tails of vectors and panels, a depth beyond one slab, one that is cut into parts.
  @Test(
    "any sizes, transposed or not, agree with a sum in double precision", arguments: sets,
    [
      (1, 8, 1), (1, 64, 5000), (3, 9, 17), (14, 32, 16), (29, 33, 400), (70, 100, 65),
      (5, 48, 9000), (130, 16, 31), (20, 150, 1100), (300, 40, 1030), (4150, 24, 520),
    ])
  func sizes(set: InstructionSet, size: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = size
    let (a, b) = (Self.matrix(m, k, seed: 1), Self.matrix(k, n, seed: 2))
    let expected = a.converted(to: Double.self).matrixProduct(b.converted(to: Double.self))
    let (turnedA, turnedB) = (a.transposed().contiguous(), b.transposed().contiguous())
    let product = VectorProduct(set)
    for transposesA in [false, true] {
      for transposesB in [false, true] {
        for inParallel in [false, true] {
          let found = Tensor<Float>(shape: [m, n]) { buffer in
            buffer.initialize(repeating: .nan)
            product.multiply(
              VectorProduct.Operand(
                transposesA ? turnedA.pointer : a.pointer, leading: transposesA ? m : k,
                isTransposed: transposesA),
              VectorProduct.Operand(
                transposesB ? turnedB.pointer : b.pointer, leading: transposesB ? k : n,
                isTransposed: transposesB), m: m, n: n, k: k, into: buffer.baseAddress!,
              inParallel: inParallel)
          }
          let error = found.converted(to: Double.self).relativeError(to: expected)
          #expect(error < 1e-6, "transposes \(transposesA), \(transposesB), parallel \(inParallel)")
        }
      }
    }
  }

  @Test("slices are taken as they lie, and any number of threads gives the same bits")
  func slices() {
    let (a, b) = (Self.matrix(70, 90, seed: 3), Self.matrix(90, 80, seed: 4))
    let (left, right) = (a[3..<60, 5..<80], b[5..<80, 8..<72])
    let expected = left.contiguous().converted(to: Double.self)
      .matrixProduct(right.contiguous().converted(to: Double.self))
    let found = left.matrixProduct(right)
    #expect(found.converted(to: Double.self).relativeError(to: expected) < 1e-6)
    // Process-wide, but it changes no result of the tests that run beside this one.
    let threads = Parallel.maximumThreads
    defer { Parallel.maximumThreads = threads }
    Parallel.maximumThreads = 1
    #expect(left.matrixProduct(right) == found)
  }

  @Test("a batch of matrices is multiplied one by one, and broadcasts")
  func batches() {
    var random = RandomGenerator(seed: 5)
    let a = Tensor<Float>.uniform([6, 1, 40, 30], in: -1..<1, using: &random)
    let b = Tensor<Float>.uniform([5, 30, 24], in: -1..<1, using: &random)
    let expected = a.converted(to: Double.self).matrixProduct(b.converted(to: Double.self))
    let found = a.matrixProduct(b)
    #expect(found.shape == [6, 5, 40, 24])
    #expect(found.converted(to: Double.self).relativeError(to: expected) < 1e-6)
  }
}
