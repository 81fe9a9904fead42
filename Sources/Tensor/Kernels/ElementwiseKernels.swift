import RealModule

/// A function of one scalar, as a type: generic code over it specialises to a plain loop.
protocol UnaryFunction: SendableMetatype {
  associatedtype Input: TensorScalar
  associatedtype Output: TensorScalar
  static func apply(_ x: Input) -> Output
}

/// A function of two scalars, as a type.
protocol BinaryFunction: SendableMetatype {
  associatedtype Input: TensorScalar
  associatedtype Output: TensorScalar
  static func apply(_ x: Input, _ y: Input) -> Output
}

/// A loop `out[i] = f(x[i · stride])`.
///
/// `writes` is advice.
package typealias UnaryKernel<Input, Output> =
  @Sendable (
    _ x: UnsafePointer<Input>, _ stride: Int, _ out: UnsafeMutablePointer<Output>, _ count: Int,
    _ writes: CachePolicy
  ) -> Void

/// A loop `out[i] = f(x[i · xStride], y[i · yStride])`.
///
/// `writes` is advice.
package typealias BinaryKernel<Input, Output> =
  @Sendable (
    _ x: UnsafePointer<Input>, _ xStride: Int, _ y: UnsafePointer<Input>, _ yStride: Int,
    _ out: UnsafeMutablePointer<Output>, _ count: Int, _ writes: CachePolicy
  ) -> Void

/// Where a result should go, if the processor gives a choice.
package enum CachePolicy: Sendable {
  case throughCache
  /// Straight to memory.
  ///
  /// It saves reading every line before it is overwritten, which is a third of the traffic of an addition, but the result is
  /// not in the cache for who comes next.
  case aroundCache

  /// For a result of so many bytes: around the cache when it would not stay there anyway.
  package static func writing(byteCount: Int) -> CachePolicy {
    byteCount >= 16 << 20 ? .aroundCache : .throughCache
  }

  /// As C has it.
  var flag: Int32 { self == .aroundCache ? 1 : 0 }
}

/// The loop of `function`.
///
/// The contiguous case stands apart so that it vectorises.
func unaryKernel<F: UnaryFunction>(_ function: F.Type) -> UnaryKernel<F.Input, F.Output> {
  { x, stride, out, count, _ in
    if stride == 1 {
      for i in 0..<count { out[i] = F.apply(x[i]) }
    } else {
      for i in 0..<count { out[i] = F.apply(x[i &* stride]) }
    }
  }
}

/// The loop of `function`; rows against rows, rows against one scalar, and anything else.
func binaryKernel<F: BinaryFunction>(_ function: F.Type) -> BinaryKernel<F.Input, F.Output> {
  { x, xStride, y, yStride, out, count, _ in
    switch (xStride, yStride) {
    case (1, 1):
      for i in 0..<count { out[i] = F.apply(x[i], y[i]) }
    case (1, 0):
      let scalar = y.pointee
      for i in 0..<count { out[i] = F.apply(x[i], scalar) }
    case (0, 1):
      let scalar = x.pointee
      for i in 0..<count { out[i] = F.apply(scalar, y[i]) }
    default:
      for i in 0..<count { out[i] = F.apply(x[i &* xStride], y[i &* yStride]) }
    }
  }
}

enum Add<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x + y }
}
enum Subtract<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x - y }
}
enum Multiply<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x * y }
}
enum Divide<Scalar: DifferentiableScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x / y }
}

/// `xʸ`.
///
/// A negative base is defined for integer exponents alone, which `Real.pow` leaves out.
enum Power<Scalar: DifferentiableScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar {
    if y == 0 { return 1 }
    guard x < 0, y == y.rounded() else { return .pow(x, y) }
    let isOdd = (y / 2) != (y / 2).rounded()
    return isOdd ? -.pow(-x, y) : .pow(-x, y)
  }
}

// As in NumPy, what is not a number stays so: a plain comparison would let it vanish.
enum Minimum<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x.isNotANumber || x < y ? x : y }
}
enum Maximum<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Scalar { x.isNotANumber || x > y ? x : y }
}

enum Less<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Bool { x < y }
}
enum LessOrEqual<Scalar: NumericScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Bool { x <= y }
}
enum Equal<Scalar: TensorScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Bool { x == y }
}
enum NotEqual<Scalar: TensorScalar>: BinaryFunction {
  static func apply(_ x: Scalar, _ y: Scalar) -> Bool { x != y }
}

/// The loops that every numeric scalar has.
public struct ArithmeticKernels<Scalar: NumericScalar>: Sendable {
  package internal(set) var add = binaryKernel(Add<Scalar>.self)
  package internal(set) var subtract = binaryKernel(Subtract<Scalar>.self)
  package internal(set) var multiply = binaryKernel(Multiply<Scalar>.self)
  package internal(set) var minimum = binaryKernel(Minimum<Scalar>.self)
  package internal(set) var maximum = binaryKernel(Maximum<Scalar>.self)
  package internal(set) var less = binaryKernel(Less<Scalar>.self)
  package internal(set) var lessOrEqual = binaryKernel(LessOrEqual<Scalar>.self)
  package internal(set) var equal = binaryKernel(Equal<Scalar>.self)
  package internal(set) var notEqual = binaryKernel(NotEqual<Scalar>.self)
  package internal(set) var sum = reductionKernels(SumReduction<Scalar>.self)
  package internal(set) var min = reductionKernels(MinimumReduction<Scalar>.self)
  package internal(set) var max = reductionKernels(MaximumReduction<Scalar>.self)

  package init() {}
}
