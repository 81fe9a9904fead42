public import Tensor

extension Variable: TensorLike {
  /// The sum over `axes`.
  public func sum(alongAxes axes: [Int], keepingDimensions: Bool) -> Variable {
    let (inputShape, keptShape) = (shape, keptShape(axes))
    return Variable(
      value.sum(alongAxes: axes, keepingDimensions: keepingDimensions), from: [self],
      keeping: .nothing
    ) { _, upstream in
      [upstream.reshaped(to: keptShape).broadcast(to: inputShape)]
    }
  }

  /// The least scalar over `axes`.
  ///
  /// Its gradient goes in equal parts to all that equal it.
  public func min(alongAxes axes: [Int], keepingDimensions: Bool) -> Variable {
    extremum(
      value.min(alongAxes: axes, keepingDimensions: keepingDimensions), axes: axes)
  }

  /// The largest scalar over `axes`.
  ///
  /// Its gradient goes in equal parts to all that equal it.
  public func max(alongAxes axes: [Int], keepingDimensions: Bool) -> Variable {
    extremum(
      value.max(alongAxes: axes, keepingDimensions: keepingDimensions), axes: axes)
  }

  private func extremum(_ value: Tensor<Scalar>, axes: [Int]) -> Variable {
    let keptShape = keptShape(axes)
    return Variable(value, from: [self], keeping: [.inputs, .output]) { saved, upstream in
      [
        .extremumGradient(
          input: saved.input(0), output: saved.output.reshaped(to: keptShape),
          upstream: upstream.reshaped(to: keptShape), axes: axes)
      ]
    }
  }

  /// The shape with `axes` at size 1.
  private func keptShape(_ axes: [Int]) -> [Int] {
    ShapeRules.reduced(
      shape, axes: ShapeRules.normalize(axes: axes, rank: rank, "reduction"),
      keepingDimensions: true)
  }
}
