public import Tensor

// Where the maximum lies does not change under small changes of the input, so that max pooling is linear around it: picking
// the winners and placing gradients at them are each other's derivatives.

extension Variable {
  /// The largest scalar of every window, channel by channel.
  ///
  /// See `Tensor.maxPooled(_:)`.
  public func maxPooled(_ window: Window2D) -> Variable {
    guard isRecorded else { return Variable(value.maxPooled(window)) }
    let inputShape = shape
    let (maxima, indices) = value.maxPooledWithIndices(window)
    return Variable(maxima, from: [self], keeping: .nothing) { _, upstream in
      [.maxPoolGradient(upstream: upstream, indices: indices, inputShape: inputShape, window)]
    }
  }

  /// The scalar at the position named by `indices` in every window.
  public func picked(at indices: Tensor<UInt8>, _ window: Window2D) -> Variable {
    let inputShape = shape
    return Variable(
      value.picked(at: indices, window), from: [self], keeping: .nothing
    ) { _, upstream in
      [.maxPoolGradient(upstream: upstream, indices: indices, inputShape: inputShape, window)]
    }
  }

  /// The gradient of `maxPooled`.
  public static func maxPoolGradient(
    upstream: Variable, indices: Tensor<UInt8>, inputShape: [Int], _ window: Window2D
  ) -> Variable {
    Variable(
      .maxPoolGradient(
        upstream: upstream.value, indices: indices, inputShape: inputShape, window),
      from: [upstream], keeping: .nothing
    ) { _, next in
      [next.picked(at: indices, window)]
    }
  }

  /// The mean of every window, channel by channel.
  ///
  /// See `Tensor.averagePooled(_:)`.
  public func averagePooled(_ window: Window2D) -> Variable {
    let inputShape = shape
    return Variable(value.averagePooled(window), from: [self], keeping: .nothing) { _, upstream in
      [.averagePoolGradient(upstream: upstream, inputShape: inputShape, window)]
    }
  }

  /// The gradient of `averagePooled`.
  public static func averagePoolGradient(
    upstream: Variable, inputShape: [Int], _ window: Window2D
  ) -> Variable {
    Variable(
      .averagePoolGradient(upstream: upstream.value, inputShape: inputShape, window),
      from: [upstream], keeping: .nothing
    ) { _, next in
      [next.averagePooled(window)]
    }
  }
}
