import Autograd
import Tensor
import TestSupport
import Testing

/// Convolution and pooling against PyTorch, which TensorFlow agrees with: outputs and every gradient.
@Suite("Golden convolutions and poolings")
struct GoldensWindowsTests {
  static let convolutions = (try? Golden(named: "convolutions").cases()) ?? []
  static let maxPools = (try? Golden(named: "pooling").cases(startingWith: "max")) ?? []
  /// Keras' average, which leaves padding out of the count.
  ///
  /// `average.included` counts it, and differs where there is any.
  static let averagePools =
    (try? Golden(named: "pooling").cases(startingWith: "average.excluded")) ?? []

  /// The window of a case with its padding spelled out and, where the name promises it, as `.same` or `.valid`.
  private func windows(_ name: String, size: [Int], in golden: Golden) throws -> [Window2D] {
    let stride = try golden.integers("\(name)/stride")
    let padding = try golden.integers("\(name)/padding")
    let hasDilation = golden.contains("\(name)/dilation")
    let dilation = hasDilation ? try golden.integers("\(name)/dilation") : [1, 1]
    var paddings = [
      Padding.explicit(
        top: padding[0], bottom: padding[1], left: padding[2], right: padding[3])
    ]
    if name.split(separator: ".").contains("same") { paddings.append(.same) }
    if padding == [0, 0, 0, 0] { paddings.append(.valid) }
    return paddings.map {
      Window2D(
        height: size[0], width: size[1], verticalStride: stride[0], horizontalStride: stride[1],
        verticalDilation: dilation[0], horizontalDilation: dilation[1], padding: $0)
    }
  }

  private func check<Scalar: DifferentiableScalar>(
    _ name: String, of golden: Golden, _ labels: [String], _ type: Scalar.Type,
    _ operation: ([Variable<Scalar>]) -> Variable<Scalar>
  ) throws {
    let arguments = try labels.map {
      Variable(tracking: try golden.tensor("\(name)/\($0)", as: Scalar.self))
    }
    let output = operation(arguments)
    let gradients = try output.gradients(upstream: golden.tensor("\(name)/upstream"))
    try #expect(
      output.value.relativeError(to: golden.tensor("\(name)/output")) <= Scalar.goldenTolerance,
      "\(name) in \(Scalar.self)")
    for (label, argument) in zip(labels, arguments) {
      let key = "\(name)/gradient/\(label)"
      let gradient = try #require(gradients[argument])
      try #expect(
        gradient.relativeError(to: golden.tensor(key)) <= Scalar.goldenTolerance,
        "\(key) in \(Scalar.self)")
    }
  }

  @Test(
    "convolutions agree in output and gradients of input, filter and bias", arguments: convolutions)
  func convolution(name: String) throws {
    let golden = try Golden(named: "convolutions")
    let size = try Array(golden.tensor("\(name)/kernel", as: Double.self).shape[..<2])
    for window in try windows(name, size: size, in: golden) {
      let labels = ["input", "kernel", "bias"]
      try check(name, of: golden, labels, Double.self) {
        $0[0].convolution($0[1], bias: $0[2], window)
      }
      try check(name, of: golden, labels, Float.self) {
        $0[0].convolution($0[1], bias: $0[2], window)
      }
    }
  }

  @Test("max poolings agree, the first of equal maxima taking the gradient", arguments: maxPools)
  func maxPool(name: String) throws {
    let golden = try Golden(named: "pooling")
    let size = try golden.integers("\(name)/window")
    for window in try windows(name, size: size, in: golden) {
      try check(name, of: golden, ["input"], Double.self) { $0[0].maxPooled(window) }
      try check(name, of: golden, ["input"], Float.self) { $0[0].maxPooled(window) }
    }
  }

  @Test("average poolings agree, padding not counted", arguments: averagePools)
  func averagePool(name: String) throws {
    let golden = try Golden(named: "pooling")
    let size = try golden.integers("\(name)/window")
    for window in try windows(name, size: size, in: golden) {
      try check(name, of: golden, ["input"], Double.self) { $0[0].averagePooled(window) }
      try check(name, of: golden, ["input"], Float.self) { $0[0].averagePooled(window) }
    }
  }

  @Test("all cases of the files take part")
  func isComplete() {
    #expect(
      Self.convolutions.count == 25 && Self.maxPools.count == 13 && Self.averagePools.count == 10)
  }
}
