import Evaluation
import Testing

@Suite("Proportions and their intervals")
struct ProportionTests {
  @Test(
    "the article's counts have the intervals that it should have stated",
    arguments: [(58, 60, "88.5–99.6 %"), (30, 30, "88.4–100.0 %"), (28, 30, "77.9–99.2 %")])
  func article(successes: Int, count: Int, interval: String) {
    let proportion = Proportion(successes, of: count)
    #expect(proportion.clopperPearsonInterval().percentDescription == interval)
  }

  @Test("both intervals agree with SciPy")
  func agreesWithSciPy() throws {
    for row in try Golden.read().proportions {
      let proportion = Proportion(Int(row[0]), of: Int(row[1]))
      let exact = proportion.clopperPearsonInterval(level: row[2])
      #expect(agrees([exact.lower, exact.upper], [row[3], row[4]]), "\(row): \(exact)")
      let wilson = proportion.wilsonInterval(level: row[2])
      #expect(agrees([wilson.lower, wilson.upper], [row[5], row[6]]), "\(row): \(wilson)")
    }
  }

  @Test("intervals mirror when successes and failures change places", arguments: 0...12)
  func mirror(successes: Int) {
    let (one, other) = (Proportion(successes, of: 12), Proportion(12 - successes, of: 12))
    for (a, b) in [
      (one.clopperPearsonInterval(), other.clopperPearsonInterval()),
      (one.wilsonInterval(), other.wilsonInterval()),
    ] {
      #expect(agrees([a.lower, a.upper], [1 - b.upper, 1 - b.lower]))
      #expect(a.contains(Double(successes) / 12))
    }
  }

  @Test(
    "the exact interval covers the true rate in at least 95 % of samples",
    arguments: [0.02, 0.3, 0.9])
  func coverage(rate: Double) {
    var covered = 0.0
    for successes in 0...25 {
      let weight =
        Binomial.cumulative(successes, count: 25, probability: rate)
        - Binomial.cumulative(successes - 1, count: 25, probability: rate)
      if Proportion(successes, of: 25).clopperPearsonInterval().contains(rate) { covered += weight }
    }
    #expect(covered >= 0.95)
  }

  @Test("without cases there is no rate, and nothing is known of it")
  func noCases() {
    let none = Proportion(0, of: 0)
    #expect(none.value == nil)
    #expect(none.description == "undefined (0/0)")
    for interval in [none.clopperPearsonInterval(), none.wilsonInterval()] {
      #expect(interval.lower == 0 && interval.upper == 1)
    }
  }

  @Test("a proportion prints its counts")
  func prints() {
    #expect(Proportion(58, of: 60).description == "96.7 % (58/60)")
    #expect(ConfidenceInterval(lower: 0.5, upper: 0.75, level: 0.9).description == "0.500–0.750")
  }

  @Test("more successes than cases stop the program")
  func rejectsImpossibleCounts() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Proportion(3, of: 2) }
    try expectMessage(of: result, "Proportion", "3 of 2")
  }

  @Test("a level of 95 instead of 0.95 stops the program")
  func rejectsLevel() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Proportion(1, of: 2).clopperPearsonInterval(level: 95) }
    try expectMessage(of: result, "level", "95")
  }

  @Test("limits in the wrong order stop the program")
  func rejectsOrder() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfidenceInterval(lower: 0.7, upper: 0.2, level: 0.95) }
    try expectMessage(of: result, "lower", "0.7")
  }
}
