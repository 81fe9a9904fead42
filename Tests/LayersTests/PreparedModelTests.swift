import Autograd
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Prepared models")
struct PreparedModelTests {
  private func model<Scalar: DifferentiableScalar>(_ type: Scalar.Type) -> Sequential<Scalar> {
    var random = RandomGenerator(seed: 1)
    var norm = BatchNorm<Scalar>(channels: 9)
    norm.scale.value = .uniform([9], in: 0.5..<2, using: &random)
    norm.offset.value = .ramp([9])
    norm.runningMean.value = .ramp([9], phase: 1)
    norm.runningVariance.value = .uniform([9], in: 0.5..<2, using: &random)
    var lastNorm = BatchNorm<Scalar>(channels: 5)
    lastNorm.runningMean.value = .ramp([5])
    return Sequential<Scalar> {
      Conv2D(inputChannels: 3, outputChannels: 8, kernelSize: 3, using: &random)
      ReLU()
      Sequential<Scalar> {
        Conv2D(
          inputChannels: 8, outputChannels: 9, kernelSize: 3, hasBias: false, using: &random)
        norm
        ReLU()
        MaxPool2D(2)
        Dropout(0.5)
      }
      norm
      Flatten()
      Dense(inputSize: 4 * 5 * 9, outputSize: 5, using: &random)
      lastNorm
      Softmax()
    }
  }

  @Test("compute what the model computes in use", arguments: [1, 2, 5])
  func agreesWithModel(batch: Int) {
    let input = Tensor<Float>.ramp([batch, 12, 15, 3])
    let model = model(Float.self)
    #expect(model.prepared(for: input.shape)(input).relativeError(to: model(input)) < 1e-5)
  }

  @Test("compute it in Double as well, which has no stretches")
  func agreesInDouble() {
    let input = Tensor<Double>.ramp([2, 12, 15, 3])
    let model = model(Double.self)
    #expect(model.prepared(for: input.shape)(input).relativeError(to: model(input)) < 1e-12)
  }

  @Test("are not reached by later changes of the model")
  func isIndependent() {
    let input = Tensor<Float>.ramp([1, 12, 15, 3])
    var model = model(Float.self)
    let prepared = model.prepared(for: input.shape)
    let before = prepared(input)
    model.updateParameters { parameter, _ in parameter.value = parameter.value * 0 }
    #expect(prepared(input) == before)
  }

  @Test("refuse an input of another shape, naming both")
  func rejectsOtherShapes() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Sequential<Float>([ReLU<Float>()]).prepared(for: [1, 4])(.zeros([2, 4]))
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("[1, 4]") && message.contains("[2, 4]"))
  }
}
