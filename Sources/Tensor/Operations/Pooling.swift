extension Tensor where Scalar: DifferentiableScalar {
  /// The largest scalar of every window, channel by channel.
  ///
  /// Padding takes no part.
  ///
  /// - Returns: `[batch, outputHeight, outputWidth, channels]` for `[batch, height, width, channels]`.
  public func maxPooled(_ window: Window2D) -> Tensor {
    maxPooled(window, indices: nil)
  }

  /// The largest scalar of every window, and where in the window it was: the first of several, not a number before all.
  ///
  /// - Returns: Both of shape `[batch, outputHeight, outputWidth, channels]`. An index is
  ///   `tap row · window width + tap column`; a window may have 256 taps at the most.
  public func maxPooledWithIndices(
    _ window: Window2D
  ) -> (maxima: Tensor, indices: Tensor<UInt8>) {
    let outputShape = window.outputShape(for: shape, channels: shape.last ?? 0)
    var maxima = self
    let indices = Tensor<UInt8>(shape: outputShape) { buffer in
      maxima = maxPooled(window, indices: buffer.baseAddress)
    }
    return (maxima, indices)
  }

  private func maxPooled(_ window: Window2D, indices: UnsafeMutablePointer<UInt8>?) -> Tensor {
    let placed = Self.placed(window, on: shape, "maxPooled")
    require(
      window.height * window.width <= 256,
      "maxPooled: a window may have 256 taps at the most, got \(window.height) × \(window.width)")
    let channels = shape[3]
    let input = contiguous()
    let imageCount = ShapeRules.count(Array(shape[1...]))
    let (height, rowCount) = (placed.outputHeight, placed.outputWidth * channels)
    return withExtendedLifetime(input) {
      Tensor(shape: window.outputShape(for: shape, channels: channels)) { buffer in
        guard let out = buffer.baseAddress else { return }
        let (from, to, at) = (Unchecked(input.pointer), Unchecked(out), Unchecked(indices))
        let taps = window.height * window.width
        let grain = Swift.max(1, (1 << 16) / Swift.max(1, rowCount * taps))
        let parts = (height + grain - 1) / grain
        Parallel.forEach(shape[0] * parts) { slot in
          let (image, part) = slot.quotientAndRemainder(dividingBy: parts)
          let start = image * height * rowCount
          Scalar.kernels.pooling.maximum(
            from.value + image * imageCount, to.value + start, at.value.map { $0 + start },
            channels, placed, part * grain..<Swift.min(height, (part + 1) * grain))
        }
      }
    }
  }

  /// The scalar at the position named by `indices` in every window: the adjoint of `maxPoolGradient`.
  public func picked(at indices: Tensor<UInt8>, _ window: Window2D) -> Tensor {
    let placed = Self.placed(window, on: shape, "picked")
    let channels = shape[3]
    let outputShape = window.outputShape(for: shape, channels: channels)
    require(
      indices.shape == outputShape,
      "picked: needs indices of shape \(outputShape), got \(indices.shape)")
    let (input, indices) = (contiguous(), indices.contiguous())
    Self.check(indices, of: placed, "picked")
    return Self.perImage(
      of: input, shape: outputShape, indices: indices
    ) { from, index, to in
      Scalar.kernels.pooling.pick(from, index, to, channels, placed)
    }
  }

  /// The gradient of `maxPooled`: each scalar of `upstream` goes to the position that won its window.
  ///
  /// - Parameters:
  ///   - upstream: `[batch, outputHeight, outputWidth, channels]`.
  ///   - indices: As `maxPooledWithIndices` returned them.
  ///   - inputShape: `[batch, height, width, channels]`, the shape of the result.
  ///   - window: The geometry of the forward pass.
  public static func maxPoolGradient(
    upstream: Tensor, indices: Tensor<UInt8>, inputShape: [Int], _ window: Window2D
  ) -> Tensor {
    let placed = placed(window, on: inputShape, "maxPoolGradient")
    let channels = inputShape[3]
    let outputShape = window.outputShape(for: inputShape, channels: channels)
    require(
      upstream.shape == outputShape && indices.shape == outputShape,
      "maxPoolGradient: needs shape \(outputShape), got \(upstream.shape) and indices \(indices.shape)"
    )
    let (upstream, indices) = (upstream.contiguous(), indices.contiguous())
    check(indices, of: placed, "maxPoolGradient")
    let writes = CachePolicy.writing(
      byteCount: ShapeRules.count(inputShape) * MemoryLayout<Scalar>.stride)
    return perImage(
      of: upstream, shape: inputShape, indices: indices
    ) { from, index, to in
      Scalar.kernels.pooling.place(from, index, to, channels, placed, writes)
    }
  }

  /// The mean of every window, channel by channel.
  ///
  /// Padding takes no part and is not counted, as in Keras.
  ///
  /// - Returns: `[batch, outputHeight, outputWidth, channels]` for `[batch, height, width, channels]`.
  public func averagePooled(_ window: Window2D) -> Tensor {
    let placed = Self.placed(window, on: shape, "averagePooled")
    let channels = shape[3]
    return Self.perImage(
      of: contiguous(), shape: window.outputShape(for: shape, channels: channels), indices: nil
    ) { from, _, to in
      Scalar.kernels.pooling.average(from, to, channels, placed)
    }
  }

  /// The gradient of `averagePooled`: each scalar of `upstream` goes in equal parts to the taps of its window.
  ///
  /// - Parameters:
  ///   - upstream: `[batch, outputHeight, outputWidth, channels]`.
  ///   - inputShape: `[batch, height, width, channels]`, the shape of the result.
  ///   - window: The geometry of the forward pass.
  public static func averagePoolGradient(
    upstream: Tensor, inputShape: [Int], _ window: Window2D
  ) -> Tensor {
    let placed = placed(window, on: inputShape, "averagePoolGradient")
    let channels = inputShape[3]
    let outputShape = window.outputShape(for: inputShape, channels: channels)
    require(
      upstream.shape == outputShape,
      "averagePoolGradient: needs shape \(outputShape), got \(upstream.shape)")
    return perImage(
      of: upstream.contiguous(), shape: inputShape, indices: nil
    ) { from, _, to in
      Scalar.kernels.pooling.spread(from, to, channels, placed)
    }
  }

  /// The window on this image.
  ///
  /// Every position must have a tap on it: a window of padding alone has no maximum and no mean.
  private static func placed(
    _ window: Window2D, on shape: [Int], _ operation: String
  ) -> PlacedWindow {
    require(
      window.groups == 1 && window.algorithm == .automatic,
      "\(operation): pooling knows no groups and no algorithms, got \(window.groups) and "
        + "\(window.algorithm)")
    let placed = window.placed(on: shape, operation)
    require(
      (0..<placed.outputHeight).allSatisfy { !placed.rowTaps(at: $0).isEmpty }
        && (0..<placed.outputWidth).allSatisfy { !placed.columnTaps(at: $0).isEmpty },
      """
      \(operation): a padding of \(placed.top), \(placed.bottom), \(placed.left), \(placed.right) leaves a window of \
      \(window.height) × \(window.width) without a pixel of shape \(shape)
      """)
    return placed
  }

  /// Makes sure that every index names a pixel under its window: the kernels read and write wherever it points.
  private static func check(
    _ indices: Tensor<UInt8>, of placed: PlacedWindow, _ operation: String
  ) {
    let (height, channels) = (placed.outputHeight, indices.shape[3])
    let columns = (0..<placed.outputWidth).map { placed.columnTaps(at: $0) }
    // The windows of a row that no edge of the image cuts, from left to right; any index below the number of taps will do.
    let isWhole = columns.map { $0.count == placed.window.width }
    let first = isWhole.firstIndex(of: true) ?? 0
    let whole = first..<(isWhole[first...].firstIndex(of: false) ?? isWhole.count)
    let base = Unchecked(UnsafePointer(indices.pointer))
    Parallel.forEach(indices.shape[0]) { image in
      for y in 0..<height {
        let rows = placed.rowTaps(at: y)
        let row = base.value + (image * height + y) * columns.count * channels
        let checked = rows.count == placed.window.height ? whole : 0..<0
        let count = checked.count * channels
        let start = row + checked.lowerBound * channels
        var largest: UInt8 = 0
        for i in 0..<count { largest = Swift.max(largest, start[i]) }
        for x in columns.indices
        where !checked.contains(x) || Int(largest) >= placed.window.height * placed.window.width {
          for c in 0..<channels {
            let index = row[x * channels + c]
            let tap = Int(index).quotientAndRemainder(dividingBy: placed.window.width)
            require(
              rows.contains(tap.quotient) && columns[x].contains(tap.remainder),
              """
              \(operation): index \(index) names no pixel under the window of \(placed.window.height) × \
              \(placed.window.width) at position [\(y), \(x)]
              """)
          }
        }
      }
    }
    withExtendedLifetime(indices) {}
  }

  /// A tensor of `shape` made image by image from `source` and, where there are any, `indices` of the windows' shape.
  private static func perImage(
    of source: Tensor, shape: [Int], indices: Tensor<UInt8>?,
    _ body:
      @Sendable (
        _ from: UnsafePointer<Scalar>, _ indices: UnsafePointer<UInt8>,
        _ to: UnsafeMutablePointer<Scalar>
      ) -> Void
  ) -> Tensor {
    let sourceCount = ShapeRules.count(Array(source.shape[1...]))
    let count = ShapeRules.count(Array(shape[1...]))
    let indexCount = indices.map { ShapeRules.count(Array($0.shape[1...])) } ?? 0
    let chosen = indices ?? Tensor<UInt8>.zeros([1])
    return withExtendedLifetime((source, chosen)) {
      Tensor(shape: shape) { buffer in
        guard let out = buffer.baseAddress else { return }
        let (from, to, at) = (Unchecked(source.pointer), Unchecked(out), Unchecked(chosen.pointer))
        Parallel.forEach(shape[0]) { image in
          body(
            from.value + image * sourceCount, at.value + image * indexCount,
            to.value + image * count)
        }
      }
    }
  }
}
