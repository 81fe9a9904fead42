public import Autograd
public import Tensor

/// The largest difference between the gradient of `function` at `point` and central differences, relative to the size of
/// the gradient (or absolute where that is below one).
///
/// - Parameter function: Of one scalar. Weight the outputs unevenly before summing: a plain sum hides errors.
public func gradientError(
  at point: Tensor<Double>, step: Double = 1e-5,
  _ function: (Variable<Double>) -> Variable<Double>
) -> Double {
  gradientErrors(at: [point], step: step) { function($0[0]) }[0]
}

/// As `gradientError(at:)`, for a function of several arguments: the error of each argument's gradient.
public func gradientErrors(
  at points: [Tensor<Double>], step: Double = 1e-5,
  _ function: ([Variable<Double>]) -> Variable<Double>
) -> [Double] {
  let variables = points.map { Variable(tracking: $0) }
  let gradients = function(variables).gradients()
  return points.indices.map { index in
    let numeric = centralDifferences(
      of: { moved in
        var arguments = points
        arguments[index] = moved
        return function(arguments.map { Variable($0) }).item()
      }, at: points[index], step: step)
    return relativeDifference(gradients[variables[index]] ?? .zeros(points[index].shape), numeric)
  }
}

/// The error of second derivatives: that of the gradient of `Σ w · ∇f`, with uneven weights `w`, for every argument.
///
/// Both the recorded sweep and the pullbacks of pullbacks take part, mixed derivatives between the arguments included.
public func secondDerivativeErrors(
  at points: [Tensor<Double>], step: Double = 1e-5,
  _ function: ([Variable<Double>]) -> Variable<Double>
) -> [Double] {
  gradientErrors(at: points, step: step) { arguments in
    // The inner gradient needs leaves even where the outer function is called with constants.
    let inner = arguments.map { $0.isRecorded ? $0 : Variable(tracking: $0.value) }
    let gradients = function(inner).recordedGradients(withRespectTo: inner)
    return gradients.enumerated().reduce(Variable(Tensor(0))) { sum, gradient in
      let weights = Tensor<Double>.ramp(gradient.element.shape, phase: Double(gradient.offset))
      return sum + (gradient.element * Variable(weights)).sum()
    }
  }
}

private func centralDifferences(
  of function: (Tensor<Double>) -> Double, at point: Tensor<Double>, step: Double
) -> Tensor<Double> {
  let scalars = point.scalars
  let slopes = scalars.indices.map { index in
    var (above, below) = (scalars, scalars)
    above[index] += step
    below[index] -= step
    return
      (function(Tensor(above, shape: point.shape)) - function(Tensor(below, shape: point.shape)))
      / (2 * step)
  }
  return Tensor(slopes, shape: point.shape)
}

private func relativeDifference(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Double {
  guard x.shape == y.shape else { return .infinity }
  let largest = y.scalars.map(\.magnitude).max() ?? 0
  let difference = zip(x.scalars, y.scalars).map { ($0 - $1).magnitude }
  // A plain maximum would let what is not a number pass.
  if difference.contains(where: \.isNaN) { return .infinity }
  return (difference.max() ?? 0) / max(largest, 1)
}
