// The gradients of the functions in `Elementwise.swift`: `g` is the upstream gradient, `x` the input, `y` the output.

extension TensorLike {
  /// The gradient of `x / y` with respect to `y`, `−g x / y²`, from the quotient `q`: `−g q / y`.
  public static func quotientDivisorGradient(
    quotient: Self, divisor: Self, upstream: Self
  ) -> Self {
    -(upstream * quotient / divisor)
  }

  /// The gradient of `exp()`, `g y`.
  public static func expGradient(output: Self, upstream: Self) -> Self { upstream * output }

  /// The gradient of `log()`, `g / x`.
  public static func logGradient(input: Self, upstream: Self) -> Self { upstream / input }

  /// The gradient of `sqrt()`, `g / 2y`.
  ///
  /// Infinite at zero.
  public static func sqrtGradient(output: Self, upstream: Self) -> Self {
    upstream.scaled(by: 0.5) / output
  }

  /// The gradient of `tanh()`, `g (1 − y²)`.
  public static func tanhGradient(output: Self, upstream: Self) -> Self {
    upstream * (-output.squared()).shifted(by: 1)
  }

  /// The gradient of `sigmoid()`, `g y (1 − y)`.
  public static func sigmoidGradient(output: Self, upstream: Self) -> Self {
    upstream * output * (-output).shifted(by: 1)
  }

  /// The gradient of `erf()`, `g · 2/√π · exp(−x²)`.
  public static func erfGradient(input: Self, upstream: Self) -> Self {
    upstream * (-input.squared()).exp().scaled(by: 2 / Scalar.pi.squareRoot())
  }

  /// The gradient of `pow(p)`, `g p xᵖ⁻¹`.
  public static func powGradient(input: Self, exponent: Scalar, upstream: Self) -> Self {
    if exponent == 0 { return upstream.scaled(by: 0) }
    return upstream * input.pow(exponent - 1).scaled(by: exponent)
  }

  /// The gradients of `minimum` and `maximum` with respect to one operand: `g` where it was chosen, half where both were.
  ///
  /// - Parameters:
  ///   - operand: The operand, broadcast as it was.
  ///   - other: The other operand.
  ///   - upstream: `g`.
  ///   - isChosen: Whether the first of two scalars is chosen before the second.
  public static func choiceGradient(
    operand: Self, other: Self, upstream: Self,
    isChosen: (_ operand: Tensor<Scalar>, _ other: Tensor<Scalar>) -> Tensor<Bool>
  ) -> Self {
    let share =
      isChosen(operand.value, other.value).converted(to: Scalar.self)
      + (operand.value .== other.value).converted(to: Scalar.self) * 0.5
    return upstream * Self(share)
  }

  /// The gradient of `min` or `max` over `axes`: `g` in equal parts to all scalars that equal the result.
  ///
  /// - Parameters:
  ///   - input: The operand.
  ///   - output: The result, with its axes kept.
  ///   - upstream: `g`, with its axes kept.
  ///   - axes: Those of the forward pass.
  public static func extremumGradient(
    input: Self, output: Self, upstream: Self, axes: [Int]
  ) -> Self {
    let chosen = (input.value .== output.value).converted(to: Scalar.self)
    return upstream * Self(chosen / chosen.sum(alongAxes: axes, keepingDimensions: true))
  }
}
