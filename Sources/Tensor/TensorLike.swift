/// What plain tensors and recorded variables have in common.
///
/// A formula composed of these operations is written once, in an extension of this protocol, and serves both: a loss, a
/// norm, the gradient of an operation. An operation that one of the two computes in its own way is a requirement here;
/// were it only in an extension, generic code would silently take the composed form.
public protocol TensorLike<Scalar>: Sendable {
  associatedtype Scalar: DifferentiableScalar

  /// The size of every axis.
  var shape: [Int] { get }
  /// A constant of this kind.
  init(_ constant: Tensor<Scalar>)
  /// The value, detached from any computation. For masks and counts, which have no derivative.
  var value: Tensor<Scalar> { get }

  // MARK: Arithmetic, broadcast
  static func + (x: Self, y: Self) -> Self
  static func - (x: Self, y: Self) -> Self
  static func * (x: Self, y: Self) -> Self
  static func / (x: Self, y: Self) -> Self
  /// Every scalar times a number.
  func scaled(by factor: Scalar) -> Self
  /// Every scalar plus a number.
  func shifted(by offset: Scalar) -> Self

  // MARK: Functions of every scalar
  func exp() -> Self
  func log() -> Self
  func sqrt() -> Self
  func tanh() -> Self
  func sin() -> Self
  func cos() -> Self
  func erf() -> Self
  func sigmoid() -> Self
  func softplus() -> Self
  func relu() -> Self
  func abs() -> Self
  func pow(_ exponent: Scalar) -> Self
  func minimum(_ other: Self) -> Self
  func maximum(_ other: Self) -> Self
  static func `where`(_ mask: Tensor<Bool>, _ first: Self, _ second: Self) -> Self

  // MARK: Reductions
  func sum(alongAxes axes: [Int], keepingDimensions: Bool) -> Self
  func min(alongAxes axes: [Int], keepingDimensions: Bool) -> Self
  func max(alongAxes axes: [Int], keepingDimensions: Bool) -> Self

  // MARK: Shape
  func reshaped(to newShape: [Int]) -> Self
  func permuted(_ axes: [Int]) -> Self
  func broadcast(to newShape: [Int]) -> Self
  func sliced(_ slices: [TensorSlice]) -> Self
  /// Zeros of `shape` with this value at the selected part: the adjoint of `sliced`.
  func placed(at slices: [TensorSlice], in shape: [Int]) -> Self
  static func concatenated(_ parts: [Self], alongAxis axis: Int) -> Self
  func gathered(at indices: Tensor<Int64>, alongAxis axis: Int) -> Self
  func scatterAdded(at indices: Tensor<Int64>, size: Int, alongAxis axis: Int) -> Self

  // MARK: Linear algebra and neural networks
  func matrixProduct(_ other: Self) -> Self
  func softmax() -> Self
  func logSoftmax() -> Self
  func convolution(_ filter: Self, bias: Self?, _ window: Window2D) -> Self
  static func convolutionInputGradient(
    upstream: Self, filter: Self, inputShape: [Int], _ window: Window2D
  ) -> Self
  static func convolutionFilterGradient(
    upstream: Self, input: Self, filterShape: [Int], _ window: Window2D
  ) -> Self
  func maxPooled(_ window: Window2D) -> Self
  /// The scalar at the position named by `indices` in every window: the adjoint of `maxPoolGradient`.
  func picked(at indices: Tensor<UInt8>, _ window: Window2D) -> Self
  static func maxPoolGradient(
    upstream: Self, indices: Tensor<UInt8>, inputShape: [Int], _ window: Window2D
  ) -> Self
  func averagePooled(_ window: Window2D) -> Self
  static func averagePoolGradient(upstream: Self, inputShape: [Int], _ window: Window2D) -> Self
  /// Zeros with probability `rate`, all others scaled up. Its own gradient, with the same key.
  func dropout(rate: Double, key: RandomKey) -> Self
  static func reluGradient(output: Self, upstream: Self) -> Self
}

extension Tensor: TensorLike where Scalar: DifferentiableScalar {
  /// The tensor itself.
  public init(_ constant: Tensor<Scalar>) { self = constant }
  /// The tensor itself.
  public var value: Tensor<Scalar> { self }

  /// Zeros of `shape` with this tensor at the selected part: the adjoint of `sliced`.
  public func placed(at slices: [TensorSlice], in shape: [Int]) -> Tensor {
    var result = Tensor.zeros(shape)
    result.assign(self, at: slices)
    return result
  }

  /// The upstream gradient where the output of `relu()` is positive, else zero.
  public static func reluGradient(output: Tensor, upstream: Tensor) -> Tensor {
    combine(upstream, output, "reluGradient", Scalar.kernels.reluGradient)
  }
}

// MARK: What follows for both

extension TensorLike {
  /// The number of axes.
  public var rank: Int { shape.count }
  /// The number of scalars.
  public var count: Int { shape.reduce(1, *) }

  /// Every scalar with the other sign.
  public static prefix func - (x: Self) -> Self { x.scaled(by: -1) }
  /// The square of every scalar.
  public func squared() -> Self { self * self }
  /// Every scalar, or the nearer bound where it lies outside; there the gradient is zero.
  public func clamped(to bounds: ClosedRange<Scalar>) -> Self {
    let inside = (value .>= bounds.lowerBound) .& (value .<= bounds.upperBound)
    return .where(inside, self, Self(value.clamped(to: bounds)))
  }

  /// The sum of all scalars, of shape `[]`.
  public func sum() -> Self { sum(alongAxes: Array(0..<rank), keepingDimensions: false) }
  /// The sum over `axes`.
  public func sum(alongAxes axes: [Int]) -> Self { sum(alongAxes: axes, keepingDimensions: false) }
  /// The sum over one axis.
  public func sum(alongAxis axis: Int, keepingDimensions: Bool = false) -> Self {
    sum(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The largest scalar over one axis.
  ///
  /// Its gradient goes to the largest, in equal parts where there are several.
  public func max(alongAxis axis: Int, keepingDimensions: Bool = false) -> Self {
    max(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The least scalar over one axis.
  ///
  /// Its gradient goes to the least, in equal parts where there are several.
  public func min(alongAxis axis: Int, keepingDimensions: Bool = false) -> Self {
    min(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The largest of all scalars, of shape `[]`.
  public func max() -> Self { max(alongAxes: Array(0..<rank), keepingDimensions: false) }
  /// The least of all scalars, of shape `[]`.
  public func min() -> Self { min(alongAxes: Array(0..<rank), keepingDimensions: false) }

  /// The mean over `axes`; not a number over no scalars.
  public func mean(alongAxes axes: [Int], keepingDimensions: Bool = false) -> Self {
    let normalized = ShapeRules.normalize(axes: axes, rank: rank, "mean")
    let count = normalized.reduce(1) { $0 * shape[$1] }
    return sum(alongAxes: axes, keepingDimensions: keepingDimensions)
      .scaled(by: 1 / Scalar(count))
  }
  /// The mean over one axis.
  public func mean(alongAxis axis: Int, keepingDimensions: Bool = false) -> Self {
    mean(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }
  /// The mean of all scalars, of shape `[]`.
  public func mean() -> Self { mean(alongAxes: Array(0..<rank)) }

  /// The variance over `axes`, `Σ (x − x̄)² / (n − correction)`, in two passes: the mean is taken off before squaring.
  ///
  /// - Parameters:
  ///   - axes: Each counts from the end if negative.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  ///   - correction: 0 for the variance of the scalars themselves, 1 for the unbiased estimate from a sample.
  public func variance(
    alongAxes axes: [Int], keepingDimensions: Bool = false, correction: Scalar = 0
  ) -> Self {
    let normalized = ShapeRules.normalize(axes: axes, rank: rank, "variance")
    let count = normalized.reduce(1) { $0 * shape[$1] }
    let deviations = self - mean(alongAxes: axes, keepingDimensions: true)
    return deviations.squared().sum(alongAxes: axes, keepingDimensions: keepingDimensions)
      .scaled(by: 1 / (Scalar(count) - correction))
  }
  /// The variance of all scalars, of shape `[]`.
  public func variance() -> Self { variance(alongAxes: Array(0..<rank)) }

  /// `log Σ exp(x)` over `axes`, with the maximum taken out first so that nothing overflows.
  ///
  /// Minus infinity over nothing but minus infinities, infinity where there is one.
  public func logSumExp(alongAxes axes: [Int], keepingDimensions: Bool = false) -> Self {
    // The maximum is a constant here: it leaves the result unchanged, so it has no part in the derivative.
    let maximum = value.max(alongAxes: axes, keepingDimensions: true)
    let finite = Tensor<Scalar>.where(
      maximum.abs() .< Scalar.infinity, maximum, Tensor.zeros(maximum.shape))
    let kept =
      (self - Self(finite)).exp().sum(alongAxes: axes, keepingDimensions: true).log()
      + Self(finite)
    if keepingDimensions { return kept }
    let normalized = ShapeRules.normalize(axes: axes, rank: rank, "logSumExp")
    return kept.reshaped(
      to: ShapeRules.reduced(shape, axes: normalized, keepingDimensions: false))
  }
  /// `log Σ exp(x)` over one axis.
  public func logSumExp(alongAxis axis: Int, keepingDimensions: Bool = false) -> Self {
    logSumExp(alongAxes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The last two axes swapped.
  public func transposed() -> Self {
    require(rank >= 2, "transposed: needs rank 2 or more, got shape \(shape)")
    var axes = Array(0..<rank)
    axes.swapAt(rank - 2, rank - 1)
    return permuted(axes)
  }

  /// The part that `slices` select.
  ///
  /// Axes not named are taken whole.
  public subscript<each Slice: TensorRange>(_ slices: repeat each Slice) -> Self {
    var list: [TensorSlice] = []
    repeat list.append((each slices).slice)
    return sliced(list)
  }

  /// All parts, of one shape, under a new axis.
  public static func stacked(_ parts: [Self], alongAxis axis: Int = 0) -> Self {
    require(!parts.isEmpty, "stacked: needs at least one part")
    let axis = ShapeRules.normalize(axis: axis, rank: parts[0].rank + 1, "stacked")
    return concatenated(
      parts.map { part in
        require(
          part.shape == parts[0].shape,
          "stacked: shapes \(parts[0].shape) and \(part.shape) differ")
        var shape = part.shape
        shape.insert(1, at: axis)
        return part.reshaped(to: shape)
      }, alongAxis: axis)
  }

  /// With zeros added around: `widths[axis]` before and after on every axis.
  public func padded(_ widths: [(before: Int, after: Int)]) -> Self {
    require(
      widths.count == rank && widths.allSatisfy { $0.before >= 0 && $0.after >= 0 },
      "padded: needs two widths of 0 or more for each axis of shape \(shape), got \(widths)")
    return placed(
      at: zip(shape, widths).map { .range(start: $1.before, end: $1.before + $0, step: 1) },
      in: zip(shape, widths).map { $0 + $1.before + $1.after })
  }

  /// The gradient of a broadcast: `upstream` summed over the axes that were stretched, of shape `target`.
  public func summed(to target: [Int]) -> Self {
    if shape == target { return self }
    let axes = ShapeRules.broadcastAxes(of: target, to: shape)
    return sum(alongAxes: axes, keepingDimensions: true).reshaped(to: target)
  }
}
