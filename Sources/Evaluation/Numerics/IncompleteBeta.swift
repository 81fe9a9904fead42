import Foundation

/// The regularized incomplete beta function, `I_x(a, b) = ∫₀ˣ tᵃ⁻¹(1−t)ᵇ⁻¹ dt / B(a, b)`, and its inverse in `x`.
///
/// It is the distribution function of the beta distribution, and through it that of the binomial and of Student's t.
package enum IncompleteBeta {
  /// `I_x(a, b)`, for `x` in `0...1` and positive `a`, `b`.
  ///
  /// A relative error of about 1e-13, up to `a + b` of 1e10. Above the mean by `I_x(a, b) = 1 − I_{1−x}(b, a)`.
  package static func regularized(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let y = 1 - x
    return a * y >= b * x
      ? LowerTail(x, y, a, b).value : 1 - LowerTail(y, x, b, a).value
  }

  /// The `x` at which `I_x(a, b)` is `probability`.
  ///
  /// 0 where that lies below the smallest positive number.
  package static func inverse(_ probability: Double, _ a: Double, _ b: Double) -> Double {
    if probability <= 0 { return 0 }
    if probability >= 1 { return 1 }
    return probability <= regularized(a / (a + b), a, b)
      ? lowerInverse(probability, a, b).x : lowerInverse(1 - probability, b, a).y
  }

  /// The pair of `x` and `1 − x` at which `I_x(a, b)` is `probability`, for `x` up to about the mean.
  ///
  /// Newton's method on `log I` as a function of `log x`. That function is concave for `b ≥ 1` and convex below (integrate by
  /// parts and compare `a I` with `x I′`), and the start, from `I ≈ xᵃ / (a B(a, b))` for small `x`, lies on the side of
  /// the root from which the method then approaches it without overshooting.
  private static func lowerInverse(
    _ probability: Double, _ a: Double, _ b: Double
  ) -> (x: Double, y: Double) {
    let target = log(probability)
    let logStart = (target + log(a) + lgamma(a) + lgamma(b) - lgamma(a + b)) / a
    let logMean = -log1p(b / a)
    var (x, y) = (exp(min(logStart, logMean)), -expm1(min(logStart, logMean)))
    // About ten steps, thirty from afar.
    for _ in 0..<200 where x > 0 {
      let tail = LowerTail(x, y, a, b)
      // Both are changed by the same step: 1 − x would lose the digits of a small y.
      let step = (target - tail.logarithm) / tail.logarithmicSlope
      let change = x * expm1(step)
      x += change
      y -= change
      if abs(change) <= 1e-15 * min(x, y) { break }
    }
    return (x, y)
  }
}

/// `I_x(a, b)` for `x` up to about the mean, `a / (a + b)`, as `xᵃ yᵇ / B(a, b) / fraction`.
///
/// The continued fraction is that of DiDonato and Morris (ACM TOMS 18, 1992, equation 9). It converges in about `√max(a, b)`
/// terms at the mean and sooner below. `y` is `1 − x`, given apart since either may be too small for the other to tell.
private struct LowerTail {
  private let y: Double
  private let logPower: Double
  private let fraction: Double

  init(_ x: Double, _ y: Double, _ a: Double, _ b: Double) {
    self.y = y
    logPower = Self.logPower(x, y, a, b)
    fraction = Self.fraction(x, y, a, b)
  }

  /// `I`.
  var value: Double { exp(logPower) / fraction }
  /// `log I`, finite also where `I` is too small a number.
  var logarithm: Double { logPower - log(fraction) }
  /// `d log I / d log x`, that is `x` times the density by `I`.
  var logarithmicSlope: Double { fraction / y }

  /// `b₀ + a₁/(b₁ + a₂/(b₂ + …))`, by Lentz's method.
  private static func fraction(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    let excess = a * y - b * x
    var result = a * (excess + 1) / (a + 1)
    var (c, d) = (result, 0.0)
    let limit = 1000 + 20 * max(a, b).squareRoot()
    var m = 1.0
    while m < limit {
      let middle = a + 2 * m - 1
      let numerator =
        m * (a + m - 1) / middle * ((a + b + m - 1) / middle) * (b - m) * x * x
      var denominator = m + m * (b - m) * x / middle
      denominator += (a + m) * (excess + 1 + m * (1 + y)) / (middle + 2)
      d = 1 / (denominator + numerator * d)
      c = denominator + numerator / c
      result *= c * d
      if abs(c * d - 1) < 1e-16 { break }
      m += 1
    }
    return result
  }

  /// `log(xᵃ yᵇ / B(a, b))`, written as a binomial probability.
  ///
  /// The plain difference of `lgamma`s loses as many digits as `a + b` has. Loader's form (2000) subtracts only small
  /// numbers: Stirling's error terms and the deviances.
  private static func logPower(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    let n = a + b
    let excess = a * y - b * x
    let errors = stirlingError(n) - stirlingError(a) - stirlingError(b)
    let deviances = deviance(a, n * x, excess) + deviance(b, n * y, -excess)
    return errors - deviances + 0.5 * log(a * (b / n) / (2 * .pi))
  }

  /// `log Γ(n + 1) − log(√(2πn) (n/e)ⁿ)`, what Stirling's formula leaves out.
  private static func stirlingError(_ n: Double) -> Double {
    if n <= 16 {
      return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * .pi)
    }
    // Bernoulli numbers: Σ B₂ₖ / (2k (2k − 1) n²ᵏ⁻¹)
    let coefficients: [Double] = [691.0 / 360360, 1.0 / 1188, 1.0 / 1680, 1.0 / 1260, 1.0 / 360]
    let tail = coefficients.reduce(0) { (sum: Double, next: Double) in (next - sum) / (n * n) }
    return (1.0 / 12 - tail) / n
  }

  /// `x log(x/m) + m − x`, without cancellation where `x` is near `m`.
  ///
  /// `difference` is `x − m`.
  private static func deviance(_ x: Double, _ m: Double, _ difference: Double) -> Double {
    guard abs(difference) < 0.1 * (x + m) else { return x * log(x / m) - difference }
    // log(x/m) = 2 artanh(v) for v = (x − m)/(x + m), as a series in v².
    let v = difference / (x + m)
    var sum = difference * v
    var power = 2 * x * v
    var k = 3.0
    while true {
      power *= v * v
      let next = sum + power / k
      if next == sum { return sum }
      sum = next
      k += 2
    }
  }
}
