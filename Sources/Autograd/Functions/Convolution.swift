public import Tensor

// Convolution is linear in its input and in its filter, and so are its two gradients in their operands: the three are each
// other's derivatives, to any order.

extension Variable {
  /// The convolution of images with a filter.
  ///
  /// See `Tensor.convolution(_:bias:_:)`.
  public func convolution(_ filter: Variable, bias: Variable?, _ window: Window2D) -> Variable {
    let (inputShape, filterShape) = (shape, filter.shape)
    var keeping: Keeping = []
    if filter.isRecorded { keeping.insert(.input(0)) }
    if isRecorded { keeping.insert(.input(1)) }
    return Variable(
      value.convolution(filter.value, bias: bias?.value, window),
      from: [self, filter] + (bias.map { [$0] } ?? []), keeping: keeping
    ) { saved, upstream in
      if !saved.isRecording, saved.needed[0], saved.needed[1] {
        let all = Tensor.convolutionGradients(
          upstream: upstream.value, input: saved.input(0).value, filter: saved.input(1).value,
          window, needingInput: true)
        return [all.input.map { Variable($0) }, Variable(all.filter), Variable(all.bias)]
          .prefix(saved.needed.count).map { $0 }
      }
      var gradients: [Variable?] = [
        saved.needed[0]
          ? .convolutionInputGradient(
            upstream: upstream, filter: saved.input(1), inputShape: inputShape, window) : nil,
        saved.needed[1]
          ? .convolutionFilterGradient(
            upstream: upstream, input: saved.input(0), filterShape: filterShape, window) : nil,
      ]
      if saved.needed.count == 3 {
        gradients.append(saved.needed[2] ? upstream.sum(alongAxes: [0, 1, 2]) : nil)
      }
      return gradients
    }
  }

  /// The gradient of `convolution` with respect to its input.
  public static func convolutionInputGradient(
    upstream: Variable, filter: Variable, inputShape: [Int], _ window: Window2D
  ) -> Variable {
    let filterShape = filter.shape
    return Variable(
      .convolutionInputGradient(
        upstream: upstream.value, filter: filter.value, inputShape: inputShape, window),
      from: [upstream, filter], keeping: .inputs
    ) { saved, next in
      [
        saved.needed[0] ? next.convolution(saved.input(1), bias: nil, window) : nil,
        saved.needed[1]
          ? .convolutionFilterGradient(
            upstream: saved.input(0), input: next, filterShape: filterShape, window) : nil,
      ]
    }
  }

  /// The gradient of `convolution` with respect to its filter.
  public static func convolutionFilterGradient(
    upstream: Variable, input: Variable, filterShape: [Int], _ window: Window2D
  ) -> Variable {
    let inputShape = input.shape
    return Variable(
      .convolutionFilterGradient(
        upstream: upstream.value, input: input.value, filterShape: filterShape, window),
      from: [upstream, input], keeping: .inputs
    ) { saved, next in
      [
        saved.needed[0] ? saved.input(1).convolution(next, bias: nil, window) : nil,
        saved.needed[1]
          ? .convolutionInputGradient(
            upstream: saved.input(0), filter: next, inputShape: inputShape, window) : nil,
      ]
    }
  }
}
