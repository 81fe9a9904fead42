import Tensor
import TestSupport
import Testing

@Suite("Softmax")
struct SoftmaxTests {
  @Test("values by hand: e⁰ : e^log 2 : e^log 5 is 1 : 2 : 5")
  func values() {
    let x = Tensor<Double>([0, 0.6931471805599453, 1.6094379124341003, 7, 7, 7], shape: [2, 3])
    let third = 1.0 / 3
    let expected = Tensor<Double>([0.125, 0.25, 0.625, third, third, third], shape: [2, 3])
    #expect(x.softmax().relativeError(to: expected) < 1e-15)
    #expect(x.logSoftmax().relativeError(to: expected.log()) < 1e-15)
  }

  @Test(
    "every row sums to one and does not move with an offset, even for large inputs",
    arguments: [0.0, 50.0, -1000.0, 1e6])
  func rowsSumToOne(offset: Double) {
    let x = Tensor<Double>.ramp([3, 5]).shifted(by: offset)
    let y = x.softmax()
    #expect(y.sum(alongAxis: 1).relativeError(to: .ones([3])) < 1e-14)
    #expect(y.relativeError(to: Tensor<Double>.ramp([3, 5]).softmax()) < 1e-9)
    #expect(x.logSoftmax().exp().relativeError(to: y) < 1e-9)
  }

  @Test("the logarithm is exact where the softmax itself rounds to zero")
  func logarithmOfTinyProbabilities() {
    let x = Tensor<Float>([0, -1000], shape: [2])
    #expect(x.softmax().scalars == [1, 0])
    #expect(x.logSoftmax().scalars == [0, -1000])
  }

  @Test("minus infinity has no probability, infinity and what is not a number spoil their row only")
  func notFinite() {
    let x = Tensor<Double>([0, -.infinity, 0, .infinity, 0, .nan, 1, 2], shape: [4, 2])
    let y = x.softmax().scalars
    #expect(y[0] == 1 && y[1] == 0)
    #expect(y[2...5].allSatisfy { $0.isNaN })
    #expect(y[6...].allSatisfy { $0.isFinite })
    #expect(x.logSoftmax().scalars[1] == -.infinity)
  }

  @Test(
    "every view gives what the contiguous tensor gives", arguments: [[5], [3, 4], [2, 3, 2, 2]])
  func views(shape: [Int]) {
    let x = Tensor<Double>.ramp(shape)
    for (name, view) in TestSupport.views(of: x) {
      #expect(view.softmax() == x.softmax(), "\(name)")
      #expect(view.logSoftmax() == x.logSoftmax(), "\(name)")
    }
    let row = Tensor<Double>.ramp([4])
    #expect(row.broadcast(to: [2, 4]).softmax()[1] == row.softmax())
  }

  @Test("size 1 and empty tensors")
  func small() {
    #expect(Tensor<Float>([-3], shape: [1]).softmax().scalars == [1])
    #expect(Tensor<Float>([-3], shape: [1, 1]).logSoftmax().scalars == [0])
    #expect(Tensor<Float>.zeros([0, 3]).softmax().shape == [0, 3])
    #expect(Tensor<Float>.zeros([0, 3]).logSoftmax().shape == [0, 3])
  }

  @Test("rows split over threads are the rows computed alone")
  func parallelRows() {
    let x = Tensor<Float>.ramp([600, 64])
    let y = x.softmax()
    for row in [0, 255, 256, 599] { #expect(y[row] == x[row].softmax()) }
  }

  static let traps: Traps = [
    "softmax: needs a non-empty last axis, got shape [2, 0]": {
      _ = Tensor<Float>.zeros([2, 0]).softmax()
    },
    "softmax: needs a non-empty last axis, got shape []": { _ = Tensor<Float>(1).softmax() },
    "logSoftmax: needs a non-empty last axis, got shape [0]": {
      _ = Tensor<Float>.zeros([0]).logSoftmax()
    },
    "logSoftmax: needs a non-empty last axis, got shape []": { _ = Tensor<Float>(1).logSoftmax() },
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
