import Autograd
import Layers
import Optim
import Tensor

private func random(_ shape: [Int], _ seed: UInt64 = 1) -> Tensor<Float> {
  var random = RandomGenerator(seed: seed)
  return .uniform(shape, in: -1..<1, using: &random)
}

private func unary(
  _ name: String, shape: [Int], bytesPerScalar: Double,
  _ body: @escaping (Tensor<Float>) -> Tensor<Float>
) -> Case {
  Case(
    name: name, batch: 0, bytes: bytesPerScalar * Double(shape.reduce(1, *))
  ) { _ in
    let x = random(shape)
    return { _ = body(x) }
  }
}

private func product(_ size: Int) -> Case {
  Case(name: "sgemm \(size)", batch: 0, operations: 2 * Double(size * size * size)) { _ in
    let (a, b) = (random([size, size]), random([size, size], 2))
    return { _ = a.matrixProduct(b) }
  }
}

/// Sizes as in the tables of other frameworks: 2²⁴ scalars, or a matrix of 4096 × 4096.
var kernelCases: [Case] {
  [
    Case(name: "add, 16 M", batch: 0, bytes: 12 * 0x1p24) { _ in
      let (a, b) = (random([1 << 24]), random([1 << 24], 2))
      return { _ = a + b }
    },
    Case(name: "add row, 4096 × 4096", batch: 0, bytes: 8 * 0x1p24) { _ in
      let (a, b) = (random([4096, 4096]), random([4096], 2))
      return { _ = a + b }
    },
    unary("exp, 16 M", shape: [1 << 24], bytesPerScalar: 8) { $0.exp() },
    unary("tanh, 16 M", shape: [1 << 24], bytesPerScalar: 8) { $0.tanh() },
    unary("relu, 16 M", shape: [1 << 24], bytesPerScalar: 8) { $0.relu() },
    unary("sum, 16 M", shape: [1 << 24], bytesPerScalar: 4) { $0.sum() },
    unary("sum over rows, 4096 × 4096", shape: [4096, 4096], bytesPerScalar: 4) {
      $0.sum(alongAxis: 0)
    },
    unary("sum over columns, 4096 × 4096", shape: [4096, 4096], bytesPerScalar: 4) {
      $0.sum(alongAxis: 1)
    },
    unary("softmax, 4096 × 4096", shape: [4096, 4096], bytesPerScalar: 8) { $0.softmax() },
    unary("transpose, 4096 × 4096", shape: [4096, 4096], bytesPerScalar: 8) {
      $0.transposed().contiguous()
    },
    product(512), product(1024), product(2048),
  ]
}

/// Forward, and forward with the gradients of input and parameters.
private func layer(
  _ name: String, input shape: [Int], operations: Double, isTraining: Bool,
  _ make: @escaping (inout RandomGenerator) -> any Layer<Float>
) -> Case {
  Case(name: name, batch: shape[0], operations: operations) { batch in
    var generator = RandomGenerator(seed: 1)
    let layer = Sequential<Float>([make(&generator)])
    let input = random([batch] + shape.dropFirst())
    guard isTraining else { return { _ = layer(input) } }
    let weights = Variable(random(layer.outputShape(for: input.shape), 3))
    return {
      var context = Context.recordedInference
      _ = (layer(Variable(tracking: input), in: &context) * weights).sum().gradients()
    }
  }
}

private func convolution(
  _ name: String, _ size: Int, channels: (Int, Int), kernel: Int, stride: Int = 1, batch: Int = 16
) -> [Case] {
  let output = (size + stride - 1) / stride
  let operations = 2 * Double(batch * output * output * kernel * kernel * channels.0 * channels.1)
  return [false, true].map { isTraining in
    layer(
      name + (isTraining ? ", forward + backward" : ", forward"),
      input: [batch, size, size, channels.0], operations: operations * (isTraining ? 3 : 1),
      isTraining: isTraining
    ) {
      Conv2D(
        inputChannels: channels.0, outputChannels: channels.1, kernelSize: kernel, stride: stride,
        padding: .same, using: &$0)
    }
  }
}

var layerCases: [Case] {
  convolution("conv 1×1 64→64, 56²", 56, channels: (64, 64), kernel: 1)
    + convolution("conv 5×5 64→64, 56²", 56, channels: (64, 64), kernel: 5)
    + convolution("conv 3×3/2 64→64, 56²", 56, channels: (64, 64), kernel: 3, stride: 2)
    + [
      layer("batch norm 64, 56², f + b", input: [16, 56, 56, 64], operations: 0, isTraining: true) {
        _ in BatchNorm(channels: 64)
      },
      layer(
        "max pool 2, 112² × 64, forward", input: [8, 112, 112, 64], operations: 0, isTraining: false
      ) {
        _ in MaxPool2D(2)
      },
      layer(
        "max pool 2, 112² × 64, f + b", input: [8, 112, 112, 64], operations: 0, isTraining: true
      ) {
        _ in MaxPool2D(2)
      },
      layer(
        "dense 4096→4096, batch 64, f + b", input: [64, 4096], operations: 6 * 64 * 0x1p24,
        isTraining: true
      ) { Dense(inputSize: 4096, outputSize: 4096, using: &$0) },
      Case(name: "adam, 5.7 M weights", batch: 0, bytes: 28 * 5.7e6) { _ in
        var weight = Parameter(random([5_700_000]))
        let gradient = random([5_700_000], 2)
        var optimizer = Adam<Float>()
        return {
          optimizer.stepCount += 1
          optimizer.update(&weight, gradient: gradient)
        }
      },
    ]
    + convolution("conv 3×3 64→64, 56²", 56, channels: (64, 64), kernel: 3)
}
