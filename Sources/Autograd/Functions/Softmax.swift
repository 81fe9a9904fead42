import Tensor

extension Variable {
  /// The softmax of every row along the last axis.
  ///
  /// See `Tensor.softmax()`.
  public func softmax() -> Variable {
    Variable(value.softmax(), from: [self], keeping: .output) { saved, upstream in
      [.softmaxGradient(output: saved.output, upstream: upstream)]
    }
  }

  /// The logarithm of the softmax of every row along the last axis.
  ///
  /// See `Tensor.logSoftmax()`.
  public func logSoftmax() -> Variable {
    Variable(value.logSoftmax(), from: [self], keeping: .output) { saved, upstream in
      [.logSoftmaxGradient(output: saved.output, upstream: upstream)]
    }
  }
}
