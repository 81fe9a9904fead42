import Autograd
import Datasets
import Layers
import Optim
import Tensor
import TestSupport
import Training

/// Small tables to learn from, and a model whose course is known beforehand.
enum Toy {
  /// Rows of four numbers; the class is whether the first is larger than the second.
  static func samples(_ count: Int, seed: UInt64 = 1) -> TensorSamples {
    var random = RandomGenerator(seed: seed)
    let rows = Tensor<Float>.normal([count, 4], using: &random)
    let labels = (0..<count).map { rows[$0, 0].item() > rows[$0, 1].item() ? 1 : 0 }
    return TensorSamples(images: rows, labels: labels)
  }

  static func loader(
    _ samples: TensorSamples = samples(10), batchSize: Int = 4, stepsPerEpoch: Int? = nil,
    shuffled: Bool = true, workers: Int = 0
  ) throws -> Loader<TensorSamples, UnchangedTensors> {
    try Loader(
      samples, transform: UnchangedTensors(shape: samples.sampleShape), batchSize: batchSize,
      stepsPerEpoch: stepsPerEpoch, shuffled: shuffled, seed: 5, workers: workers)
  }

  /// One probability, with dropout on the way.
  static func model(dropout: Double = 0.25) -> Sequential<Float> {
    Sequential<Float> {
      Dense(weight: .ramp([4, 6]), bias: .zeros([6]))
      ReLU()
      Dropout(dropout)
      Dense(weight: .ramp([6, 1], phase: 1), bias: .zeros([1]))
      Sigmoid()
    }
  }

  static func values(_ model: some Parameterized<Float>) -> [Tensor<Float>] {
    model.parameters.map(\.parameter.value)
  }

  /// A model that gives its only weight for every sample.
  struct Counter: Layer {
    typealias Scalar = Float
    var count = Parameter(Tensor<Float>(0))

    func callAsFunction(
      _ input: Variable<Float>, in context: inout Context
    ) -> Variable<Float> {
      context.variable(count).broadcast(to: [input.shape[0], 1])
    }
    mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
      visitor.visit(&count, "count")
    }
  }

  /// A rule that adds one to every weight, and notes the learning rates that it was given.
  struct Counting: Optimizer {
    typealias Scalar = Float
    var learningRate: Float = 1
    var stepCount = 0
    var slots: [String: [ParameterID: Tensor<Float>]] = [:]
    var rates: [Float] = []

    mutating func update(_ parameter: inout Parameter<Float>, gradient: Tensor<Float>) {
      parameter.value = parameter.value + 1
      rates.append(learningRate)
    }
  }

  /// The squared distance from `target`, which `Counter` passes on its way; right where it is nearer than a half.
  static func distance(to target: Float) -> Objective {
    Objective(
      loss: { outputs, _ in outputs.shifted(by: -target).squared().mean() },
      probabilities: { outputs in
        let isNear = (outputs - target).abs() .< Tensor(0.5)
        let near = isNear.converted(to: Float.self)
        return .concatenated([1 - near, near], alongAxis: 1)
      })
  }

  /// Samples of class 1 alone: those that `Counter` gets right where it is near its target.
  static func ones(_ count: Int = 4) throws -> Loader<TensorSamples, UnchangedTensors> {
    try loader(
      TensorSamples(
        images: .zeros([count, 1]), labels: [Int](repeating: 1, count: count)), batchSize: count)
  }
}
