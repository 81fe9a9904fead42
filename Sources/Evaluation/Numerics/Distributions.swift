import Foundation

/// The normal distribution of mean 0 and variance 1.
package enum StandardNormal {
  /// `Φ(z)`, the probability of a value up to `z`.
  package static func cumulative(_ z: Double) -> Double {
    0.5 * erfc(-z * 0.5.squareRoot())
  }

  /// The `z` at which `Φ(z)` is `probability`.
  ///
  /// Infinite at 0 and 1.
  ///
  /// Newton's method on `log Φ`, which is concave: from a start below the root it climbs without overshooting. Since
  /// `Φ(z) ≤ ½ exp(−z²/2)` for negative `z`, `−√(−2 log 2p)` is such a start.
  package static func quantile(_ probability: Double) -> Double {
    if probability > 0.5 { return -quantile(1 - probability) }
    guard probability > 0 else { return -.infinity }
    let target = log(probability)
    var z = -max(0, -2 * (target + log(2.0))).squareRoot()
    for _ in 0..<100 {
      let value = cumulative(z)
      let slope = exp(-0.5 * z * z) / ((2 * .pi).squareRoot() * value)
      let step = (log(value) - target) / slope
      z -= step
      if abs(step) <= 1e-15 * max(1, abs(z)) { break }
    }
    return z
  }
}

/// The chi-squared distribution with one degree of freedom, that of a squared standard normal.
package enum ChiSquared {
  /// The probability of a value of `x` or more.
  package static func upperTail(_ x: Double) -> Double {
    x <= 0 ? 1 : erfc((0.5 * x).squareRoot())
  }
}

/// Student's t distribution.
package enum StudentT {
  /// The `t` that a value exceeds with probability `tail`, at most ½.
  package static func upperQuantile(tail: Double, degreesOfFreedom: Double) -> Double {
    // The tail on both sides is I_x(ν/2, ½) at x = ν/(ν + t²).
    let x = IncompleteBeta.inverse(2 * tail, 0.5 * degreesOfFreedom, 0.5)
    return (degreesOfFreedom * (1 - x) / x).squareRoot()
  }
}

/// The binomial distribution.
package enum Binomial {
  /// The probability of at most `successes` in `count` trials, each of which succeeds with `probability`.
  package static func cumulative(_ successes: Int, count: Int, probability: Double) -> Double {
    if successes < 0 { return 0 }
    if successes >= count { return 1 }
    return IncompleteBeta.regularized(
      1 - probability, Double(count - successes), Double(successes) + 1)
  }
}
