public import Tensor

extension Variable {
  /// The sum of two variables, scalar by scalar, broadcast.
  public static func + (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    return Variable(x.value + y.value, from: [x, y], keeping: .nothing) { saved, upstream in
      [
        saved.needed[0] ? upstream.summed(to: xShape) : nil,
        saved.needed[1] ? upstream.summed(to: yShape) : nil,
      ]
    }
  }

  /// The difference of two variables, scalar by scalar, broadcast.
  public static func - (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    return Variable(x.value - y.value, from: [x, y], keeping: .nothing) { saved, upstream in
      [
        saved.needed[0] ? upstream.summed(to: xShape) : nil,
        saved.needed[1] ? (-upstream).summed(to: yShape) : nil,
      ]
    }
  }

  /// The product of two variables, scalar by scalar, broadcast.
  public static func * (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    // Each factor is kept for the other's gradient only.
    var keeping: Keeping = []
    if y.isRecorded { keeping.insert(.input(0)) }
    if x.isRecorded { keeping.insert(.input(1)) }
    return Variable(x.value * y.value, from: [x, y], keeping: keeping) { saved, upstream in
      [
        saved.needed[0] ? (upstream * saved.input(1)).summed(to: xShape) : nil,
        saved.needed[1] ? (upstream * saved.input(0)).summed(to: yShape) : nil,
      ]
    }
  }

  /// The quotient of two variables, scalar by scalar, broadcast.
  public static func / (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    return Variable(
      x.value / y.value, from: [x, y],
      keeping: y.isRecorded ? [.input(1), .output] : .input(1)
    ) { saved, upstream in
      [
        saved.needed[0] ? (upstream / saved.input(1)).summed(to: xShape) : nil,
        saved.needed[1]
          ? quotientDivisorGradient(
            quotient: saved.output, divisor: saved.input(1), upstream: upstream
          ).summed(to: yShape) : nil,
      ]
    }
  }

  /// Every scalar times a number.
  public func scaled(by factor: Scalar) -> Variable {
    Variable(value.scaled(by: factor), from: [self], keeping: .nothing) { _, upstream in
      [upstream.scaled(by: factor)]
    }
  }

  /// Every scalar plus a number.
  public func shifted(by offset: Scalar) -> Variable {
    Variable(value.shifted(by: offset), from: [self], keeping: .nothing) { _, upstream in
      [upstream]
    }
  }

  /// Adds `y` to every scalar.
  public static func + (x: Variable, y: Scalar) -> Variable { x.shifted(by: y) }
  /// Adds `x` to every scalar.
  public static func + (x: Scalar, y: Variable) -> Variable { y.shifted(by: x) }
  /// Subtracts `y` from every scalar.
  public static func - (x: Variable, y: Scalar) -> Variable { x.shifted(by: -y) }
  /// Subtracts every scalar from `x`.
  public static func - (x: Scalar, y: Variable) -> Variable { (-y).shifted(by: x) }
  /// Multiplies every scalar by `y`.
  public static func * (x: Variable, y: Scalar) -> Variable { x.scaled(by: y) }
  /// Multiplies every scalar by `x`.
  public static func * (x: Scalar, y: Variable) -> Variable { y.scaled(by: x) }
  /// Divides every scalar by `y`.
  public static func / (x: Variable, y: Scalar) -> Variable { x / Variable(Tensor(y)) }
  /// Divides `x` by every scalar.
  public static func / (x: Scalar, y: Variable) -> Variable { Variable(Tensor(x)) / y }

  /// The smaller of two scalars, broadcast.
  ///
  /// Where both are equal, each takes half of the gradient.
  public func minimum(_ other: Variable) -> Variable {
    choice(value.minimum(other.value), other) { $0 .< $1 }
  }

  /// The larger of two scalars, broadcast.
  ///
  /// Where both are equal, each takes half of the gradient.
  public func maximum(_ other: Variable) -> Variable {
    choice(value.maximum(other.value), other) { $0 .> $1 }
  }

  private func choice(
    _ value: Tensor<Scalar>, _ other: Variable,
    _ isChosen: @escaping @Sendable (Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Bool>
  ) -> Variable {
    let (xShape, yShape) = (shape, other.shape)
    return Variable(value, from: [self, other], keeping: .inputs) { saved, upstream in
      let (x, y) = (saved.input(0), saved.input(1))
      return [
        saved.needed[0]
          ? .choiceGradient(operand: x, other: y, upstream: upstream, isChosen: isChosen)
            .summed(to: xShape) : nil,
        saved.needed[1]
          ? .choiceGradient(operand: y, other: x, upstream: upstream, isChosen: isChosen)
            .summed(to: yShape) : nil,
      ]
    }
  }

  /// Each scalar of `first` where the mask is `true`, of `second` where it is `false`; all three broadcast.
  public static func `where`(
    _ mask: Tensor<Bool>, _ first: Variable, _ second: Variable
  ) -> Variable {
    let (xShape, yShape) = (first.shape, second.shape)
    return Variable(
      .where(mask, first.value, second.value), from: [first, second], keeping: .nothing
    ) { saved, upstream in
      let zero = Variable(Tensor(0))
      return [
        saved.needed[0] ? Variable.where(mask, upstream, zero).summed(to: xShape) : nil,
        saved.needed[1] ? Variable.where(mask, zero, upstream).summed(to: yShape) : nil,
      ]
    }
  }
}
