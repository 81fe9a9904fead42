extension Tensor {
  /// `kernel` over every scalar.
  package func map<Output: TensorScalar>(_ kernel: UnaryKernel<Scalar, Output>) -> Tensor<Output> {
    let loop = StridedLoop(shape: shape, first: strides)
    let stride = loop.rowStrides.first
    let from = Unchecked(UnsafePointer(pointer))
    return withExtendedLifetime(self) {
      Tensor<Output>(shape: shape) { buffer in
        guard let base = buffer.baseAddress else { return }
        let to = Unchecked(base)
        let writes = CachePolicy.writing(byteCount: buffer.count * MemoryLayout<Output>.stride)
        loop.runInParallel { position, offset, _, _, count in
          kernel(from.value + offset, stride, to.value + position, count, writes)
        }
      }
    }
  }

  /// `kernel` over the pairs of scalars of two tensors, broadcast to their common shape.
  package static func combine<Output: TensorScalar>(
    _ x: Tensor, _ y: Tensor, _ operation: @autoclosure () -> String,
    _ kernel: BinaryKernel<Scalar, Output>
  ) -> Tensor<Output> {
    let common = ShapeRules.broadcast(x.shape, y.shape)
    require(
      common != nil, "\(operation()): shapes \(x.shape) and \(y.shape) do not broadcast")
    let shape = common ?? []
    let loop = StridedLoop(
      shape: shape, first: x.layout.strides(broadcastTo: shape),
      second: y.layout.strides(broadcastTo: shape))
    let strides = loop.rowStrides
    let (first, second) = (Unchecked(UnsafePointer(x.pointer)), Unchecked(UnsafePointer(y.pointer)))
    return withExtendedLifetime((x, y)) {
      Tensor<Output>(shape: shape) { buffer in
        guard let base = buffer.baseAddress else { return }
        let to = Unchecked(base)
        let writes = CachePolicy.writing(byteCount: buffer.count * MemoryLayout<Output>.stride)
        loop.runInParallel { position, i, j, _, count in
          kernel(
            first.value + i, strides.first, second.value + j, strides.second,
            to.value + position, count, writes)
        }
      }
    }
  }

  /// Each scalar of `first` where the mask is `true`, of `second` where it is `false`; all three broadcast.
  ///
  /// What is not chosen does not matter, be it not a number.
  public static func `where`(_ mask: Tensor<Bool>, _ first: Tensor, _ second: Tensor) -> Tensor {
    let shape = ShapeRules.broadcast(first.shape, second.shape)
      .flatMap { ShapeRules.broadcast($0, mask.shape) }
    require(
      shape != nil,
      "where: shapes \(mask.shape), \(first.shape) and \(second.shape) do not broadcast")
    let common = shape ?? []
    let loop = StridedLoop(
      shape: common, first: mask.layout.strides(broadcastTo: common),
      second: first.layout.strides(broadcastTo: common),
      third: second.layout.strides(broadcastTo: common))
    let strides = loop.rowStrides
    let flags = Unchecked(mask.pointer)
    let (x, y) = (Unchecked(first.pointer), Unchecked(second.pointer))
    return withExtendedLifetime((mask, first, second)) {
      Tensor(shape: common) { buffer in
        guard let base = buffer.baseAddress else { return }
        let to = Unchecked(base)
        loop.runInParallel { position, m, i, j, count in
          for k in 0..<count {
            to.value[position + k] =
              flags.value[m + k &* strides.first]
              ? x.value[i + k &* strides.second] : y.value[j + k &* strides.third]
          }
        }
      }
    }
  }
}

// MARK: Arithmetic

extension Tensor where Scalar: NumericScalar {
  /// The sum of two tensors, scalar by scalar, broadcast.
  public static func + (x: Tensor, y: Tensor) -> Tensor {
    combine(x, y, "+", Scalar.arithmetic.add)
  }
  /// The difference of two tensors, scalar by scalar, broadcast.
  public static func - (x: Tensor, y: Tensor) -> Tensor {
    combine(x, y, "-", Scalar.arithmetic.subtract)
  }
  /// The product of two tensors, scalar by scalar, broadcast.
  public static func * (x: Tensor, y: Tensor) -> Tensor {
    combine(x, y, "*", Scalar.arithmetic.multiply)
  }

  /// Adds `y` to every scalar.
  public static func + (x: Tensor, y: Scalar) -> Tensor { x + Tensor(y) }
  /// Adds `x` to every scalar.
  public static func + (x: Scalar, y: Tensor) -> Tensor { Tensor(x) + y }
  /// Subtracts `y` from every scalar.
  public static func - (x: Tensor, y: Scalar) -> Tensor { x - Tensor(y) }
  /// Subtracts every scalar from `x`.
  public static func - (x: Scalar, y: Tensor) -> Tensor { Tensor(x) - y }
  /// Multiplies every scalar by `y`.
  public static func * (x: Tensor, y: Scalar) -> Tensor { x * Tensor(y) }
  /// Multiplies every scalar by `x`.
  public static func * (x: Scalar, y: Tensor) -> Tensor { Tensor(x) * y }

  /// Adds `y`, broadcast to this shape, in place.
  public static func += (x: inout Tensor, y: Tensor) { x.update(y, "+=", Scalar.arithmetic.add) }
  /// Subtracts `y`, broadcast to this shape, in place.
  public static func -= (x: inout Tensor, y: Tensor) {
    x.update(y, "-=", Scalar.arithmetic.subtract)
  }
  /// Multiplies by `y`, broadcast to this shape, in place.
  public static func *= (x: inout Tensor, y: Tensor) {
    x.update(y, "*=", Scalar.arithmetic.multiply)
  }

  /// `self = kernel(self, y)` in this tensor's own memory.
  package mutating func update(
    _ y: Tensor, _ operation: @autoclosure () -> String, _ kernel: BinaryKernel<Scalar, Scalar>
  ) {
    require(
      ShapeRules.broadcast(shape, y.shape) == shape,
      "\(operation()): shape \(y.shape) does not broadcast to \(shape)")
    makeUniquelyReferenced()
    let loop = StridedLoop(
      shape: shape, first: strides, second: y.layout.strides(broadcastTo: shape))
    let strides = loop.rowStrides
    let (to, from) = (Unchecked(pointer), Unchecked(UnsafePointer(y.pointer)))
    loop.runInParallel { position, i, j, _, count in
      kernel(
        UnsafePointer(to.value + i), strides.first, from.value + j, strides.second,
        to.value + position, count, .throughCache)
    }
    withExtendedLifetime(y) {}
  }

  /// Adds `y`, of the same shape, in this tensor's own memory where nobody shares it, else in new memory.
  package mutating func accumulate(_ y: Tensor) {
    if isUniquelyReferencedAndContiguous() { self += y } else { self = self + y }
  }

  /// The smaller of two scalars, broadcast; not a number where either is not.
  public func minimum(_ other: Tensor) -> Tensor {
    Self.combine(self, other, "minimum", Scalar.arithmetic.minimum)
  }
  /// The larger of two scalars, broadcast; not a number where either is not.
  public func maximum(_ other: Tensor) -> Tensor {
    Self.combine(self, other, "maximum", Scalar.arithmetic.maximum)
  }
  /// Every scalar, or the nearer bound where it lies outside.
  public func clamped(to bounds: ClosedRange<Scalar>) -> Tensor {
    maximum(Tensor(bounds.lowerBound)).minimum(Tensor(bounds.upperBound))
  }
}

// MARK: Comparison

extension Tensor where Scalar: NumericScalar {
  /// Where `x` is less than `y`, broadcast.
  public static func .< (x: Tensor, y: Tensor) -> Tensor<Bool> {
    combine(x, y, ".<", Scalar.arithmetic.less)
  }
  /// Where `x` is at most `y`, broadcast.
  public static func .<= (x: Tensor, y: Tensor) -> Tensor<Bool> {
    combine(x, y, ".<=", Scalar.arithmetic.lessOrEqual)
  }
  /// Where `x` is greater than `y`, broadcast.
  public static func .> (x: Tensor, y: Tensor) -> Tensor<Bool> { y .< x }
  /// Where `x` is at least `y`, broadcast.
  public static func .>= (x: Tensor, y: Tensor) -> Tensor<Bool> { y .<= x }
  /// Where `x` equals `y`, broadcast.
  public static func .== (x: Tensor, y: Tensor) -> Tensor<Bool> {
    combine(x, y, ".==", Scalar.arithmetic.equal)
  }
  /// Where `x` differs from `y`, broadcast.
  public static func .!= (x: Tensor, y: Tensor) -> Tensor<Bool> {
    combine(x, y, ".!=", Scalar.arithmetic.notEqual)
  }

  /// Where every scalar is less than `y`.
  public static func .< (x: Tensor, y: Scalar) -> Tensor<Bool> { x .< Tensor(y) }
  /// Where every scalar is at most `y`.
  public static func .<= (x: Tensor, y: Scalar) -> Tensor<Bool> { x .<= Tensor(y) }
  /// Where every scalar is greater than `y`.
  public static func .> (x: Tensor, y: Scalar) -> Tensor<Bool> { x .> Tensor(y) }
  /// Where every scalar is at least `y`.
  public static func .>= (x: Tensor, y: Scalar) -> Tensor<Bool> { x .>= Tensor(y) }
  /// Where every scalar equals `y`.
  public static func .== (x: Tensor, y: Scalar) -> Tensor<Bool> { x .== Tensor(y) }
  /// Where every scalar differs from `y`.
  public static func .!= (x: Tensor, y: Scalar) -> Tensor<Bool> { x .!= Tensor(y) }
}

extension Tensor where Scalar == Bool {
  /// Where both are `true`, broadcast.
  public static func .& (x: Tensor, y: Tensor) -> Tensor { `where`(x, y, Tensor(false)) }
  /// Where either is `true`, broadcast.
  public static func .| (x: Tensor, y: Tensor) -> Tensor { `where`(x, Tensor(true), y) }
  /// Where this is `false`.
  public static prefix func .! (x: Tensor) -> Tensor { `where`(x, Tensor(false), Tensor(true)) }
}

// MARK: Functions of floating-point scalars

extension Tensor where Scalar: DifferentiableScalar {
  /// The quotient of two tensors, scalar by scalar, broadcast.
  public static func / (x: Tensor, y: Tensor) -> Tensor {
    combine(x, y, "/", Scalar.kernels.divide)
  }
  /// Divides every scalar by `y`.
  public static func / (x: Tensor, y: Scalar) -> Tensor { x / Tensor(y) }
  /// Divides `x` by every scalar.
  public static func / (x: Scalar, y: Tensor) -> Tensor { Tensor(x) / y }
  /// Divides by `y`, broadcast to this shape, in place.
  public static func /= (x: inout Tensor, y: Tensor) { x.update(y, "/=", Scalar.kernels.divide) }
  /// Every scalar with the other sign.
  public static prefix func - (x: Tensor) -> Tensor { x * -1 }

  /// Every scalar times `factor`.
  public func scaled(by factor: Scalar) -> Tensor { self * factor }
  /// Every scalar plus `offset`.
  public func shifted(by offset: Scalar) -> Tensor { self + offset }

  /// `eˣ` of every scalar.
  public func exp() -> Tensor { map(Scalar.kernels.exp) }
  /// The natural logarithm of every scalar: minus infinity at 0, not a number below.
  public func log() -> Tensor { map(Scalar.kernels.log) }
  /// The square root of every scalar: not a number below 0.
  public func sqrt() -> Tensor { map(Scalar.kernels.sqrt) }
  /// The hyperbolic tangent of every scalar.
  public func tanh() -> Tensor { map(Scalar.kernels.tanh) }
  /// The sine of every scalar, in radians.
  public func sin() -> Tensor { map(Scalar.kernels.sin) }
  /// The cosine of every scalar, in radians.
  public func cos() -> Tensor { map(Scalar.kernels.cos) }
  /// The error function `2/√π ∫₀ˣ exp(−t²) dt` of every scalar.
  public func erf() -> Tensor { map(Scalar.kernels.erf) }
  /// `1 / (1 + e⁻ˣ)` of every scalar, without overflow.
  public func sigmoid() -> Tensor { map(Scalar.kernels.sigmoid) }
  /// `log(1 + eˣ)` of every scalar, without overflow.
  public func softplus() -> Tensor { map(Scalar.kernels.softplus) }
  /// `max(x, 0)` of every scalar; not a number stays so.
  public func relu() -> Tensor { map(Scalar.kernels.relu) }
  /// The magnitude of every scalar.
  public func abs() -> Tensor { map(Scalar.kernels.absolute) }
  /// −1, 0 or 1 by the sign of every scalar.
  public func sign() -> Tensor { map(Scalar.kernels.sign) }
  /// The next integer below every scalar.
  public func floor() -> Tensor { map(Scalar.kernels.floor) }
  /// The integer nearest to every scalar; halves go to the even one.
  public func rounded() -> Tensor { map(Scalar.kernels.round) }
  /// Every scalar to the power of `exponent`; not a number for a negative base unless the exponent is an integer.
  public func pow(_ exponent: Scalar) -> Tensor {
    Self.combine(self, Tensor(exponent), "pow", Scalar.kernels.power)
  }
}
