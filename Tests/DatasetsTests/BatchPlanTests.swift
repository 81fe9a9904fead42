import Datasets
import Testing

@Suite("Batch plan")
struct BatchPlanTests {
  @Test("one pass is cut into batches, the last of which is smaller")
  func onePass() {
    let plan = BatchPlan(sampleCount: 7, batchSize: 3)
    #expect(plan.stepsPerEpoch == 3 && plan.batchesPerPass == 3)
    #expect((0..<4).map(plan.samples(ofStep:)) == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2]])
  }

  @Test("the article's 224 samples in 8 batches of 32: the eighth begins the next pass")
  func article() {
    let plan = BatchPlan(sampleCount: 224, batchSize: 32, stepsPerEpoch: 8, shuffleSeed: 1)
    #expect(plan.batchesPerPass == 7)
    let steps = (0..<80).map(plan.samples(ofStep:))
    #expect(steps.allSatisfy { $0.count == 32 })
    for pass in 0..<11 {
      let samples = steps[7 * pass..<7 * pass + 7].flatMap { $0 }
      #expect(samples.sorted() == Array(0..<224))
      #expect(samples == plan.order(ofPass: pass))
    }
    // Epoch 1 goes on where epoch 0 stopped, with the second batch of pass 1.
    #expect(steps[8] == Array(plan.order(ofPass: 1)[32..<64]))
    #expect(plan.pass(ofStep: 7) == 1 && plan.pass(ofStep: 79) == 11)
  }

  @Test("no batch mixes two passes")
  func passesDoNotMix() {
    let plan = BatchPlan(sampleCount: 5, batchSize: 2, stepsPerEpoch: 4)
    #expect(
      (0..<6).map(plan.samples(ofStep:)) == [[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]])
  }

  @Test("an epoch may be shorter than a pass, and a batch larger")
  func otherSizes() {
    let short = BatchPlan(sampleCount: 10, batchSize: 2, stepsPerEpoch: 2)
    #expect((0..<6).map { short.samples(ofStep: $0)[0] } == [0, 2, 4, 6, 8, 0])
    let large = BatchPlan(sampleCount: 3, batchSize: 100, stepsPerEpoch: 2)
    #expect((0..<2).map(large.samples(ofStep:)) == [[0, 1, 2], [0, 1, 2]])
  }

  @Test("the order depends on seed and pass, and on nothing else")
  func seeds() {
    let plan = BatchPlan(sampleCount: 50, batchSize: 10, shuffleSeed: 3)
    let same = BatchPlan(sampleCount: 50, batchSize: 7, stepsPerEpoch: 3, shuffleSeed: 3)
    let other = BatchPlan(sampleCount: 50, batchSize: 10, shuffleSeed: 4)
    #expect(plan.order(ofPass: 2) == same.order(ofPass: 2))
    #expect(plan.order(ofPass: 2) != plan.order(ofPass: 3))
    #expect(plan.order(ofPass: 2) != other.order(ofPass: 2))
    #expect(plan.order(ofPass: 2) != Array(0..<50))
  }

  @Test("every place of the order is equally likely for a sample")
  func uniform() {
    let plan = BatchPlan(sampleCount: 4, batchSize: 4, shuffleSeed: 9)
    var counts = [Int](repeating: 0, count: 16)
    for pass in 0..<4000 {
      for (place, sample) in plan.order(ofPass: pass).enumerated() {
        counts[4 * sample + place] += 1
      }
    }
    // 1000 each, with a standard deviation of 27.
    #expect(counts.allSatisfy { $0 > 850 && $0 < 1150 })
  }

  @Test("no samples, no batch size and no steps stop the program")
  func preconditions() async throws {
    let results = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchPlan(sampleCount: 0, batchSize: 1)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchPlan(sampleCount: 1, batchSize: 0)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = BatchPlan(sampleCount: 1, batchSize: 1, stepsPerEpoch: 0)
      },
    ]
    let needs = ["needs one sample", "needs a batch size", "needs 1 step an epoch"]
    for (result, need) in zip(results, needs) {
      let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(message.contains("BatchPlan: \(need)"))
    }
  }
}
