import Explanation
import Layers
import Tensor
import TestSupport
import Testing

/// What the methods must say of models whose explanation is known beforehand.
@Suite("Attribution methods")
struct MethodTests {
  private static let weights = Tensor<Double>.ramp([1, 6, 5, 2])
  private static let input = Tensor<Double>.ramp([1, 6, 5, 2], phase: 3)
  private static let linear = Sequential.linear(weights, bias: 0.3)

  @Test("of a linear model, saliency is the weight, with noise or without")
  func linearSaliency() {
    let expected = Self.weights.abs().max(alongAxis: -1)[0]
    for index in 0..<2 {
      let score = ClassScore(of: Self.linear, class: index)
      let methods: [any AttributionMethod] = [
        Saliency(), SmoothGrad(samples: 7, noise: 0.4, batchSize: 3),
      ]
      for method in methods {
        let map = method.map(of: score, at: Self.input)
        #expect(map.values.relativeError(to: expected) < 1e-12)
      }
    }
  }

  @Test(
    "of a linear model, integrated gradients are weight times difference, in any number of steps")
  func linearIntegration() {
    let expected = (Self.weights * (Self.input - 0.5)).sum(alongAxis: -1)[0]
    for steps in [1, 4] {
      let method = IntegratedGradients(steps: steps, baseline: 0.5)
      let map = method.map(of: ClassScore(of: Self.linear, class: 1), at: Self.input)
      #expect(map.values.relativeError(to: expected) < 1e-12)
      let opposite = method.map(of: ClassScore(of: Self.linear, class: 0), at: Self.input)
      #expect(opposite.values.relativeError(to: -expected) < 1e-12)
    }
  }

  @Test("of a linear model, a patch of one pixel costs its own part of the score")
  func linearOcclusion() {
    let method = Occlusion(patch: (1, 1), fill: .value(0))
    let map = method.map(of: ClassScore(of: Self.linear, class: 1), at: Self.input)
    let expected = (Self.weights * Self.input).sum(alongAxis: -1)[0]
    #expect(map.values.relativeError(to: expected) < 1e-12)
  }

  @Test("integrated gradients are complete: they sum to the difference of the scores")
  func completeness() throws {
    let golden = try Golden(named: "explanation")
    let input: Tensor<Double> = try golden.tensor("input")
    for network in GoldenNetwork.allCases {
      let model: Sequential<Double> = try network.model(from: golden)
      for index in network.classes {
        for scale in [ClassScore<Double>.Scale.logit, .probability] {
          let score = ClassScore(of: model, class: index, as: scale)
          let difference = (score(input) - score(.zeros(input.shape))).item()
          // ReLUs leave kinks in the way, so that the error falls with the number of steps, not with its square.
          let sum = IntegratedGradients(steps: 2000, batchSize: 100).map(of: score, at: input)
            .values.sum().item()
          #expect(abs(sum - difference) < 1e-3, "\(network) \(index): \(difference)")
        }
      }
    }
  }

  @Test(
    "where the score is smooth, the gap of integrated gradients falls with the square of the steps")
  func convergence() {
    let score = ClassScore(of: Self.linear, class: 1, as: .probability)
    let difference = (score(Self.input) - score(.zeros(Self.input.shape))).item()
    let gaps = [32, 64, 128].map {
      let map = IntegratedGradients(steps: $0).map(of: score, at: Self.input)
      return abs(map.values.sum().item() - difference)
    }
    #expect(gaps[0] > 1e-9)
    for (coarse, fine) in zip(gaps, gaps.dropFirst()) {
      #expect(abs(coarse / fine - 4) < 0.2, "\(gaps)")
    }
  }

  @Test("with noise of zero SmoothGrad is saliency, and a seed names its noise")
  func smoothGrad() throws {
    let golden = try Golden(named: "explanation")
    let input: Tensor<Double> = try golden.tensor("input")
    let model: Sequential<Double> = try GoldenNetwork.single.model(from: golden)
    let score = ClassScore(of: model, class: 1)
    let saliency = Saliency().map(of: score, at: input)
    let still = SmoothGrad(samples: 3, noise: 0).map(of: score, at: input)
    #expect(still.values.relativeError(to: saliency.values) < 1e-12)
    let maps = [1, 1, 2].map { SmoothGrad(noise: 0.3, seed: $0).map(of: score, at: input) }
    #expect(maps[0] == maps[1] && maps[0] != maps[2] && maps[0] != saliency)
  }

  @Test("of one picture in two halves, Grad-CAM marks the one that the model looks at")
  func gradCAM() {
    // The filter hands the picture on; the dense layer reads its left half alone.
    let half = Tensor<Double>((0..<16).map { $0 % 4 < 2 ? 1.0 : 0 }, shape: [16, 1])
    let model = Sequential<Double> {
      Conv2D(filter: .ones([1, 1, 1, 1]), bias: nil)
      ReLU()
      Flatten()
      Dense(weight: half, bias: nil)
    }
    let input = Tensor<Double>((0..<16).map { $0 % 4 < 2 ? 2 : 0 }, shape: [1, 4, 4, 1])
    let map = GradCAM().map(of: ClassScore(of: model, class: 1), at: input)
    // α is the mean of the gradient, 1/2.
    #expect(map.values == (0.5 * input).reshaped(to: [4, 4]))
    let against = GradCAM().map(of: ClassScore(of: model, class: 0), at: input)
    #expect(against.values == .zeros([4, 4]))
    // At the input itself, and behind the first layer.
    for cut in [0, 1] {
      #expect(GradCAM(cut: cut).map(of: ClassScore(of: model, class: 1), at: input) == map)
    }
  }

  @Test("the cut lies behind the last convolution with what normalizes and rectifies it")
  func lastConvolution() {
    var random = RandomGenerator(seed: 1)
    let block = Sequential<Double> {
      Conv2D(inputChannels: 1, outputChannels: 1, kernelSize: 1, using: &random)
      BatchNorm(channels: 1)
      ReLU()
      MaxPool2D(2)
    }
    #expect(GradCAM.lastConvolution(of: block) == 3)
    #expect(GradCAM.lastConvolution(of: block[..<1]) == 1)
    #expect(GradCAM.lastConvolution(of: block[1...]) == nil)
    let nested = Sequential<Double> {
      Flatten()
      block
      ReLU()
      Flatten()
    }
    #expect(GradCAM.lastConvolution(of: nested) == 3)
  }

  @Test("a score that does not depend on the picture has maps of zeros")
  func constant() {
    let model = Sequential.linear(.zeros([1, 4, 4, 1]), bias: 2)
    let input = Tensor<Double>.ramp([1, 4, 4, 1])
    let methods: [any AttributionMethod] = [
      GradCAM(cut: 0), Saliency(), SmoothGrad(), IntegratedGradients(), Occlusion(),
    ]
    for method in methods {
      let map = method.map(of: ClassScore(of: model, class: 1), at: input)
      #expect(map.values == .zeros([4, 4]), "\(method)")
      #expect(map.share(outside: .central(0.5)) == nil && map.normalized() == map)
    }
  }

  static let traps: Traps = [
    "ClassScore: needs a class of 0 or more, got -1": { _ = ClassScore(of: linear, class: -1) },
    "ClassScore: class 2 of a model with 2 classes": {
      _ = ClassScore(of: linear, class: 2)(input)
    },
    "ClassScore: a softmax over a single output": {
      let model = Sequential<Double> {
        linear.dropLast()
        Softmax()
      }
      _ = ClassScore(of: model, class: 1)(input)
    },
    "ClassScore: needs a model with outputs [batch, classes], got shape [1, 6, 5, 2]": {
      _ = ClassScore(of: Sequential<Double> { ReLU() }, class: 1)(input)
    },
    "Saliency: needs one picture [1, height, width, channels], got shape [2, 3, 5, 2]": {
      _ = Saliency().map(
        of: ClassScore(of: linear, class: 1), at: input.reshaped(to: [2, 3, 5, 2]))
    },
    "GradCAM: the model has no convolution": {
      _ = GradCAM().map(of: ClassScore(of: linear, class: 1), at: input)
    },
    "GradCAM: cut 7 of a model of layers 0..<2": {
      _ = GradCAM(cut: 7).map(of: ClassScore(of: linear, class: 1), at: input)
    },
    "GradCAM: needs [1, height, width, channels] at cut 1, got shape [1, 60]": {
      _ = GradCAM(cut: 1).map(of: ClassScore(of: linear, class: 1), at: input)
    },
    "SmoothGrad: needs samples": { _ = SmoothGrad(samples: 0) },
    "IntegratedGradients: needs steps": { _ = IntegratedGradients(steps: 0) },
    "Occlusion: needs a patch": { _ = Occlusion(patch: (0, 1)) },
    "Occlusion: the patch 7 × 1 is larger than the picture, 6 × 5": {
      _ = Occlusion(patch: (7, 1)).map(of: ClassScore(of: linear, class: 1), at: input)
    },
    "is wider than the patch": {
      _ = Occlusion(patch: (2, 2), stride: (3, 1))
        .map(of: ClassScore(of: linear, class: 1), at: input)
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
