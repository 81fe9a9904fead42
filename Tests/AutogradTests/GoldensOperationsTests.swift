import Autograd
import Tensor
import TestSupport
import Testing

/// Outputs and gradients of operations against those of PyTorch.
@Suite("Golden operations")
struct GoldensOperationsTests {
  static let names = (try? Golden(named: "operations").cases()) ?? []

  /// The operation that a case is named after.
  private static func operation<Scalar>(
    _ name: String, axes: [Int], _ arguments: [Variable<Scalar>]
  ) -> Variable<Scalar>? {
    let x = arguments[0]
    let parts = name.split(separator: ".")
    switch parts[0] {
    case "sigmoid": return x.sigmoid()
    case "tanh": return x.tanh()
    case "softplus": return x.softplus()
    case "relu": return x.relu()
    // These two are no operations of ours; they show erf and tanh inside products.
    case "geluErf": return x * (x.scaled(by: 1 / Scalar(2).squareRoot()).erf() + 1).scaled(by: 0.5)
    case "geluTanh":
      let inner = (x + (x * x * x).scaled(by: 0.044715)).scaled(by: (2 / Scalar.pi).squareRoot())
      return x * (inner.tanh() + 1).scaled(by: 0.5)
    case "softmax": return alongLast(x, axes) { $0.softmax() }
    case "logSoftmax": return alongLast(x, axes) { $0.logSoftmax() }
    case "logSumExp": return x.logSumExp(alongAxes: axes)
    case "mean": return x.mean(alongAxes: axes)
    case "variance":
      return x.variance(alongAxes: axes, correction: parts.last == "sample" ? 1 : 0)
    case "matrixProduct": return x.matrixProduct(arguments[1])
    default: return nil
    }
  }

  /// `function`, which works along the last axis, along another.
  private static func alongLast<Scalar>(
    _ x: Variable<Scalar>, _ axes: [Int], _ function: (Variable<Scalar>) -> Variable<Scalar>
  ) -> Variable<Scalar> {
    var order = Array(0..<x.rank)
    order.swapAt((axes[0] + x.rank) % x.rank, x.rank - 1)
    return function(x.permuted(order)).permuted(order)
  }

  private func check<Scalar: DifferentiableScalar>(_ name: String, _ type: Scalar.Type) throws {
    let golden = try Golden(named: "operations")
    let labels = golden.contains("\(name)/input") ? ["input"] : ["left", "right"]
    let axes = golden.contains("\(name)/axes") ? try golden.integers("\(name)/axes") : []
    let arguments = try labels.map {
      Variable(tracking: try golden.tensor("\(name)/\($0)", as: Scalar.self))
    }
    let output = try #require(Self.operation(name, axes: axes, arguments), "\(name) is unknown")
    let gradients = try output.gradients(upstream: golden.tensor("\(name)/upstream"))
    // One huge entry would hide the others in a norm.
    let isUneven = name.hasSuffix(".far") || name.hasSuffix(".hard")
    func compare(_ result: Tensor<Scalar>, _ key: String) throws {
      let expected = try golden.tensor(key, as: Scalar.self)
      let error =
        isUneven ? result.largestEntryError(to: expected) : result.relativeError(to: expected)
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self)")
    }
    try compare(output.value, "\(name)/output")
    for (label, argument) in zip(labels, arguments) {
      try compare(try #require(gradients[argument]), "\(name)/gradient/\(label)")
    }
  }

  @Test("agree with PyTorch in output and every gradient", arguments: names)
  func agrees(name: String) throws {
    try check(name, Double.self)
    try check(name, Float.self)
  }

  @Test("all cases of the file take part")
  func isComplete() { #expect(Self.names.count == 43) }
}
