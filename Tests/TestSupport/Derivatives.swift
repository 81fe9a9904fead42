public import Autograd
public import Tensor

/// A function with arguments to differentiate it at, for tables of tests.
///
/// `derivativeError` checks what every recorded operation promises: values like those on plain tensors, the gradient of every
/// argument, and, where the function is smooth, second derivatives, mixed ones included.
public struct Differentiable: Sendable {
  /// What a failing test calls it.
  public let name: String
  /// Where the arguments stand.
  public let points: [Tensor<Double>]
  /// The function.
  ///
  /// The test weights its outputs unevenly before summing: a plain sum hides errors.
  public let function: @Sendable ([Variable<Double>]) -> Variable<Double>
  /// Whether second derivatives are defined at the points, and worth the time.
  public let isSmooth: Bool

  /// A function of several arguments.
  public init(
    _ name: String, at points: [Tensor<Double>], isSmooth: Bool = true,
    _ function: @escaping @Sendable ([Variable<Double>]) -> Variable<Double>
  ) {
    self.name = name
    self.points = points
    self.isSmooth = isSmooth
    self.function = function
  }

  /// A function of one argument.
  public init(
    _ name: String, at point: Tensor<Double>, isSmooth: Bool = true,
    _ function: @escaping @Sendable (Variable<Double>) -> Variable<Double>
  ) {
    self.init(name, at: [point], isSmooth: isSmooth) { function($0[0]) }
  }

  private func weighted(_ arguments: [Variable<Double>]) -> Variable<Double> {
    let output = function(arguments)
    return (output * Variable(.ramp(output.shape, phase: 0.5))).sum()
  }

  /// The error of each argument's gradient against central differences.
  public func firstErrors() -> [Double] { gradientErrors(at: points, weighted) }

  /// The error of each argument's second derivatives against central differences.
  public func secondErrors() -> [Double] { secondDerivativeErrors(at: points, weighted) }

  /// Whether the gradients are the same, to rounding, for arguments that lie in memory in other ways.
  public func viewError() -> Double {
    func gradients(_ arguments: [Tensor<Double>]) -> [Tensor<Double>] {
      let variables = arguments.map { Variable(tracking: $0) }
      let found = weighted(variables).gradients()
      return variables.map { found[$0] ?? .zeros($0.shape) }
    }
    let expected = gradients(points)
    var largest = 0.0
    for index in points.indices {
      for (_, view) in views(of: points[index]) {
        var arguments = points
        arguments[index] = view
        for (x, y) in zip(gradients(arguments), expected) {
          largest = max(largest, x.relativeError(to: y))
        }
      }
    }
    return largest
  }
}
