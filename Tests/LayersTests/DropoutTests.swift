import Autograd
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Dropout")
struct DropoutTests {
  private let ones = Tensor<Float>.ones([20, 10, 10, 10])

  private func output(
    of layer: some Layer<Float>, seed: UInt64 = 1, for input: Tensor<Float>
  ) -> Tensor<Float> {
    var context = Context.training(key: RandomKey(seed: seed))
    return layer(input, in: &context).value
  }

  @Test(
    "drops with its rate, scales up what stays, and so keeps the mean",
    arguments: [0.1, 0.25, 0.5, 0.9])
  func statistics(rate: Double) {
    let scalars = output(of: Dropout<Float>(rate), for: ones).scalars
    let kept = Float(1 / (1 - rate))
    #expect(scalars.allSatisfy { $0 == 0 || abs($0 - kept) < 1e-6 * kept })
    let share = Double(scalars.count { $0 == 0 }) / Double(scalars.count)
    // Four standard deviations of a share of 20,000 draws.
    #expect(abs(share - rate) < 4 * (rate * (1 - rate) / Double(scalars.count)).squareRoot())
  }

  @Test("drops every channel, row and image alike")
  func evenness() {
    let dropped = 1 - output(of: Dropout<Float>(0.5), for: ones) * 0.5
    for axis in 0..<4 {
      let others = (0..<4).filter { $0 != axis }
      let shares = dropped.mean(alongAxes: others).scalars
      // 1,000 draws or more each: four and a half deviations.
      #expect(shares.allSatisfy { abs($0 - 0.5) < 0.072 })
      #expect(Set(shares).count > 1)
    }
  }

  @Test("a rate of zero changes nothing, in training and in use")
  func zeroRate() {
    let input = Tensor<Float>.ramp([3, 4])
    #expect(output(of: Dropout<Float>(0), for: input) == input)
    #expect(Dropout<Float>(0)(input) == input)
  }

  @Test("does nothing in use")
  func inference() {
    let input = Tensor<Float>.ramp([3, 4])
    #expect(Dropout<Float>(0.9)(input) == input)
    var context = Context.recordedInference
    #expect(Dropout<Float>(0.9)(input, in: &context).value == input)
  }

  @Test("the same key gives the same mask, another key another, and so do two layers of one pass")
  func keys() {
    let layer = Dropout<Float>(0.5)
    #expect(output(of: layer, seed: 1, for: ones) == output(of: layer, seed: 1, for: ones))
    #expect(output(of: layer, seed: 1, for: ones) != output(of: layer, seed: 2, for: ones))
    var context = Context.training(key: RandomKey(seed: 1))
    #expect(layer(ones, in: &context).value != layer(ones, in: &context).value)
    // Two in a row keep a quarter: the masks are independent.
    let twice = output(of: Sequential<Float>([layer, layer]), for: ones).scalars
    let share = Double(twice.count { $0 > 0 }) / Double(twice.count)
    #expect(abs(share - 0.25) < 4 * (0.1875 / Double(twice.count)).squareRoot())
  }

  @Test("what is dropped gets no gradient, what stays the factor")
  func gradient() {
    var context = Context.training(key: RandomKey(seed: 3))
    let input = Variable(tracking: Tensor<Float>.ramp([8, 8]) + 2)
    let output = Dropout<Float>(0.25)(input, in: &context)
    let gradient = output.sum().gradients()[input]
    let expected = zip(output.value.scalars, input.value.scalars).map { $0 == 0 ? 0 : $0 / $1 }
    #expect(expected.contains(0))
    #expect((gradient ?? .zeros([0])).relativeError(to: Tensor(expected, shape: [8, 8])) < 1e-6)
  }

  @Test("the masks are the same fused and one by one")
  func fusedMasks() {
    var random = RandomGenerator(seed: 2)
    // Positive weights on positive inputs: zeros in the output are those that dropout made.
    let weights = Initializer.uniform(0.1...1)
    let model = Sequential<Float> {
      Conv2D(inputChannels: 8, outputChannels: 8, kernelSize: 3, weights: weights, using: &random)
      ReLU()
      MaxPool2D(2)
      Dropout(0.4)
      Conv2D(inputChannels: 8, outputChannels: 16, kernelSize: 3, weights: weights, using: &random)
      ReLU()
      Dropout(0.25)
    }
    for count in [4, 7] {
      let zeros = [true, false].map { isFused in
        var context = Context.training(key: RandomKey(seed: 8))
        context.fusesLayers = isFused
        let output = model[..<count](Variable(Tensor<Float>.ones([3, 12, 14, 8])), in: &context)
        return output.value.scalars.map { $0 == 0 }
      }
      #expect(zeros[0] == zeros[1])
      #expect(zeros[0].contains(true) && zeros[0].contains(false))
    }
  }
}
