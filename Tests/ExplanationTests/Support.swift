import Layers
import Tensor
import TestSupport

/// The networks of `explanation.safetensors`, one with a sigmoid over a single output, one with a softmax over three.
enum GoldenNetwork: String, CaseIterable {
  case single, several

  var classes: Range<Int> { 0..<(self == .single ? 2 : 3) }

  func model<Scalar: DifferentiableScalar>(from golden: Golden) throws -> Sequential<Scalar> {
    func weight(_ name: String) throws -> Tensor<Scalar> {
      try golden.tensor("weights/\(rawValue)/\(name)")
    }
    var layers: [any Layer<Scalar>] = [
      Conv2D(filter: try weight("conv1.filter"), bias: try weight("conv1.bias")), ReLU<Scalar>(),
      MaxPool2D<Scalar>(2), Dropout<Scalar>(0.25),
      Conv2D(filter: try weight("conv2.filter"), bias: try weight("conv2.bias"), padding: .same),
      ReLU<Scalar>(), Dropout<Scalar>(0.25), Flatten<Scalar>(),
      Dense(weight: try weight("dense.weight"), bias: try weight("dense.bias")),
    ]
    layers.append(self == .single ? Sigmoid<Scalar>() : Softmax<Scalar>())
    return Sequential(layers)
  }
}

extension Sequential where Scalar == Double {
  /// A model whose score of the second class is `Σ w x + b`, pixels in row-major order.
  static func linear(_ weights: Tensor<Double>, bias: Double = 0) -> Sequential {
    Sequential {
      Flatten()
      Dense(weight: weights.reshaped(to: [-1, 1]), bias: Tensor([bias], shape: [1]))
      Sigmoid()
    }
  }
}
