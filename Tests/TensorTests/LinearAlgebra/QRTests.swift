import Tensor
import TestSupport
import Testing

@Suite("QR")
struct QRTests {
  @Test("a decomposition that can be done by hand")
  func values() throws {
    // The first column has length 5; what is left of the second is (4, −3)/5 · (3 · 4 − 5 · 3)/5.
    let (q, r) = try Tensor<Double>([3, 1, 4, 3], shape: [2, 2]).qr()
    #expect(q.relativeError(to: Tensor([0.6, -0.8, 0.8, 0.6], shape: [2, 2])) < 1e-15)
    #expect(r.relativeError(to: Tensor([5, 3, 0, 1], shape: [2, 2])) < 1e-15)
  }

  @Test("the identity is its own Q and its own R")
  func identity() throws {
    let (q, r) = try Tensor<Float>.identity(4).qr()
    #expect(q == .identity(4))
    #expect(r == .identity(4))
  }

  @Test(
    "Q is orthogonal, R upper triangular with a diagonal of zero or more, and their product the matrix",
    arguments: [
      [1, 1], [2, 2], [5, 5], [7, 3], [3, 7], [1, 4], [4, 1], [2, 3, 4, 2], [3, 2, 5], [33, 17],
    ])
  func reconstruction(shape: [Int]) throws {
    try check(Tensor<Double>.ramp(shape), tolerance: 1e-13)
    try check(Tensor<Float>.ramp(shape), tolerance: 2e-6)
  }

  private func check<Scalar: DifferentiableScalar>(
    _ a: Tensor<Scalar>, tolerance: Double
  ) throws {
    let batch = Array(a.shape.dropLast(2))
    let (m, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let k = min(m, n)
    let (q, r) = try a.qr()
    #expect(q.shape == batch + [m, k] && r.shape == batch + [k, n])
    #expect(q.matrixProduct(r).relativeError(to: a) < tolerance)
    let products = q.transposed().matrixProduct(q)
    let identities = Tensor<Scalar>.identity(k).broadcast(to: batch + [k, k])
    #expect(products.relativeError(to: identities) < tolerance)
    let matrices = r.contiguous().reshaped(to: [-1, k, n])
    for matrix in 0..<matrices.shape[0] {
      for row in 0..<k {
        #expect(matrices[matrix, row, row].item() >= 0)
        for column in 0..<row { #expect(matrices[matrix, row, column].item() == 0) }
      }
    }
  }

  @Test("a singular matrix still has an orthogonal Q")
  func singular() throws {
    try check(Tensor<Double>([1, 2, 2, 4, 3, 6], shape: [3, 2]), tolerance: 1e-14)
    let (q, r) = try Tensor<Double>.zeros([3, 2]).qr()
    #expect(r == .zeros([2, 2]))
    #expect(q.transposed().matrixProduct(q).relativeError(to: .identity(2)) < 1e-15)
  }

  @Test("every view decomposes like the contiguous matrix")
  func views() throws {
    let a = Tensor<Double>.ramp([2, 4, 3])
    let expected = try a.qr()
    for (name, view) in TestSupport.views(of: a) {
      let (q, r) = try view.qr()
      #expect(q == expected.q && r == expected.r, "\(name)")
    }
    let (q, _) = try a[0].broadcast(to: [2, 4, 3]).qr()
    #expect(q[1] == expected.q[0])
  }

  @Test("without rows, columns or matrices there is nothing to do")
  func empty() throws {
    for (shape, qShape, rShape) in [
      ([0, 3], [0, 0], [0, 3]), ([3, 0], [3, 0], [0, 0]), ([0, 2, 3], [0, 2, 2], [0, 2, 3]),
    ] {
      let (q, r) = try Tensor<Float>.zeros(shape).qr()
      #expect(q.shape == qShape && r.shape == rShape)
    }
  }

  @Test(
    "a matrix that is not finite is an error that names it", arguments: [Double.nan, .infinity])
  func notFinite(value: Double) throws {
    var a = Tensor<Double>.ramp([2, 3, 3])
    a.assign(Tensor(value), at: 1, 2, 0)
    let error = #expect(throws: LinearAlgebraError.self) { _ = try a.qr() }
    #expect(error?.description == "qr: matrix 1 holds a value that is not finite")
  }

  @Test("columns whose length overflows are an error, not infinities")
  func tooLong() throws {
    let a = Tensor<Float>(repeating: .greatestFiniteMagnitude, shape: [2, 2])
    let error = #expect(throws: LinearAlgebraError.self) { _ = try a.qr() }
    #expect(error?.description == "qr: matrix 0 has columns too long for float32")
  }

  static let traps: Traps = [
    "qr: needs rank 2 or more, got shape [3]": { _ = try? Tensor<Float>.zeros([3]).qr() }
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}
