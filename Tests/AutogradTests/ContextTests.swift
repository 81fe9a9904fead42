import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Context")
struct ContextTests {
  private let weight = Parameter(Tensor<Double>([1, 2], shape: [2]))

  @Test("training records parameters, inference does not, and recorded inference does")
  func modes() {
    var random = RandomGenerator(seed: 1)
    var training = Context.training(random: &random)
    var (inference, recorded) = (Context.inference, Context.recordedInference)
    #expect(
      training.isTraining && training.recordsParameters && training.variable(weight).isRecorded)
    #expect(
      !inference.isTraining && !inference.recordsParameters
        && !inference.variable(weight).isRecorded)
    #expect(
      !recorded.isTraining && recorded.recordsParameters && recorded.variable(weight).isRecorded)
    #expect(inference.variable(weight).value == weight.value)
  }

  @Test("a parameter used twice in one pass is one leaf, with the sum of both gradients")
  func sameParameterTwice() {
    var context = Context.training(key: RandomKey(seed: 0))
    let (first, second) = (context.variable(weight), context.variable(weight))
    let gradients = (first * second.scaled(by: 3)).sum().gradients()
    #expect(gradients[weight]?.scalars == [6, 12] && gradients[first] == gradients[second])
  }

  @Test("a parameter that meets itself from two passes has the sum of both gradients, counted once")
  func twoContexts() {
    var (left, right) = (
      Context.training(key: RandomKey(seed: 0)), Context.training(key: RandomKey(seed: 1))
    )
    let loss = left.variable(weight).squared().sum() + right.variable(weight).scaled(by: 10).sum()
    let gradients = loss.gradients()
    #expect(gradients[weight]?.scalars == [12, 14])
    #expect(abs(gradients.norm - 340.0.squareRoot()) < 1e-12)
    #expect(gradients.scaled(by: 2)[weight]?.scalars == [24, 28])
  }

  @Test("frozen weights and statistics take part as constants")
  func frozen() {
    var context = Context.training(key: RandomKey(seed: 0))
    var frozen = weight
    frozen.isTrainable = false
    #expect(!context.variable(frozen).isRecorded)
    #expect(!context.variable(Parameter(weight.value, kind: .statistic)).isRecorded)
  }

  @Test("copies of a parameter share its gradient until one of them changes")
  func copies() {
    var context = Context.training(key: RandomKey(seed: 0))
    let copy = weight
    let gradients = (context.variable(weight) * context.variable(copy)).sum().gradients()
    #expect(gradients[weight]?.scalars == [2, 4] && gradients[copy]?.scalars == [2, 4])
    var other = weight.withFreshIdentity()
    other.value += Tensor(1)
    let both = (context.variable(weight) * context.variable(other)).sum().gradients()
    #expect(both[weight]?.scalars == [2, 3] && both[other]?.scalars == [1, 2])
  }

  @Test("the n-th key of a pass is always the same, and no two are alike")
  func keys() {
    var (first, second) = (
      Context.training(key: RandomKey(seed: 5)), Context.training(key: RandomKey(seed: 5))
    )
    let keys = (0..<5).map { _ in first.nextKey() }
    #expect(keys == (0..<5).map { _ in second.nextKey() } && Set(keys).count == 5)
    var other = Context.training(key: RandomKey(seed: 6))
    #expect(other.nextKey() != keys[0])
    var random = RandomGenerator(seed: 5)
    var (drawn, next) = (Context.training(random: &random), Context.training(random: &random))
    #expect(drawn.nextKey() != next.nextKey())
  }

  @Test("a statistic is noted under its identity")
  func statistics() {
    var context = Context.training(key: RandomKey(seed: 0))
    let mean = Parameter(Tensor<Double>.zeros([2]), kind: .statistic)
    #expect(context.recordedValue(for: mean) == nil)
    context.record(Tensor([3, 4], shape: [2]), for: mean)
    #expect(context.recordedValue(for: mean)?.scalars == [3, 4])
    let copy = mean
    #expect(context.recordedValue(for: copy)?.scalars == [3, 4])
    #expect(context.recordedValue(for: mean.withFreshIdentity()) == nil)
  }

  static let traps: Traps = [
    "Context: a parameter of shape [2] comes with two different values": {
      let weight = Parameter(Tensor<Double>.ones([2]))
      var diverged = weight
      diverged.value += Tensor(1)
      var context = Context.training(key: RandomKey(seed: 0))
      _ = context.variable(weight) + context.variable(diverged)
    },
    "Context: cannot note a value of shape [3] for a statistic of shape [2]": {
      var context = Context.training(key: RandomKey(seed: 0))
      context.record(.ones([3]), for: Parameter(Tensor<Double>.ones([2]), kind: .statistic))
    },
    "Context: cannot note a value of shape [2] for a weight of shape [2]": {
      var context = Context.training(key: RandomKey(seed: 0))
      context.record(.ones([2]), for: Parameter(Tensor<Double>.ones([2])))
    },
    "Gradients: a parameter of shape [2] comes with two different values": {
      let weight = Parameter(Tensor<Double>.ones([2]))
      var diverged = weight
      diverged.value += Tensor(1)
      var (left, right) = (
        Context.training(key: RandomKey(seed: 0)), Context.training(key: RandomKey(seed: 1))
      )
      _ = (left.variable(weight) * right.variable(diverged)).sum().gradients()
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
