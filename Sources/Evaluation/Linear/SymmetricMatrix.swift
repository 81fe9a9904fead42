import Tensor

/// A symmetric, positive definite matrix, to solve a system of equations with.
struct SymmetricMatrix {
  private let size: Int
  /// Row by row.
  private var entries: [Double]

  init(_ matrix: Tensor<Double>) {
    size = matrix.shape[0]
    entries = matrix.scalars
  }

  /// Adds `value` to the first `count` entries of the diagonal, or to all.
  mutating func addToDiagonal(_ value: Double, first count: Int? = nil) {
    for index in 0..<(count ?? size) { entries[index * size + index] += value }
  }

  /// The solution of `A x = right`, by Cholesky's `A = L Lᵀ`.
  ///
  /// - Throws: `InvalidFeatures` where the matrix is not positive definite within rounding.
  func solved(for right: [Double]) throws -> [Double] {
    var lower = entries
    var solution = right
    try lower.withUnsafeMutableBufferPointer { l in
      for row in 0..<size {
        for column in 0...row {
          var sum = l[row * size + column]
          for k in 0..<column { sum -= l[row * size + k] * l[column * size + k] }
          if column < row {
            l[row * size + column] = sum / l[column * size + column]
          } else {
            guard sum > 0 else {
              throw InvalidFeatures("the penalty is too small for features of this size")
            }
            l[row * size + row] = sum.squareRoot()
          }
        }
      }
      for row in 0..<size {
        for k in 0..<row { solution[row] -= l[row * size + k] * solution[k] }
        solution[row] /= l[row * size + row]
      }
      for row in (0..<size).reversed() {
        for k in row + 1..<size { solution[row] -= l[k * size + row] * solution[k] }
        solution[row] /= l[row * size + row]
      }
    }
    return solution
  }
}
