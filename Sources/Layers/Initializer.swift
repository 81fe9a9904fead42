public import Tensor

/// How the weights of a layer start.
///
/// Variances are scaled by fan-in and fan-out: the scalars that one output is made of, and those that one input goes into.
public enum Initializer: Sendable, Hashable {
  /// Zeros.
  case zeros
  /// The same value everywhere.
  case constant(Double)
  /// Uniform in the bounds.
  case uniform(ClosedRange<Double>)
  /// Normal around zero.
  case normal(standardDeviation: Double)
  /// Uniform in `±√(6 / (fanIn + fanOut))`. Glorot and Bengio, AISTATS 2010, eq. 16.
  case glorotUniform
  /// Normal, cut at two deviations, of variance `2 / (fanIn + fanOut)`.
  case glorotNormal
  /// Uniform in `±√(6 / fanIn)`. He et al., ICCV 2015, eq. 10.
  case heUniform
  /// Normal, cut at two deviations, of variance `2 / fanIn`.
  case heNormal
  /// A random orthogonal matrix times `gain`: all axes but the last are taken as the rows of one matrix, whose columns are
  /// orthonormal, or its rows where there are fewer of those. Saxe et al., ICLR 2014, section 3.1.
  case orthogonal(gain: Double = 1)

  /// A tensor of `shape`.
  ///
  /// - Precondition: `shape` has rank 2 or more for `orthogonal`.
  public func callAsFunction<Scalar: DifferentiableScalar>(
    _ shape: [Int], fanIn: Int, fanOut: Int, using random: inout RandomGenerator
  ) -> Tensor<Scalar> {
    func uniform(_ bounds: ClosedRange<Double>) -> Tensor<Scalar> {
      guard bounds.lowerBound < bounds.upperBound else {
        return Tensor(repeating: Scalar(bounds.lowerBound), shape: shape)
      }
      return .uniform(
        shape, in: Scalar(bounds.lowerBound)..<Scalar(bounds.upperBound), using: &random)
    }
    func truncatedNormal(variance: Double) -> Tensor<Scalar> {
      // What the cut takes from the deviation is given back, as in Keras: √Var of N(0, 1) cut at ±2.
      let deviation = variance.squareRoot() / 0.879_625_661_034_239_8
      return .truncatedNormal(shape, standardDeviation: Scalar(deviation), using: &random)
    }
    switch self {
    case .zeros: return .zeros(shape)
    case .constant(let value): return Tensor(repeating: Scalar(value), shape: shape)
    case .uniform(let bounds): return uniform(bounds)
    case .normal(let deviation):
      return .normal(shape, standardDeviation: Scalar(deviation), using: &random)
    case .glorotUniform:
      let bound = (6 / Double(fanIn + fanOut)).squareRoot()
      return uniform(-bound...bound)
    case .glorotNormal: return truncatedNormal(variance: 2 / Double(fanIn + fanOut))
    case .heUniform:
      let bound = (6 / Double(fanIn)).squareRoot()
      return uniform(-bound...bound)
    case .heNormal: return truncatedNormal(variance: 2 / Double(fanIn))
    case .orthogonal(let gain): return Self.orthogonal(shape, using: &random) * Scalar(gain)
    }
  }

  /// Uniform among the matrices with orthonormal columns, or rows: the `Q` of normal deviates, with the signs that `qr` gives.
  private static func orthogonal<Scalar: DifferentiableScalar>(
    _ shape: [Int], using random: inout RandomGenerator
  ) -> Tensor<Scalar> {
    require(shape.count >= 2, "orthogonal: needs rank 2 or more, got shape \(shape)")
    let (rows, columns) = (shape.dropLast().reduce(1, *), shape.last ?? 1)
    let deviates = Tensor<Scalar>.normal(
      [Swift.max(rows, columns), Swift.min(rows, columns)], using: &random)
    // Normal deviates are finite, below nine by the method of Box and Muller, and so are their lengths.
    guard let q = try? deviates.qr().q else { fatalError("orthogonal: qr failed") }
    return (rows < columns ? q.transposed() : q).reshaped(to: shape)
  }
}
