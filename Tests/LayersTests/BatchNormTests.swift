import Autograd
import Layers
import Optim
import Tensor
import TestSupport
import Testing

@Suite("Batch normalization")
struct BatchNormTests {
  /// One step that moves no weight: only the statistics are written.
  private func settle(_ model: inout some Layer<Double>, on inputs: Tensor<Double>...) {
    var context = Context.training(key: RandomKey(seed: 0))
    let loss = inputs.map { model($0, in: &context).sum() }.reduce(Variable(Tensor(0)), +)
    var optimizer = SGD<Double>(learningRate: 1e-30)
    optimizer.update(&model, along: loss.gradients(), in: context)
  }

  @Test("values by hand: mean 2 and variance 1 of the column 1, 3")
  func values() {
    let norm = BatchNorm<Double>(channels: 1, epsilon: 1e-12)
    var context = Context.training(key: RandomKey(seed: 0))
    let output = norm(Tensor<Double>([1, 3], shape: [2, 1]), in: &context).value
    #expect(output.relativeError(to: Tensor([-1, 1], shape: [2, 1])) < 1e-11)
    // In use, with a running mean of 0 and a variance of 1, nothing changes.
    #expect(
      norm(Tensor([1, 3], shape: [2, 1])).relativeError(to: Tensor([1, 3], shape: [2, 1])) < 1e-11)
  }

  @Test(
    "in training every channel has mean β and variance γ²", arguments: [[16, 3], [4, 5, 6, 3]])
  func normalizes(shape: [Int]) {
    var norm = BatchNorm<Double>(channels: 3, epsilon: 1e-12)
    norm.scale.value = Tensor([1, 2, 3], shape: [3])
    norm.offset.value = Tensor([5, 0, -5], shape: [3])
    var context = Context.training(key: RandomKey(seed: 0))
    let output = norm(Tensor<Double>.ramp(shape) * 7 + 100, in: &context).value
    let axes = Array(0..<shape.count - 1)
    #expect(output.mean(alongAxes: axes).largestEntryError(to: norm.offset.value) < 1e-11)
    let variances = Tensor<Double>([1, 4, 9], shape: [3])
    #expect(output.variance(alongAxes: axes).relativeError(to: variances) < 1e-9)
  }

  @Test("a batch of one row is its mean, so the output is β")
  func oneRow() {
    var norm = BatchNorm<Double>(channels: 2)
    norm.offset.value = Tensor([3, 4], shape: [2])
    var context = Context.training(key: RandomKey(seed: 0))
    #expect(norm(Tensor([7, 8], shape: [1, 2]), in: &context).value.scalars == [3, 4])
  }

  @Test("an update writes the running statistics, and without one they stay")
  func runningStatistics() {
    var norm = BatchNorm<Double>(channels: 1, momentum: 0.75)
    let batch = Tensor<Double>([2, 6], shape: [2, 1])
    var context = Context.training(key: RandomKey(seed: 0))
    _ = norm(batch, in: &context)
    #expect(norm.runningMean.value.item() == 0 && norm.runningVariance.value.item() == 1)
    settle(&norm, on: batch)
    // Mean 4, variance 4: 0.75 · 0 + 0.25 · 4 and 0.75 · 1 + 0.25 · 4.
    #expect(norm.runningMean.value.item() == 1 && norm.runningVariance.value.item() == 1.75)
    settle(&norm, on: batch)
    #expect(norm.runningMean.value.item() == 1.75)
    #expect(norm.runningVariance.value.item() == 0.75 * 1.75 + 1)
  }

  @Test("called twice in one pass it averages twice")
  func calledTwice() {
    var norm = BatchNorm<Double>(channels: 1, momentum: 0.5)
    settle(
      &norm, on: Tensor<Double>([4, 4], shape: [2, 1]), Tensor<Double>([8, 8], shape: [2, 1]))
    #expect(norm.runningMean.value.item() == 0.5 * (0.5 * 0 + 0.5 * 4) + 0.5 * 8)
  }

  @Test("inside a model the statistics find their place, and the model in use takes them")
  func insideModel() {
    var model = Sequential<Double> {
      Dense(weight: .identity(2), bias: nil)
      Sequential<Double> { BatchNorm(channels: 2, momentum: 0) }
    }
    let batch = Tensor<Double>([1, 10, 3, 30], shape: [2, 2])
    settle(&model, on: batch)
    let means = model.parameters.first { $0.path == "1.0.runningMean" }?.parameter.value
    #expect(means?.scalars == [2, 20])
    // With the last batch's statistics, use gives for that batch what training gave.
    var context = Context.training(key: RandomKey(seed: 0))
    #expect(model(batch).relativeError(to: model(batch, in: &context).value) < 1e-12)
  }

  @Test("a frozen layer normalizes by its running statistics and keeps them")
  func frozen() {
    var norm = BatchNorm<Double>(channels: 2, momentum: 0.5)
    norm.runningMean.value = Tensor([1, 2], shape: [2])
    norm.setTrainable(false)
    let batch = Tensor<Double>.ramp([4, 2])
    var context = Context.training(key: RandomKey(seed: 0))
    let output = norm(Variable(tracking: batch), in: &context)
    #expect(output.value == norm(batch))
    #expect(context.recordedValue(for: norm.runningMean) == nil)
    #expect(output.sum().gradients()[norm.scale] == nil)
    // With one of the two weights trainable it is no longer frozen.
    norm.offset.isTrainable = true
    _ = norm(batch, in: &context)
    #expect(context.recordedValue(for: norm.runningMean) != nil)
  }

  @Test("statistics are no weights: they have no gradient and are not counted as trainable")
  func kinds() {
    let norm = BatchNorm<Double>(channels: 3)
    #expect(norm.parameterCount() == 12 && norm.parameterCount(trainable: true) == 6)
    #expect(norm.parameters.map(\.path) == ["scale", "offset", "runningMean", "runningVariance"])
    #expect(norm.scale.value == .ones([3]) && norm.offset.value == .zeros([3]))
    #expect(norm.runningMean.value == .zeros([3]) && norm.runningVariance.value == .ones([3]))
  }
}
