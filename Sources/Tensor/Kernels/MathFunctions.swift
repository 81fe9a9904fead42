import RealModule

enum Exp<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .exp(x) }
}
enum Log<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .log(x) }
}
enum SquareRoot<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x.squareRoot() }
}
enum Tanh<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .tanh(x) }
}
enum Sin<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .sin(x) }
}
enum Cos<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .cos(x) }
}
enum ErrorFunction<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { .erf(x) }
}
enum Absolute<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x.magnitude }
}
enum Floor<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x.rounded(.down) }
}
enum Round<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x.rounded(.toNearestOrEven) }
}

/// `−1`, `0` or `1`; not a number stays so.
enum Sign<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x > 0 ? 1 : (x < 0 ? -1 : x) }
}

/// `max(x, 0)`; not a number stays so.
enum Relu<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar { x < 0 ? 0 : x }
}

/// The upstream gradient where the output is positive, else zero.
enum ReluGradient<Scalar: DifferentiableScalar>: BinaryFunction {
  static func apply(_ upstream: Scalar, _ output: Scalar) -> Scalar { output > 0 ? upstream : 0 }
}

/// `1 / (1 + e⁻ˣ)`, by whichever form keeps the exponential below one.
enum Sigmoid<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar {
    let e = Scalar.exp(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
  }
}

/// `log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)`, which never overflows.
enum Softplus<Scalar: DifferentiableScalar>: UnaryFunction {
  static func apply(_ x: Scalar) -> Scalar {
    (x < 0 ? 0 : x) + .log(onePlus: .exp(-x.magnitude))
  }
}
