public import Tensor

extension Tensor where Scalar: DifferentiableScalar {
  /// Scalars without symmetry or order, between −1 and 1, no two alike: what tests differentiate at and weight with.
  public static func ramp(_ shape: [Int], phase: Double = 0) -> Tensor {
    let count = shape.reduce(1, *)
    // Multiples of the golden ratio never fall on each other, nor on a grid.
    return Tensor(
      (0..<count).map { index in
        let position = 0.618_033_988_749_895 * (Double(index) + 1) + 0.37 * phase
        return Scalar(2 * (position - position.rounded(.down)) - 1)
      }, shape: shape)
  }

  /// `‖self − other‖₂ / ‖other‖₂`, infinite where shapes differ or something is not a number.
  public func relativeError(to other: Tensor) -> Double {
    guard shape == other.shape else { return .infinity }
    var (difference, size) = (0.0, 0.0)
    for (x, y) in zip(scalars, other.scalars) {
      difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
      size += Double(y) * Double(y)
    }
    if difference.isNaN || size.isNaN { return .infinity }
    return size == 0 ? difference.squareRoot() : (difference / size).squareRoot()
  }
}

/// The views that every operation must take like a contiguous tensor: the same scalars, laid out in other ways.
///
/// - Returns: Name and tensor: contiguous, transposed storage, a slice with steps of a larger one, and reversed storage.
public func views<Scalar: DifferentiableScalar>(
  of tensor: Tensor<Scalar>
) -> [(name: String, tensor: Tensor<Scalar>)] {
  let rank = tensor.rank
  var result = [("contiguous", tensor)]
  guard rank > 0 else { return result }
  let order = Array((0..<rank).reversed())
  result.append(("transposed", tensor.permuted(order).contiguous().permuted(order)))
  var larger = Tensor(repeating: Scalar.nan, shape: tensor.shape.map { 2 * $0 + 1 })
  let odd = tensor.shape.map { TensorSlice.range(start: 1, end: 2 * $0 + 1, step: 2) }
  larger.assign(tensor, at: odd)
  result.append(("sliced", larger.sliced(odd)))
  let backwards = [TensorSlice](repeating: .stride(by: -1), count: rank)
  result.append(("reversed", tensor.sliced(backwards).contiguous().sliced(backwards)))
  return result
}
