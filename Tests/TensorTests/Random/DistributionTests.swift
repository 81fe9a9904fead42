import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Distributions")
struct DistributionTests {
  private static let count = 20_000
  /// How far the mean of `count` draws of deviation 1 may be off: five standard errors.
  private static let tolerance = 5 / Double(count).squareRoot()

  private func moments(_ x: Tensor<Double>) -> (mean: Double, deviation: Double) {
    (x.mean().item(), x.variance().item().squareRoot())
  }

  @Test("uniform: range, mean and deviation")
  func uniform() {
    var random = RandomGenerator(seed: 1)
    let x = Tensor<Double>.uniform([Self.count], in: -2..<4, using: &random)
    let (mean, deviation) = moments(x)
    #expect(x.min().item() >= -2 && x.max().item() < 4)
    #expect(
      abs(mean - 1) < 6 * Self.tolerance && abs(deviation - 3.0.squareRoot()) < 6 * Self.tolerance)
    #expect(x.min().item() < -1.99 && x.max().item() > 3.99)
    let single = Tensor<Float>.uniform([Self.count], using: &random)
    #expect(single.min().item() >= 0 && single.max().item() < 1)
  }

  @Test("normal: mean, deviation, and the shares within one and two deviations")
  func normal() {
    var random = RandomGenerator(seed: 2)
    let x = Tensor<Double>.normal([Self.count], mean: 3, standardDeviation: 2, using: &random)
    let (mean, deviation) = moments(x)
    #expect(abs(mean - 3) < 2 * Self.tolerance && abs(deviation - 2) < 2 * Self.tolerance)
    let z = ((x - 3) / 2).abs()
    for (bound, share) in [(1.0, 0.6827), (2.0, 0.9545), (3.0, 0.9973)] {
      let inside = (z .< bound).converted(to: Double.self).mean().item()
      #expect(abs(inside - share) < Self.tolerance)
    }
    #expect(x.scalars.allSatisfy { $0.isFinite })
    // Neighbours are not correlated, though two of them come from one block.
    let correlation = ((x[..<(-1)] - 3) * (x[1...] - 3)).mean().item() / 4
    #expect(abs(correlation) < Self.tolerance)
  }

  @Test("truncated normal: within two deviations, of deviation 0.8796")
  func truncatedNormal() {
    var random = RandomGenerator(seed: 3)
    let x = Tensor<Double>.truncatedNormal(
      [Self.count], mean: -1, standardDeviation: 0.5, using: &random)
    let (mean, deviation) = moments(x)
    #expect(x.min().item() > -2 && x.max().item() < 0)
    #expect(abs(mean + 1) < 0.5 * Self.tolerance && abs(deviation - 0.4398) < 0.5 * Self.tolerance)
  }

  @Test(
    "Bernoulli: ones and zeros in their shares, never and always exactly",
    arguments: [0, 0.1, 0.5, 1])
  func bernoulli(probability: Double) {
    var random = RandomGenerator(seed: 4)
    let x = Tensor<Float>.bernoulli([Self.count], probability: probability, using: &random)
    #expect(((x .== 0) .| (x .== 1)).all().item())
    let share = Double(x.sum().item()) / Double(Self.count)
    let isCertain = probability == 0 || probability == 1
    #expect(isCertain ? share == probability : abs(share - probability) < Self.tolerance)
  }

  @Test("Bernoulli by key: the number at a position is that of the stream, however the rest is cut")
  func bernoulliByKey() {
    let key = RandomKey(seed: 5)
    let whole = Tensor<Float>.bernoulli([40_003], probability: 0.3, key: key)
    #expect(
      Tensor<Float>.bernoulli([7, 11], probability: 0.3, key: key).scalars == whole[..<77].scalars)
    for position in [0, 1, 2, 3, 4, 32_767, 32_768, 40_002] {
      let word = key.block(at: UInt64(position / 4))[position % 4]
      #expect(whole[position].item() == (Double(word) < 0.3 * 0x1p32 ? 1 : 0))
    }
  }

  @Test("a permutation holds every number once, and all orders come about equally often")
  func permutation() {
    var random = RandomGenerator(seed: 6)
    #expect(Tensor.permutation(100, using: &random).scalars.sorted() == Array(0..<100))
    #expect(Tensor.permutation(0, using: &random).shape == [0])
    var counts: [[Int64]: Int] = [:]
    for _ in 0..<1200 { counts[Tensor.permutation(3, using: &random).scalars, default: 0] += 1 }
    #expect(counts.count == 6 && counts.values.allSatisfy { (140...260).contains($0) })
  }

  @Test("the same seed gives the same tensors, another seed or draw others")
  func seeds() {
    func draw(_ seed: UInt64) -> [Tensor<Double>] {
      var random = RandomGenerator(seed: seed)
      return [
        .uniform([5], using: &random), .normal([5], using: &random),
        .truncatedNormal([5], using: &random),
        .bernoulli([64], probability: 0.5, using: &random), .uniform([5], using: &random),
      ]
    }
    #expect(draw(1) == draw(1))
    for (first, second) in zip(draw(1), draw(2)) { #expect(first != second) }
    #expect(draw(1)[0] != draw(1)[4])
  }

  @Test("a tensor advances the generator by one draw, whatever its size")
  func drawOrder() {
    var (first, second) = (RandomGenerator(seed: 8), RandomGenerator(seed: 8))
    _ = Tensor<Float>.normal([1000], using: &first)
    _ = Tensor<Float>.normal([0], using: &second)
    #expect(Tensor<Float>.uniform([3], using: &first) == .uniform([3], using: &second))
  }

  @Test("empty and rank 0 tensors, and distributions without width")
  func extremes() {
    var random = RandomGenerator(seed: 9)
    #expect(Tensor<Float>.uniform([2, 0], using: &random).shape == [2, 0])
    #expect(Tensor<Float>.normal([], using: &random).shape == [])
    #expect(
      Tensor<Float>.normal([3], mean: 5, standardDeviation: 0, using: &random).scalars == [5, 5, 5])
    #expect(Tensor<Float>.bernoulli([0], probability: 0.5, using: &random).shape == [0])
  }

  static let traps: Traps = [
    "normal: needs a standard deviation of 0 or more, got -1.0": {
      var random = RandomGenerator(seed: 0)
      _ = Tensor<Float>.normal([2], standardDeviation: -1, using: &random)
    },
    "truncatedNormal: needs a standard deviation of 0 or more, got nan": {
      var random = RandomGenerator(seed: 0)
      _ = Tensor<Float>.truncatedNormal([2], standardDeviation: .nan, using: &random)
    },
    "bernoulli: needs a probability in 0...1, got 1.5": {
      _ = Tensor<Float>.bernoulli([2], probability: 1.5, key: RandomKey(seed: 0))
    },
    "permutation: needs a count of 0 or more, got -1": {
      var random = RandomGenerator(seed: 0)
      _ = Tensor.permutation(-1, using: &random)
    },
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}
