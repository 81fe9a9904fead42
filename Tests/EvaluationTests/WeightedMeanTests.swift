import Evaluation
import Testing

@Suite("Weighted mean")
struct WeightedMeanTests {
  @Test("a smaller last batch counts less")
  func smallerBatch() {
    var mean = WeightedMean()
    mean.add(0.5, weight: 32)
    mean.add(0.2, weight: 4)
    #expect(agrees(mean.value, 16.8 / 36, within: 1e-15))
    #expect(mean.totalWeight == 36)
  }

  @Test(
    "the mean of batch means is the mean of all samples, however they are cut", arguments: 1...7)
  func anyBatches(size: Int) {
    let samples = (0..<23).map { Double($0 * $0 % 17) }
    var mean = WeightedMean()
    for start in stride(from: 0, to: samples.count, by: size) {
      let batch = samples[start..<min(start + size, samples.count)]
      mean.add(batch.reduce(0, +) / Double(batch.count), count: batch.count)
    }
    #expect(agrees(mean.value, samples.reduce(0, +) / 23, within: 1e-15))
  }

  @Test("small terms beside a large one are not lost")
  func compensated() {
    var mean = WeightedMean()
    mean.add(1e16)
    for _ in 0..<1000 { mean.add(1) }
    mean.add(-1e16)
    #expect(mean.value == 1000.0 / 1002)
  }

  @Test("nothing has no mean, nor has what weighs nothing")
  func empty() {
    var mean = WeightedMean()
    #expect(mean.value == nil)
    mean.add(3, count: 0)
    #expect(mean.value == nil)
    mean.add(.nan, weight: 0)
    mean.add(2)
    #expect(mean.value == 2)
  }

  @Test("a diverged loss shows in the mean")
  func nonFinite() throws {
    var mean = WeightedMean()
    mean.add(1)
    mean.add(.infinity)
    mean.add(2)
    #expect(mean.value == .infinity)
    mean.add(.nan)
    #expect(try #require(mean.value).isNaN)
  }

  @Test("a negative weight stops the program")
  func rejectsNegativeWeight() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var mean = WeightedMean()
      mean.add(1, weight: -2)
    }
    try expectMessage(of: result, "WeightedMean", "-2")
  }
}
