public import Tensor

extension DifferentiableScalar {
  /// The relative L2 error that a tensor of this scalar may have against a golden value.
  ///
  /// Golden values are computed in float64 and differ between two libraries by 1e-12. 1e-9 in `Double` leaves room for
  /// another order of summation and none for another formula; 1e-4 in `Float`, a thousand units in the last place, leaves
  /// room for sums of a few thousand products that cancel.
  public static var goldenTolerance: Double { significandBitCount < 30 ? 1e-4 : 1e-9 }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The largest error of one entry, relative to `max(1, |expected|)`: for tensors whose large entries would hide small ones.
  ///
  /// Infinite where shapes differ or something is not a number.
  public func largestEntryError(to other: Tensor) -> Double {
    guard shape == other.shape else { return .infinity }
    return zip(scalars, other.scalars).reduce(0) { largest, pair in
      let (x, y) = (Double(pair.0), Double(pair.1))
      let error = x == y ? 0 : (x - y).magnitude / Swift.max(1, y.magnitude)
      return error.isNaN ? .infinity : Swift.max(largest, error)
    }
  }
}
