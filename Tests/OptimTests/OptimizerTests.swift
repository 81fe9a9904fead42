import Autograd
import Optim
import Tensor
import TestSupport
import Testing

@Suite("Optimizers")
struct OptimizerTests {
  private let gradient = Tensor<Double>([1, -2], shape: [2])

  /// The weights after each of some steps from 1, 1 along the same gradient.
  private func path(_ optimizer: some Optimizer<Double>, steps: Int) -> [[Double]] {
    var (optimizer, weights) = (optimizer, Weights<Double>([.ones([2])]))
    return (0..<steps).map { _ in
      optimizer.step(&weights, along: [gradient])
      return weights.list[0].value.scalars
    }
  }

  @Test("two steps of descent by hand: plain, with momentum, Nesterov's, with decay")
  func descent() {
    #expect(path(SGD(learningRate: 0.5), steps: 2) == [[0.5, 2], [0, 3]])
    // v = g, then 1.5 g.
    #expect(path(SGD(learningRate: 0.5, momentum: 0.5), steps: 2) == [[0.5, 2], [-0.25, 3.5]])
    // g + 0.5 · 1 g, then g + 0.5 · 1.5 g.
    #expect(
      path(SGD(learningRate: 0.5, momentum: 0.5, isNesterov: true), steps: 2)
        == [[0.25, 2.5], [-0.625, 4.25]])
    // g + 0.5 w: 1.5, −1.5; then g + 0.5 (0.25, 1.75).
    #expect(
      path(SGD(learningRate: 0.5, weightDecay: 0.5), steps: 2)
        == [[0.25, 1.75], [-0.3125, 2.3125]])
  }

  @Test(
    "the first step of Adam is the learning rate, whatever the size of the gradient",
    arguments: [1e-3, 1, 1e3])
  func adamFirstStep(scale: Double) {
    for placement in [EpsilonPlacement.afterCorrection, .beforeCorrection] {
      var optimizer = Adam<Double>(
        learningRate: 0.25, epsilon: 1e-12, epsilonPlacement: placement)
      var weights = Weights<Double>([.ones([2])])
      optimizer.step(&weights, along: [gradient * scale])
      let expected = Tensor<Double>([0.75, 1.25], shape: [2])
      #expect(weights.list[0].value.relativeError(to: expected) < 1e-6)
    }
  }

  @Test("AdamW shrinks weights beside the gradient, Adam does not")
  func decoupledDecay() {
    var (adamW, adam) = (
      AdamW<Double>(learningRate: 0.5, weightDecay: 0.25), Adam<Double>(learningRate: 0.5)
    )
    var (shrunk, kept) = (Weights<Double>([.ones([2])]), Weights<Double>([.ones([2])]))
    adamW.step(&shrunk, along: [.zeros([2])])
    adam.step(&kept, along: [.zeros([2])])
    #expect(shrunk.list[0].value.scalars == [0.875, 0.875])
    #expect(kept.list[0].value.scalars == [1, 1])
  }

  @Test("every rule finds the bottom of a bowl", arguments: Rule.allCases)
  func converges(rule: Rule) {
    var optimizer = rule.make(Double.self)
    optimizer.learningRate = 0.02
    var weights = Weights<Double>([.ramp([3])])
    for _ in 0..<600 {
      var context = Context.training(key: RandomKey(seed: 0))
      let loss = context.variable(weights.list[0]).squared().sum()
      optimizer.update(&weights, along: loss.gradients(), in: context)
    }
    #expect(weights.list[0].value.abs().max().item() < 0.03)
  }

  @Test(
    "a weight without a gradient stays as it is, and the count of steps goes on",
    arguments: Rule.allCases)
  func withoutGradient(rule: Rule) {
    var optimizer = rule.make(Double.self)
    var weights = Weights<Double>([.ones([2]), .ones([2])])
    optimizer.step(&weights, along: [nil, gradient])
    optimizer.step(&weights, along: [nil, gradient])
    #expect(weights.list[0].value == .ones([2]) && weights.list[1].value != .ones([2]))
    #expect(optimizer.stepCount == 2)
    #expect(optimizer.state(for: weights).tensors.keys.allSatisfy { $0.hasSuffix("/1") })
  }

  @Test("a learning rate set between steps counts from the next one on", arguments: Rule.allCases)
  func changedRate(rule: Rule) {
    var (optimizer, other) = (rule.make(Double.self), rule.make(Double.self))
    var (weights, others) = (Weights<Double>([.ones([2])]), Weights<Double>([.ones([2])]))
    optimizer.step(&weights, along: [gradient])
    other.step(&others, along: [gradient])
    #expect(weights.list[0].value == others.list[0].value)
    other.learningRate = 0.0625
    optimizer.step(&weights, along: [gradient])
    other.step(&others, along: [gradient])
    #expect(weights.list[0].value != others.list[0].value)
  }

  @Test("a parameter in two places is moved once, and both places get it", arguments: Rule.allCases)
  func sharedParameter(rule: Rule) {
    var (optimizer, alone) = (rule.make(Double.self), rule.make(Double.self))
    var (weights, single) = (Weights<Double>([.ones([2])]), Weights<Double>([.ones([2])]))
    weights.list.append(weights.list[0])
    for _ in 0..<3 {
      optimizer.step(&weights, along: [gradient, nil])
      alone.step(&single, along: [gradient])
      #expect(weights.list[0].value == single.list[0].value)
      #expect(weights.list[1].value == single.list[0].value)
    }
  }

  @Test(
    "a step runs the loss in training, moves the model and returns the loss before",
    arguments: Rule.allCases)
  func step(rule: Rule) {
    var (optimizer, other) = (rule.make(Double.self), rule.make(Double.self))
    var (weights, others) = (Weights<Double>([.ones([2])]), Weights<Double>([.ones([2])]))
    var (random, seenKeys) = (RandomGenerator(seed: 9), Set<RandomKey>())
    for _ in 0..<3 {
      let before = weights.list[0].value
      let loss = optimizer.step(&weights, random: &random) { weights, context in
        #expect(context.isTraining && context.recordsParameters)
        seenKeys.insert(context.nextKey())
        return (context.variable(weights.list[0]) * Variable(gradient)).sum()
      }
      #expect(loss == (before * gradient).sum().item())
      other.step(&others, along: [gradient])
      #expect(weights.list[0].value == others.list[0].value)
    }
    #expect(seenKeys.count == 3 && optimizer.stepCount == 3)
  }

  @Test("a loss that throws leaves model and optimizer as they were")
  func throwingLoss() {
    struct Failure: Error {}
    var (optimizer, weights) = (Adam<Double>(), Weights<Double>([.ones([2])]))
    var random = RandomGenerator(seed: 1)
    #expect(throws: Failure.self) {
      try optimizer.step(&weights, random: &random) { _, _ in throw Failure() }
    }
    #expect(weights.list[0].value == .ones([2]) && optimizer.stepCount == 0)
  }

  @Test("statistics that the pass measured are written, gradients or not")
  func statistics() {
    var weights = Weights<Double>([.ones([2])])
    weights.list.append(Parameter(.zeros([3]), kind: .statistic))
    var (optimizer, context) = (SGD<Double>(), Context.training(key: RandomKey(seed: 0)))
    context.record(.ramp([3]), for: weights.list[1])
    let loss = weights.loss(withGradients: [gradient, nil], in: &context)
    optimizer.update(&weights, along: loss.gradients(), in: context)
    #expect(weights.list[1].value == .ramp([3]))
  }

  static let traps: Traps = [
    "SGD: needs a positive learningRate, got 0.0": { _ = SGD<Float>(learningRate: 0) },
    "SGD: needs a positive learningRate, got nan": { _ = SGD<Float>(learningRate: .nan) },
    "SGD: needs a momentum in 0..<1, got 1.0": { _ = SGD<Float>(momentum: 1) },
    "SGD: Nesterov's form needs a momentum above 0": { _ = SGD<Float>(isNesterov: true) },
    "SGD: needs a weightDecay of 0 or more, got -1.0": { _ = SGD<Float>(weightDecay: -1) },
    "Adam: needs a positive learningRate, got -1.0": { _ = Adam<Float>(learningRate: -1) },
    "Adam: needs beta1 and beta2 in 0..<1, got 1.0 and 0.999": { _ = Adam<Float>(beta1: 1) },
    "Adam: needs beta1 and beta2 in 0..<1, got 0.9 and -0.5": { _ = Adam<Float>(beta2: -0.5) },
    "Adam: needs a positive epsilon, got 0.0": { _ = Adam<Float>(epsilon: 0) },
    "AdamW: needs a positive learningRate, got 0.0": { _ = AdamW<Float>(learningRate: 0) },
    "AdamW: needs beta1 and beta2 in 0..<1, got 1.5 and 0.999": { _ = AdamW<Float>(beta1: 1.5) },
    "AdamW: needs a positive epsilon, got -1.0": { _ = AdamW<Float>(epsilon: -1) },
    "AdamW: needs a weightDecay of 0 or more, got -0.5": { _ = AdamW<Float>(weightDecay: -0.5) },
    "update: 2 gradients belong to parameters that the model does not visit; is a line missing": {
      let weights = Weights<Double>([.ones([2]), .ones([2]), .ones([2])])
      var context = Context.training(key: RandomKey(seed: 0))
      let gradients = weights.loss(
        withGradients: [.ones([2]), .ones([2]), .ones([2])], in: &context
      ).gradients()
      var (part, optimizer) = (weights, SGD<Double>())
      part.list.removeLast(2)
      optimizer.update(&part, along: gradients, in: context)
    },
    "update: gradient of shape [2] for parameter 0 of shape [3]": {
      var weights = Weights<Double>([.ones([2])])
      var context = Context.training(key: RandomKey(seed: 0))
      let gradients = weights.loss(withGradients: [.ones([2])], in: &context).gradients()
      weights.list[0].value = .ones([3])
      var optimizer = SGD<Double>()
      optimizer.update(&weights, along: gradients, in: context)
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
