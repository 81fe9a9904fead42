import Autograd
import Layers
import Tensor
import TestSupport
import Testing

/// Layers against those of Keras, which PyTorch agrees with: output, every gradient, running statistics.
@Suite("Golden layers")
struct GoldensLayersTests {
  static let names = (try? Golden(named: "layers").cases()) ?? []

  /// The layers of a case, as zeros, and where the golden parameters belong.
  private static func model<Scalar: DifferentiableScalar>(
    _ name: String
  ) -> (model: Sequential<Scalar>, names: [(path: String, key: String)])? {
    func dense(_ outputs: Int, hasBias: Bool = true) -> any Layer<Scalar> {
      Dense<Scalar>(weight: .zeros([7, outputs]), bias: hasBias ? .zeros([outputs]) : nil)
    }
    func convolution(
      _ size: Int = 3, stride: Int = 1, padding: Padding = .valid, hasBias: Bool = true
    ) -> any Layer<Scalar> {
      Conv2D<Scalar>(
        filter: .zeros([size, size, 4, 5]), bias: hasBias ? .zeros([5]) : nil, stride: stride,
        padding: padding)
    }
    let affine = [("0.weight", "weight"), ("0.bias", "bias")]
    let filter = [("0.filter", "weight"), ("0.bias", "bias")]
    func norm(_ position: Int, prefix: String = "") -> [(String, String)] {
      [
        ("\(position).scale", "\(prefix)gamma"), ("\(position).offset", "\(prefix)beta"),
        ("\(position).runningMean", "\(prefix)runningMean"),
        ("\(position).runningVariance", "\(prefix)runningVariance"),
      ]
    }
    switch name {
    case "dense": return (Sequential([dense(6)]), affine)
    case "dense.noBias": return (Sequential([dense(6, hasBias: false)]), Array(affine[..<1]))
    case "dense.relu": return (Sequential([dense(6), ReLU<Scalar>()]), affine)
    case "dense.oneOutput.sigmoid": return (Sequential([dense(1), Sigmoid<Scalar>()]), affine)
    case "conv2D.valid": return (Sequential([convolution()]), filter)
    case "conv2D.valid.relu": return (Sequential([convolution(), ReLU<Scalar>()]), filter)
    case "conv2D.same": return (Sequential([convolution(padding: .same)]), filter)
    case "conv2D.same.stride2":
      return (Sequential([convolution(stride: 2, padding: .same)]), filter)
    case "conv2D.same.2x2": return (Sequential([convolution(2, padding: .same)]), filter)
    case "conv2D.noBias": return (Sequential([convolution(hasBias: false)]), Array(filter[..<1]))
    case "maxPool2D": return (Sequential([MaxPool2D<Scalar>(2)]), [])
    case "flatten": return (Sequential([Flatten<Scalar>()]), [])
    case "relu": return (Sequential([ReLU<Scalar>()]), [])
    case "sigmoid": return (Sequential([Sigmoid<Scalar>()]), [])
    case "softmax": return (Sequential([Softmax<Scalar>()]), [])
    case "batchNorm.training", "batchNorm.inference":
      return (Sequential([BatchNorm<Scalar>(channels: 4)]), norm(0))
    case "stack.training", "stack.inference":
      let layers = Sequential<Scalar> {
        Conv2D(filter: .zeros([3, 3, 4, 5]), bias: nil)
        BatchNorm(channels: 5)
        ReLU()
        MaxPool2D(2)
        Flatten()
        Dense(weight: .zeros([30, 3]), bias: .zeros([3]))
        Softmax()
      }
      return (
        layers,
        [("0.filter", "conv/weight"), ("5.weight", "dense/weight"), ("5.bias", "dense/bias")]
          + norm(1, prefix: "norm/")
      )
    default: return nil
    }
  }

  private func check<Scalar: DifferentiableScalar>(
    _ name: String, isFused: Bool, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "layers")
    var (model, names) = try #require(Self.model(name) as (Sequential<Scalar>, _)?)
    #expect(names.count == model.parameters.count)
    try model.fill(from: golden, prefix: name, names: names)
    var context = LayerCase.context(isTraining: name.hasSuffix(".training"))
    context.fusesLayers = isFused
    let input = Variable(tracking: try golden.tensor("\(name)/input", as: Scalar.self))
    let output = model(input, in: &context)
    let gradients = try output.gradients(upstream: golden.tensor("\(name)/upstream"))

    func compare(_ value: Tensor<Scalar>?, _ key: String) throws {
      let error = try #require(value, "\(key)").relativeError(to: golden.tensor("\(name)/\(key)"))
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
    }
    try compare(output.value, "output")
    try compare(gradients[input], "gradient/input")
    for (path, key) in names {
      let parameter = try #require(model.parameter(path))
      switch parameter.kind {
      case .weight: try compare(gradients[parameter], "gradient/\(key)")
      case .statistic where context.isTraining:
        try compare(context.recordedValue(for: parameter), "after/\(key)")
      case .statistic: #expect(context.recordedValue(for: parameter) == nil)
      }
    }
  }

  @Test("agree in output, gradients and statistics, fused or not", arguments: names, [true, false])
  func agrees(name: String, isFused: Bool) throws {
    try check(name, isFused: isFused, Double.self)
    try check(name, isFused: isFused, Float.self)
  }

  @Test("all cases of the file take part")
  func isComplete() { #expect(Self.names.count == 19) }
}
