import Tensor

extension Variable {
  /// The matrix product over the last two axes; the axes before them broadcast.
  ///
  /// See `Tensor.matrixProduct(_:)`.
  public func matrixProduct(_ other: Variable) -> Variable {
    let (xShape, yShape) = (shape, other.shape)
    var keeping: Keeping = []
    if other.isRecorded { keeping.insert(.input(0)) }
    if isRecorded { keeping.insert(.input(1)) }
    return Variable(
      value.matrixProduct(other.value), from: [self, other], keeping: keeping
    ) { saved, upstream in
      [
        saved.needed[0]
          ? upstream.matrixProduct(saved.input(1).transposed()).summed(to: xShape) : nil,
        saved.needed[1]
          ? saved.input(0).transposed().matrixProduct(upstream).summed(to: yShape) : nil,
      ]
    }
  }
}
