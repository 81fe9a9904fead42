import Autograd
import Optim
import Tensor

/// Numbers in −1...1, the same for the same seed.
func randomTensor(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Float> {
  var random = RandomGenerator(seed: seed)
  return .uniform(shape, in: -1..<1, using: &random)
}

private func unary(
  _ name: String, bytesPerScalar: Double,
  _ body: @escaping (Tensor<Float>) -> Tensor<Float>
) -> Case {
  Case(name: name, bytes: bytesPerScalar * 0x1p24) { _ in
    let x = randomTensor([4096, 4096])
    return { _ = body(x) }
  }
}

private func sum(_ name: String, shape: [Int]) -> Case {
  Case(name: name, bytes: 4 * (0x1p24 + 2 * Double(shape.reduce(1, *)))) { _ in
    let (a, b) = (randomTensor([4096, 4096]), randomTensor(shape, seed: 2))
    return { _ = a + b }
  }
}

private func product(_ size: Int) -> Case {
  Case(name: "sgemm \(size)", operations: 2 * Double(size * size * size)) { _ in
    let (a, b) = (randomTensor([size, size]), randomTensor([size, size], seed: 2))
    return { _ = a.matrixProduct(b) }
  }
}

/// One step of Adam on parameters of these shapes, which reads four arrays and writes three.
private func adam(_ name: String, shapes: [[Int]]) -> Case {
  let count = shapes.reduce(0) { $0 + $1.reduce(1, *) }
  return Case(name: name, bytes: 28 * Double(count)) { _ in
    var weights = shapes.map { Parameter(randomTensor($0)) }
    let gradients = shapes.map { randomTensor($0, seed: 2) }
    var optimizer = Adam<Float>()
    return {
      optimizer.stepCount += 1
      for (index, gradient) in gradients.enumerated() {
        optimizer.update(&weights[index], gradient: gradient)
      }
    }
  }
}

/// The parameters of the article's network.
private let articleShapes = [
  [3, 3, 3, 32], [32], [3, 3, 32, 128], [128], [3, 3, 128, 64], [64], [3, 3, 64, 128], [128],
  [86528, 64], [64], [64, 1], [1],
]

/// Sizes as in the scripts for other frameworks: 2²⁴ scalars, as a matrix of 4096 × 4096.
var kernelCases: [Case] {
  [
    sum("add", shape: [4096, 4096]),
    sum("add row", shape: [4096]),
    sum("add column", shape: [4096, 1]),
    unary("exp", bytesPerScalar: 8) { $0.exp() },
    unary("tanh", bytesPerScalar: 8) { $0.tanh() },
    unary("relu", bytesPerScalar: 8) { $0.relu() },
    unary("sum", bytesPerScalar: 4) { $0.sum() },
    unary("sum over rows", bytesPerScalar: 4) { $0.sum(alongAxis: 0) },
    unary("sum over columns", bytesPerScalar: 4) { $0.sum(alongAxis: 1) },
    unary("softmax", bytesPerScalar: 8) { $0.softmax() },
    unary("transpose", bytesPerScalar: 8) { $0.transposed().contiguous() },
    adam("adam 5.7 M", shapes: articleShapes),
    adam("adam 50 M", shapes: Array(repeating: [4_166_667], count: 12)),
    product(512), product(1024), product(2048),
  ]
}
