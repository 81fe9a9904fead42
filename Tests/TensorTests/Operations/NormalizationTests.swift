import Tensor
import TestSupport
import Testing

@Suite("Batch normalization")
struct NormalizationTests {
  @Test("two rows of one channel: mean 2, variance 1")
  func byHand() {
    let x = Tensor<Double>([1, 3], shape: [2, 1])
    let moments = x.batchMoments()
    #expect(moments.mean.scalars == [2] && moments.variance.scalars == [1])
    let y = x.batchNormalized(
      scale: Tensor([10], shape: [1]), offset: Tensor([5], shape: [1]), moments: moments,
      epsilon: 3)
    #expect(y.scalars == [0, 10])
  }

  @Test("a small variance beside a large mean survives, in Float")
  func smallVariance() {
    var random = RandomGenerator(seed: 1)
    let x = Tensor<Float>.uniform([40, 30, 20, 3], in: -1..<1, using: &random) + 4096
    let exact = x.converted(to: Double.self)
    let axes = [0, 1, 2]
    let moments = x.batchMoments()
    #expect(
      moments.mean.converted(to: Double.self).relativeError(to: exact.mean(alongAxes: axes)) < 1e-7)
    #expect(
      moments.variance.converted(to: Double.self)
        .relativeError(to: exact.variance(alongAxes: axes)) < 1e-5)
  }

  @Test("strided and broadcast inputs", arguments: [[2, 3, 4], [5, 1], [1, 7]])
  func views(shape: [Int]) {
    let x = Tensor<Double>.ramp(shape)
    for (_, view) in TestSupport.views(of: x) {
      let (found, expected) = (view.batchMoments(), x.batchMoments())
      #expect(found.mean == expected.mean && found.variance == expected.variance)
    }
  }

  @Test("moments of another width stop the program, and the message names both shapes")
  func rejectsOtherWidths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let moments = Tensor<Float>.zeros([2, 4]).batchMoments()
      _ = Tensor<Float>.zeros([2, 3]).batchNormalized(
        scale: .ones([3]), offset: .zeros([3]), moments: moments, epsilon: 1)
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      message.contains("batchNormalized") && message.contains("[3]") && message.contains("[4]"))
  }

  @Test("no rows at all stop the program")
  func rejectsNoRows() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Tensor<Float>.zeros([0, 3]).batchMoments() }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("batchMoments") && message.contains("[0, 3]"))
  }
}
