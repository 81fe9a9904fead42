import Autograd
import Checkpoints
import Foundation
import Optim
import Tensor
import Testing

private struct Line: Parameterized {
  typealias Scalar = Float
  var slope = Parameter(Tensor<Float>(0))
  var intercept = Parameter(Tensor<Float>(0))

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
    visitor.visit(&slope, "slope")
    visitor.visit(&intercept, "intercept")
  }
}

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  @Test("landing page: a line through four points")
  func fit() {
    let x = Tensor<Float>([-1, 0, 1, 2], shape: [4])
    let y = x * 2 + 1
    var line = Line()
    var optimizer = SGD<Float>(learningRate: 0.1, momentum: 0.9)
    var random = RandomGenerator(seed: 0)
    for _ in 0..<200 {
      optimizer.step(&line, random: &random) { line, context in
        let predictions =
          Variable(x) * context.variable(line.slope) + context.variable(line.intercept)
        return (predictions - Variable(y)).squared().mean()
      }
    }
    #expect(abs(line.slope.value.item() - 2) < 1e-3)
    #expect(abs(line.intercept.value.item() - 1) < 1e-3)
    #expect(optimizer.stepCount == 200)
  }

  @Test("landing page: a rise, then half a cosine")
  func schedule() {
    let schedule = LearningRateSchedule.cosine(from: 1e-3, to: 1e-5, steps: 10_000)
      .warmedUp(steps: 500)
    #expect(abs(schedule(499) - 1e-3) < 1e-15)
    #expect(abs(schedule(0) - 2e-6) < 1e-15)
    #expect(abs(schedule(500) - 1e-3) < 1e-15)
    #expect(abs(schedule(10_500) - 1e-5) < 1e-15)
  }

  @Test("article: the two places of epsilon give different first steps")
  func epsilon() {
    func firstStep(_ placement: EpsilonPlacement) -> Double {
      var rule = Adam<Double>(learningRate: 1, epsilon: 1e-7, epsilonPlacement: placement)
      var weight = Parameter(Tensor<Double>(0))
      rule.stepCount = 1
      rule.update(&weight, gradient: Tensor(1e-7))
      return -weight.value.item()
    }
    #expect(abs(firstStep(.afterCorrection) - 0.5) < 1e-6)
    #expect(abs(firstStep(.beforeCorrection) - 0.0307) < 1e-4)
  }

  @Test("article: state goes through a file under the paths of the parameters")
  func state() throws {
    var optimizer = Adam<Float>(learningRate: 1e-3)
    var line = Line()
    var random = RandomGenerator(seed: 0)
    optimizer.step(&line, random: &random) { line, context in
      let value = context.variable(line.slope) + context.variable(line.intercept)
      return value.shifted(by: -1).squared().sum()
    }
    let state = optimizer.state(for: line)
    #expect(
      state.tensors.keys.sorted() == [
        "firstMoment/intercept", "firstMoment/slope",
        "secondMoment/intercept", "secondMoment/slope",
      ])

    let url = FileManager.default.temporaryDirectory.appending(path: "Optim-\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try Safetensors.write(state.tensors, metadata: ["steps": "\(state.stepCount)"], to: url)

    let file = try Safetensors(contentsOf: url)
    guard let steps = file.metadata["steps"].flatMap({ Int($0) }) else {
      throw CheckpointError(path: url.path(), reason: "names no number of steps")
    }
    let restored = OptimizerState(stepCount: steps, tensors: try file.tensors(as: Float.self))
    var resumed = Adam<Float>(learningRate: 1e-3)
    try resumed.restore(restored, for: line)
    #expect(resumed.stepCount == 1)
    #expect(state.tensors["firstMoment/slope"]?.item() ?? 0 != 0)
    #expect(resumed.state(for: line).tensors == state.tensors)
  }
}
