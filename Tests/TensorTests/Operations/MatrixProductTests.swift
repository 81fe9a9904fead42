import Tensor
import TestSupport
import Testing

@Suite("Matrix product")
struct MatrixProductTests {
  @Test("two by two, by hand")
  func values() {
    let x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
    let y = Tensor<Float>([5, 6, 7, 8], shape: [2, 2])
    #expect(x.matrixProduct(y).scalars == [19, 22, 43, 50])
    #expect(x.transposed().matrixProduct(y).scalars == [26, 30, 38, 44])
    #expect(x.matrixProduct(y.transposed()).scalars == [17, 23, 39, 53])
  }

  /// The product by its definition, in Double.
  private func oracle(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> {
    let left = x.expanded(atAxis: -1)
    let right = y.expanded(atAxis: y.rank - 2)
    return (left * right).sum(alongAxis: -2)
  }

  @Test(
    "agrees with the definition for every shape, batches broadcast",
    arguments: [
      ([2, 3], [3, 4]), ([1, 1], [1, 1]), ([5, 1], [1, 5]), ([1, 5], [5, 1]), ([1, 7], [7, 3]),
      ([3, 7], [7, 1]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 5]), ([2, 3, 4], [2, 4, 5]),
      ([2, 1, 3, 4], [3, 4, 2]), ([1, 2, 2], [3, 2, 2]), ([4, 4], [4, 4]),
    ])
  func agreesWithDefinition(xShape: [Int], yShape: [Int]) {
    let (x, y) = (Tensor<Double>.ramp(xShape), Tensor<Double>.ramp(yShape, phase: 1))
    let expected = oracle(x, y)
    for (xName, xView) in views(of: x) {
      for (yName, yView) in views(of: y) {
        #expect(
          xView.matrixProduct(yView).relativeError(to: expected) < 1e-14, "\(xName), \(yName)")
      }
    }
    let single = x.converted(to: Float.self).matrixProduct(y.converted(to: Float.self))
    #expect(single.converted(to: Double.self).relativeError(to: expected) < 1e-6)
  }

  @Test("slices and transposes of larger matrices, which BLAS takes as they lie")
  func partsOfMatrices() {
    let (x, y) = (Tensor<Double>.ramp([6, 7]), Tensor<Double>.ramp([7, 6], phase: 1))
    let (left, right) = (x[1..<4, 2..<6], y[2..<6, 1...])
    #expect(left.matrixProduct(right).relativeError(to: oracle(left, right)) < 1e-14)
    #expect(
      right.transposed().matrixProduct(left.transposed()).relativeError(
        to: oracle(left, right).transposed()) < 1e-14)
    let column = x[.all, 3...3]
    #expect(
      column.transposed().matrixProduct(column).relativeError(
        to: oracle(column.transposed(), column)) < 1e-14)
    let row = x[2...2]
    #expect(
      row.matrixProduct(row.transposed()).relativeError(to: oracle(row, row.transposed())) < 1e-14)
    let wide = row.broadcast(to: [5, 7])
    #expect(wide.matrixProduct(y).relativeError(to: oracle(wide, y)) < 1e-14)
    #expect(
      wide.transposed().matrixProduct(wide).relativeError(to: oracle(wide.transposed(), wide))
        < 1e-14)
  }

  @Test("the identity changes nothing, and the product is associative and linear")
  func algebra() {
    let (x, y) = (Tensor<Double>.ramp([4, 5]), Tensor<Double>.ramp([5, 3], phase: 1))
    let z = Tensor<Double>.ramp([3, 2], phase: 2)
    #expect(Tensor.identity(4).matrixProduct(x) == x && x.matrixProduct(.identity(5)) == x)
    #expect(
      x.matrixProduct(y).matrixProduct(z).relativeError(to: x.matrixProduct(y.matrixProduct(z)))
        < 1e-14)
    #expect((x * 3).matrixProduct(y).relativeError(to: x.matrixProduct(y) * 3) < 1e-14)
    #expect(
      x.matrixProduct(y).transposed().relativeError(
        to: y.transposed().matrixProduct(x.transposed())) < 1e-14)
  }

  @Test("a sum over nothing is zero, and no rows or columns give an empty product")
  func empty() {
    #expect(Tensor<Float>.ones([2, 0]).matrixProduct(.ones([0, 3])) == .zeros([2, 3]))
    #expect(Tensor<Float>.ones([0, 2]).matrixProduct(.ones([2, 3])).shape == [0, 3])
    #expect(Tensor<Float>.ones([2, 3]).matrixProduct(.ones([3, 0])).shape == [2, 0])
    #expect(Tensor<Float>.ones([0, 2, 3]).matrixProduct(.ones([3, 4])).shape == [0, 2, 4])
  }

  @Test(
    "products cut into pieces agree with their parts", arguments: [(700, 130, 90), (90, 130, 700)])
  func pieces(m: Int, k: Int, n: Int) {
    let (x, y) = (Tensor<Float>.ramp([m, k]), Tensor<Float>.ramp([k, n], phase: 1))
    let product = x.matrixProduct(y)
    let transposed = y.transposed().matrixProduct(x.transposed()).transposed()
    #expect(product.relativeError(to: transposed) < 1e-6)
    for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3), (m / 3, n - 1)] {
      let expected = (x[i].converted(to: Double.self) * y[.all, j].converted(to: Double.self)).sum()
        .item()
      #expect(abs(Double(product[i, j].item()) - expected) < 1e-4)
    }
  }

  @Test("what is not a number spoils its row or column only")
  func notANumber() {
    var x = Tensor<Double>.ones([3, 2])
    x.assign(Tensor(.nan), at: 1, 0)
    let y = x.matrixProduct(.ones([2, 2])).scalars
    #expect(y[0] == 2 && y[2].isNaN && y[3].isNaN && y[5] == 2)
  }

  static let traps: Traps = [
    "matrixProduct: inner sizes differ, [2, 3] · [4, 5]": {
      _ = Tensor<Float>.ones([2, 3]).matrixProduct(.ones([4, 5]))
    },
    "matrixProduct: needs rank 2 or more, got [3] · [3, 2]": {
      _ = Tensor<Float>.ones([3]).matrixProduct(.ones([3, 2]))
    },
    "matrixProduct: needs rank 2 or more, got [2, 3] · [3]": {
      _ = Tensor<Float>.ones([2, 3]).matrixProduct(.ones([3]))
    },
    "matrixProduct: the axes before the last two do not broadcast, [2, 1, 3] · [3, 3, 1]": {
      _ = Tensor<Float>.ones([2, 1, 3]).matrixProduct(.ones([3, 3, 1]))
    },
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
