public import Tensor

extension Variable {
  /// `eˣ` of every scalar.
  public func exp() -> Variable {
    Variable(value.exp(), from: [self], keeping: .output) { saved, upstream in
      [.expGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// The natural logarithm of every scalar.
  public func log() -> Variable {
    Variable(value.log(), from: [self], keeping: .inputs) { saved, upstream in
      [.logGradient(input: saved.input(0), upstream: upstream)]
    }
  }

  /// The square root of every scalar.
  ///
  /// Its gradient at zero is infinite.
  public func sqrt() -> Variable {
    Variable(value.sqrt(), from: [self], keeping: .output) { saved, upstream in
      [.sqrtGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// The hyperbolic tangent of every scalar.
  public func tanh() -> Variable {
    Variable(value.tanh(), from: [self], keeping: .output) { saved, upstream in
      [.tanhGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// The sine of every scalar, in radians.
  public func sin() -> Variable {
    Variable(value.sin(), from: [self], keeping: .inputs) { saved, upstream in
      [upstream * saved.input(0).cos()]
    }
  }

  /// The cosine of every scalar, in radians.
  public func cos() -> Variable {
    Variable(value.cos(), from: [self], keeping: .inputs) { saved, upstream in
      [-(upstream * saved.input(0).sin())]
    }
  }

  /// The error function of every scalar.
  public func erf() -> Variable {
    Variable(value.erf(), from: [self], keeping: .inputs) { saved, upstream in
      [.erfGradient(input: saved.input(0), upstream: upstream)]
    }
  }

  /// `1 / (1 + e⁻ˣ)` of every scalar.
  public func sigmoid() -> Variable {
    Variable(value.sigmoid(), from: [self], keeping: .output) { saved, upstream in
      [.sigmoidGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// `log(1 + eˣ)` of every scalar.
  ///
  /// Its gradient is the sigmoid.
  public func softplus() -> Variable {
    Variable(value.softplus(), from: [self], keeping: .inputs) { saved, upstream in
      [upstream * saved.input(0).sigmoid()]
    }
  }

  /// `max(x, 0)` of every scalar.
  ///
  /// Its gradient at zero is zero.
  public func relu() -> Variable {
    Variable(value.relu(), from: [self], keeping: .output) { saved, upstream in
      [.reluGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// The upstream gradient where the output of `relu()` is positive, else zero.
  public static func reluGradient(output: Variable, upstream: Variable) -> Variable {
    let mask = output.value
    return Variable(
      .reluGradient(output: mask, upstream: upstream.value), from: [upstream], keeping: .nothing
    ) { _, next in
      [.reluGradient(output: Variable(mask), upstream: next)]
    }
  }

  /// The magnitude of every scalar.
  ///
  /// Its gradient at zero is zero.
  public func abs() -> Variable {
    Variable(value.abs(), from: [self], keeping: .inputs) { saved, upstream in
      [upstream * Variable(saved.input(0).value.sign())]
    }
  }

  /// Every scalar to the power of `exponent`.
  public func pow(_ exponent: Scalar) -> Variable {
    Variable(value.pow(exponent), from: [self], keeping: .inputs) { saved, upstream in
      [.powGradient(input: saved.input(0), exponent: exponent, upstream: upstream)]
    }
  }

  /// Zeros with probability `rate`, all others scaled up.
  ///
  /// See `Tensor.dropout(rate:key:)`.
  public func dropout(rate: Double, key: RandomKey) -> Variable {
    Variable(value.dropout(rate: rate, key: key), from: [self], keeping: .nothing) { _, upstream in
      [upstream.dropout(rate: rate, key: key)]
    }
  }
}
