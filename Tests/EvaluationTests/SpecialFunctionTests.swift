import Evaluation
import Foundation
import Testing

@Suite("Special functions")
struct SpecialFunctionTests {
  /// Relative: tails far below 1e-9 must have digits too.
  ///
  /// SciPy itself keeps about 1e-12 at the largest shapes.
  private func agreesRelatively(_ value: Double, _ expected: Double) -> Bool {
    value == expected || abs(value - expected) <= 1e-9 * abs(expected)
  }

  @Test("the incomplete beta function has closed forms at small shapes")
  func incompleteBetaByHand() {
    #expect(abs(IncompleteBeta.regularized(0.3, 1, 1) - 0.3) < 1e-15)
    #expect(abs(IncompleteBeta.regularized(0.3, 2, 1) - 0.09) < 1e-15)
    #expect(abs(IncompleteBeta.regularized(0.3, 1, 3) - (1 - 0.343)) < 1e-15)
    #expect(abs(IncompleteBeta.regularized(0.25, 0.5, 0.5) - 1.0 / 3) < 1e-15)
  }

  @Test("a hundred million trials keep thirteen digits", arguments: [1e-9, 2e-8, 3.4e-8, 6e-8])
  func largeShape(x: Double) {
    // I_x(2, b) = 1 − (1 − x)ᵇ (1 + b x)
    let b = 1e8
    let exact = -expm1(b * log1p(-x) + log1p(b * x))
    #expect(abs(IncompleteBeta.regularized(x, 2, b) / exact - 1) < 1e-13 / exact)
    #expect(abs(IncompleteBeta.inverse(exact, 2, b) / x - 1) < 1e-13 / exact)
  }

  @Test("the incomplete beta function agrees with SciPy from shape 0.02 to 1e8")
  func incompleteBeta() throws {
    let rows = try Golden.read().specialFunctions.incompleteBeta
    #expect(rows.count > 700)
    for row in rows {
      let value = IncompleteBeta.regularized(row[2], row[0], row[1])
      #expect(agreesRelatively(value, row[3]), "I_\(row[2])(\(row[0]), \(row[1])) = \(value)")
    }
  }

  @Test("its inverse agrees with SciPy")
  func incompleteBetaInverse() throws {
    let rows = try Golden.read().specialFunctions.incompleteBetaInverse
    #expect(rows.count > 600)
    for row in rows {
      let value = IncompleteBeta.inverse(row[2], row[0], row[1])
      #expect(agreesRelatively(value, row[3]), "inverse of \(row) is \(value)")
    }
  }

  @Test("the inverse undoes the function", arguments: [1.0, 3, 40, 1e4], [1.0, 2.5, 700])
  func inverseRoundTrip(a: Double, b: Double) {
    for p in stride(from: 0.01, through: 0.99, by: 0.07) {
      let x = IncompleteBeta.inverse(p, a, b)
      #expect(abs(IncompleteBeta.regularized(x, a, b) - p) < 1e-11)
    }
  }

  @Test("probabilities of 0 and 1, and arguments outside 0...1, give the ends")
  func ends() {
    #expect(IncompleteBeta.regularized(-1, 2, 3) == 0)
    #expect(IncompleteBeta.regularized(2, 2, 3) == 1)
    #expect(IncompleteBeta.inverse(0, 2, 3) == 0)
    #expect(IncompleteBeta.inverse(1, 2, 3) == 1)
    #expect(IncompleteBeta.inverse(1e-12, 0.01, 1) == 0)  // about 1e-1200
    #expect(StandardNormal.quantile(0) == -.infinity)
    #expect(StandardNormal.quantile(1) == .infinity)
    #expect(abs(StandardNormal.quantile(0.5)) < 1e-15)
  }

  @Test("the normal quantile agrees with SciPy")
  func normalQuantile() throws {
    for row in try Golden.read().specialFunctions.normalQuantile {
      #expect(agreesRelatively(StandardNormal.quantile(row[0]), row[1]), "\(row)")
    }
  }

  @Test("the chi-squared tail agrees with SciPy")
  func chiSquared() throws {
    for row in try Golden.read().specialFunctions.chiSquaredTail {
      #expect(agreesRelatively(ChiSquared.upperTail(row[0]), row[1]), "\(row)")
    }
  }

  @Test("Student's quantile agrees with SciPy")
  func student() throws {
    for row in try Golden.read().specialFunctions.studentQuantile {
      let value = StudentT.upperQuantile(tail: row[0], degreesOfFreedom: row[1])
      #expect(agreesRelatively(value, row[2]), "\(row): \(value)")
    }
  }

  @Test("the binomial distribution agrees with SciPy")
  func binomial() throws {
    for row in try Golden.read().specialFunctions.binomial {
      let value = Binomial.cumulative(Int(row[0]), count: Int(row[1]), probability: row[2])
      #expect(agreesRelatively(value, row[3]), "\(row): \(value)")
    }
  }

  @Test("quantiles interpolate between neighbours, as NumPy's do")
  func quantiles() {
    let sorted = [1.0, 2, 4, 8]
    #expect(quantile(ofSorted: sorted, fraction: 0) == 1)
    #expect(quantile(ofSorted: sorted, fraction: 0.5) == 3)
    #expect(abs(quantile(ofSorted: sorted, fraction: 0.9) - 6.8) < 1e-12)
    #expect(quantile(ofSorted: sorted, fraction: 1) == 8)
    #expect(quantile(ofSorted: [5], fraction: 0.3) == 5)
  }
}
