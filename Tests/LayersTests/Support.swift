import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Parameters and gradients under the names that golden files have for them.
extension Parameterized {
  /// Writes golden values into the parameters whose paths are listed, each under its name in the file.
  mutating func fill(
    from golden: Golden, prefix: String, names: [(path: String, key: String)]
  ) throws {
    var values: [String: Tensor<Scalar>] = [:]
    for (path, key) in names { values[path] = try golden.tensor("\(prefix)/\(key)") }
    updateParameters { parameter, path in
      if let value = values[path] { parameter.value = value }
    }
  }

  /// The parameter at `path`.
  func parameter(_ path: String) -> Parameter<Scalar>? {
    parameters.first { $0.path == path }?.parameter
  }
}

/// A layer with an input that it takes, for what is asked of all layers alike.
struct LayerCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var inputShape: [Int]
  /// Whether second derivatives are defined where the tests stand.
  var isSmooth = true
  var make: @Sendable () -> any Layer<Double>

  init(
    _ name: String, inputShape: [Int], isSmooth: Bool = true,
    _ make: @escaping @Sendable () -> any Layer<Double>
  ) {
    testDescription = name
    self.inputShape = inputShape
    self.isSmooth = isSmooth
    self.make = make
  }

  /// Every layer of the library, with and without its options.
  static let all: [LayerCase] = [
    LayerCase("Dense", inputShape: [3, 4]) {
      Dense<Double>(weight: .ramp([4, 2]), bias: .ramp([2], phase: 1))
    },
    LayerCase("Dense, square, no bias", inputShape: [3, 3]) {
      Dense<Double>(weight: .ramp([3, 3]), bias: nil)
    },
    LayerCase("Dense on rank 3", inputShape: [2, 3, 4]) {
      Dense<Double>(weight: .ramp([4, 2]), bias: .ramp([2], phase: 1))
    },
    LayerCase("Conv2D", inputShape: [2, 5, 4, 2]) {
      Conv2D<Double>(filter: .ramp([3, 3, 2, 3]), bias: .ramp([3], phase: 1))
    },
    LayerCase("Conv2D, same, stride 2, no bias", inputShape: [1, 5, 4, 2]) {
      Conv2D<Double>(filter: .ramp([3, 3, 2, 2]), bias: nil, stride: 2, padding: .same)
    },
    LayerCase("Conv2D, dilation 2, explicit padding", inputShape: [1, 5, 5, 1]) {
      Conv2D<Double>(
        filter: .ramp([2, 2, 1, 2]), bias: .ramp([2]), dilation: 2,
        padding: .explicit(top: 1, bottom: 0, left: 2, right: 1))
    },
    LayerCase("Conv2D, uneven window", inputShape: [1, 4, 5, 2]) {
      Conv2D<Double>(
        filter: .ramp([2, 3, 2, 2]), bias: .ramp([2]),
        window: Window2D(height: 2, width: 3, verticalStride: 2, horizontalStride: 1))
    },
    LayerCase("MaxPool2D", inputShape: [2, 4, 5, 2], isSmooth: false) { MaxPool2D<Double>(2) },
    LayerCase("MaxPool2D, overlapping, same", inputShape: [1, 5, 4, 2], isSmooth: false) {
      MaxPool2D<Double>(3, stride: 2, padding: .same)
    },
    LayerCase("GlobalAveragePool2D", inputShape: [2, 3, 4, 2]) { GlobalAveragePool2D<Double>() },
    LayerCase("BatchNorm on images", inputShape: [2, 3, 2, 3]) {
      var norm = BatchNorm<Double>(channels: 3)
      norm.scale.value = .ramp([3]) + 2
      norm.offset.value = .ramp([3], phase: 1)
      norm.runningMean.value = .ramp([3], phase: 2)
      norm.runningVariance.value = .ramp([3], phase: 3) + 2
      return norm
    },
    LayerCase("BatchNorm on rows", inputShape: [4, 2]) {
      BatchNorm<Double>(channels: 2, momentum: 0.5, epsilon: 0.1)
    },
    LayerCase("Dropout", inputShape: [4, 5]) { Dropout<Double>(0.5) },
    LayerCase("ReLU", inputShape: [3, 4], isSmooth: false) { ReLU<Double>() },
    LayerCase("Sigmoid", inputShape: [3, 4]) { Sigmoid<Double>() },
    LayerCase("Softmax", inputShape: [3, 4]) { Softmax<Double>() },
    LayerCase("Flatten", inputShape: [2, 3, 2, 2]) { Flatten<Double>() },
    LayerCase("Flatten on rank 1", inputShape: [3]) { Flatten<Double>() },
    LayerCase("Sequential", inputShape: [2, 5, 5, 1], isSmooth: false) {
      Sequential<Double> {
        Conv2D(filter: .ramp([2, 2, 1, 2]), bias: .ramp([2]))
        BatchNorm(channels: 2)
        ReLU()
        MaxPool2D(2)
        Dropout(0.25)
        Sequential<Double> {
          Flatten()
          Dense(weight: .ramp([8, 2]), bias: .ramp([2]))
        }
        Softmax()
      }
    },
    LayerCase("Sequential without layers", inputShape: [2, 3]) { Sequential<Double>([]) },
  ]

  /// The pass that a test makes, in training with dropout's numbers fixed, or in use.
  static func context(isTraining: Bool) -> Context {
    isTraining ? .training(key: RandomKey(seed: 11)) : .recordedInference
  }
}
