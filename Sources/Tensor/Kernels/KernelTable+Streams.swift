import CKernels

// The loops of `Float` in vector instructions, in place of the plain ones.

extension KernelTable<Float> {
  /// The table of an instruction set.
  package static func vector(_ set: InstructionSet) -> KernelTable {
    var table = KernelTable(name: set.rawValue, convolution: .kernels, stretch: .kernels)
    let streams = set.streams
    table.exp = unary(streams.exp, else: table.exp)
    table.log = unary(streams.log, else: table.log)
    table.sqrt = unary(streams.sqrt, else: table.sqrt)
    table.tanh = unary(streams.tanh, else: table.tanh)
    table.sigmoid = unary(streams.sigmoid, else: table.sigmoid)
    table.softplus = unary(streams.softplus, else: table.softplus)
    table.relu = unary(streams.relu, else: table.relu)
    table.divide = binary(streams.divide, else: table.divide)
    table.reluGradient = binary(streams.relu_gradient, else: table.reluGradient)
    table.pooling = .vector(set)
    let shared = Unchecked(streams)
    table.softmaxRow = { shared.value.softmax_row($0, $1, $2, $3.flag) }
    table.dropout = { x, out, count, start, rate, key, writes in
      shared.value.dropout(
        x, out, count, UInt64(start), key.bits.x, key.bits.y, dropoutThreshold(rate: rate),
        Float(1 / (1 - rate)), writes.flag)
    }
    table.adam = { w, m, v, g, count, step in
      shared.value.adam(
        w, m, v, g, count, step.beta1, step.beta2, step.rate, step.rootScale, step.epsilon,
        step.decay)
    }
    table.sgd = { w, velocity, g, count, step in
      shared.value.momentum_step(
        w, velocity, g, count, step.learningRate, step.momentum, step.weightDecay,
        step.isNesterov ? 1 : 0)
    }
    let product = VectorProduct(set)
    table.product = {
      product.multiply(
        VectorProduct.Operand($0, leading: $1, isTransposed: $2),
        VectorProduct.Operand($3, leading: $4, isTransposed: $5), m: $6, n: $7, k: $8, into: $9,
        inParallel: $10)
    }
    table.normalization = .vector(set)
    table.transpose = { shared.value.transpose_block($0, $1, $2, $3, $4, $5, $6.flag) }
    return table
  }
}

extension ArithmeticKernels<Float> {
  /// The loops of an instruction set.
  package static func vector(_ set: InstructionSet) -> ArithmeticKernels {
    var table = ArithmeticKernels()
    let streams = set.streams
    table.add = binary(streams.add, else: table.add)
    table.subtract = binary(streams.subtract, else: table.subtract)
    table.multiply = binary(streams.multiply, else: table.multiply)
    table.minimum = binary(streams.minimum, else: table.minimum)
    table.maximum = binary(streams.maximum, else: table.maximum)
    table.sum.row = row(streams.sum_row, else: table.sum.row)
    let (addRows, plain) = (Unchecked(streams.add_rows), table.sum.accumulate)
    table.sum.accumulate = { out, x, rowStride, rows, stride, count in
      if stride == 1 {
        addRows.value(x, rowStride, rows, count, out)
      } else {
        plain(out, x, rowStride, rows, stride, count)
      }
    }
    table.min.row = row(streams.minimum_row, else: table.min.row)
    table.max.row = row(streams.maximum_row, else: table.max.row)
    // The sum cuts long rows into blocks itself, and the others do not round.
    for kernels in [\ArithmeticKernels.sum, \.min, \.max] {
      table[keyPath: kernels].rowLimit.adjacent = 1 << 16
    }
    return table
  }
}

extension PoolingKernels<Float> {
  static func vector(_ set: InstructionSet) -> PoolingKernels {
    var table = PoolingKernels()
    let streams = Unchecked(set.streams)
    table.maximum = { image, out, indices, channels, window, rows in
      let shape = window.patches(channels: channels)
      for row in rows { streams.value.max_pool_row(shape, row, image, out, indices) }
    }
    table.place = { upstream, indices, image, channels, window, writes in
      let shape = window.patches(channels: channels)
      if !window.isCovering {
        image.update(repeating: 0, count: window.inputHeight * window.inputWidth * channels)
      }
      for row in 0..<window.outputHeight {
        streams.value.max_pool_gradient_row(
          shape, row, upstream, indices, image, window.isTiling ? 1 : 0, writes.flag)
      }
    }
    return table
  }
}

extension NormalizationKernels<Float> {
  static func vector(_ set: InstructionSet) -> NormalizationKernels {
    let streams = Unchecked(set.streams)
    var table = NormalizationKernels()
    table.moments = { streams.value.row_moments($0, $1, $2, $3, $4) }
    table.gradientMoments = { streams.value.gradient_moments($0, $1, $2, $3, $4, $5, $6) }
    table.scale = { streams.value.scale_rows($0, $1, $2, $3, $4, $5) }
    table.combine = { streams.value.combine_rows($0, $1, $2, $3, $4, $5, $6, $7) }
    return table
  }
}

extension PlacedWindow {
  /// The window on one image, as C has it.
  fileprivate func patches(channels: Int) -> PatchShape {
    PatchShape(
      batch: 1, height: inputHeight, width: inputWidth, channels: channels,
      output_height: outputHeight, output_width: outputWidth, output_channels: channels,
      kernel_height: window.height, kernel_width: window.width,
      stride_height: window.verticalStride, stride_width: window.horizontalStride,
      dilation_height: window.verticalDilation, dilation_width: window.horizontalDilation,
      padding_top: top, padding_left: left, groups: channels, runs: 1, run_length: 1)
  }
}

/// A loop in C, or the plain one where the operand is not dense.
private func unary(
  _ kernel:
    @escaping @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int32)
    -> Void, else plain: @escaping UnaryKernel<Float, Float>
) -> UnaryKernel<Float, Float> {
  let kernel = Unchecked(kernel)
  return { x, stride, out, count, writes in
    if stride == 1 {
      kernel.value(x, out, count, writes.flag)
    } else {
      plain(x, stride, out, count, writes)
    }
  }
}

/// A reduction in C, or the plain one where the row is not dense.
private func row(
  _ kernel: @escaping @convention(c) (UnsafePointer<Float>, Int) -> Float,
  else plain: @escaping @Sendable (UnsafePointer<Float>, Int, Int) -> Float
) -> @Sendable (UnsafePointer<Float>, Int, Int) -> Float {
  let kernel = Unchecked(kernel)
  return { x, stride, count in
    stride == 1 ? kernel.value(x, count) : plain(x, stride, count)
  }
}

/// A loop in C, or the plain one where an operand is neither dense nor a single scalar.
private func binary(
  _ kernel:
    @escaping @convention(c) (
      UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int, Int32
    ) -> Void, else plain: @escaping BinaryKernel<Float, Float>
) -> BinaryKernel<Float, Float> {
  let kernel = Unchecked(kernel)
  return { x, xStride, y, yStride, out, count, writes in
    if 0...1 ~= xStride && 0...1 ~= yStride {
      kernel.value(x, xStride, y, yStride, out, count, writes.flag)
    } else {
      plain(x, xStride, y, yStride, out, count, writes)
    }
  }
}
