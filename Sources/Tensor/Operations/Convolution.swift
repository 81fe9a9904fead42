/// A convolution as matrix products over a few output rows at a time.
///
/// Per tile of output rows, with `P` the patches `[positions, height · width · inputChannels]` and `W` the filter as a matrix:
/// forward `Y = P W + b`, filter gradient `dW = Σ Pᵀ dY`, input gradient `dP = dY Wᵀ`, added back to the image.
private struct ConvolutionPlan<Scalar: DifferentiableScalar>: Sendable {
  let batch, inputChannels, outputChannels: Int
  let window: PlacedWindow

  init(inputShape: [Int], filterShape: [Int], _ window: Window2D, _ operation: String) {
    require(
      inputShape.count == 4 && filterShape.count == 4
        && filterShape[0] == window.height && filterShape[1] == window.width
        && filterShape[2] * window.groups == inputShape[3],
      """
      \(operation): needs an input [batch, height, width, channels] and a filter \
      [\(window.height), \(window.width), channels, outputChannels]\(Self.grouped(window)), got \(inputShape) and \
      \(filterShape)
      """)
    require(
      filterShape[3].isMultiple(of: window.groups),
      "\(operation): \(filterShape[3]) output channels cannot be cut into \(window.groups) groups")
    batch = inputShape[0]
    inputChannels = inputShape[3]
    outputChannels = filterShape[3]
    self.window = window.placed(on: inputShape, operation)
  }

  private static func grouped(_ window: Window2D) -> String {
    window.groups == 1 ? "" : " with 1/\(window.groups) of the channels"
  }

  /// The same as plain integers.
  var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      batch: batch, inputChannels: inputChannels, outputChannels: outputChannels, window)
  }

  var outputShape: [Int] { [batch, window.outputHeight, window.outputWidth, outputChannels] }

  /// Traps unless `upstream` has the shape of the output.
  func check(_ upstream: Tensor<Scalar>, _ operation: String) {
    require(
      upstream.shape == outputShape,
      "\(operation): needs an upstream gradient of shape \(outputShape), got \(upstream.shape)")
  }

  /// The scalars of one patch.
  var depth: Int { window.window.height * window.window.width * inputChannels }
  var imageCount: Int { window.inputHeight * window.inputWidth * inputChannels }
  var outputCount: Int { window.outputHeight * window.outputWidth * outputChannels }
  var rowCount: Int { window.outputWidth * outputChannels }

  /// The output rows of one tile: its patches and results stay in a second-level cache.
  var tileRows: Int {
    let rowBytes = window.outputWidth * (depth + outputChannels) * MemoryLayout<Scalar>.stride
    return min(window.outputHeight, max(1, (768 << 10) / max(rowBytes, 1)))
  }
  var tilesPerImage: Int { (window.outputHeight + tileRows - 1) / tileRows }

  func rows(ofTile tile: Int) -> Range<Int> {
    tile * tileRows..<min(window.outputHeight, (tile + 1) * tileRows)
  }

  /// Calls `body` with room for the patches of one tile.
  func withPatches(_ body: (UnsafeMutablePointer<Scalar>) -> Void) {
    let storage = Storage<Scalar>(
      uninitializedCount: tileRows * window.outputWidth * depth)
    withExtendedLifetime(storage) { body(storage.pointer) }
  }

  func forward(
    _ input: UnsafePointer<Scalar>, _ filter: UnsafePointer<Scalar>,
    _ bias: UnsafePointer<Scalar>?, into out: UnsafeMutablePointer<Scalar>
  ) {
    let (input, filter, bias) = (Unchecked(input), Unchecked(filter), Unchecked(bias))
    let out = Unchecked(out)
    Parallel.forEach(batch * tilesPerImage) { slot in
      let (image, tile) = slot.quotientAndRemainder(dividingBy: tilesPerImage)
      let rows = rows(ofTile: tile)
      let positions = rows.count * window.outputWidth
      let result = out.value + image * outputCount + rows.lowerBound * rowCount
      if let bias = bias.value {
        for position in 0..<positions {
          (result + position * outputChannels).update(from: bias, count: outputChannels)
        }
      }
      withPatches { patches in
        Scalar.kernels.patches.gather(
          input.value + image * imageCount, patches, rows, inputChannels, window)
        Scalar.gemm(
          false, false, positions, outputChannels, depth, alpha: 1, patches, depth, filter.value,
          outputChannels, beta: bias.value == nil ? 0 : 1, result, outputChannels)
      }
    }
  }

  func inputGradient(
    _ upstream: UnsafePointer<Scalar>, _ filter: UnsafePointer<Scalar>,
    into out: UnsafeMutablePointer<Scalar>
  ) {
    let (upstream, filter, out) = (Unchecked(upstream), Unchecked(filter), Unchecked(out))
    // Windows overlap, so an image belongs to one thread.
    Parallel.forEach(batch) { image in
      let result = out.value + image * imageCount
      result.update(repeating: 0, count: imageCount)
      withPatches { patches in
        for tile in 0..<tilesPerImage {
          let rows = rows(ofTile: tile)
          Scalar.gemm(
            false, true, rows.count * window.outputWidth, depth, outputChannels, alpha: 1,
            upstream.value + image * outputCount + rows.lowerBound * rowCount, outputChannels,
            filter.value, outputChannels, beta: 0, patches, depth)
          Scalar.kernels.patches.scatter(patches, result, rows, inputChannels, window)
        }
      }
    }
  }

  /// The images are cut into a fixed number of groups, each with a sum of its own, which are added in order: the result does
  /// not depend on the number of threads.
  func filterGradient(
    _ upstream: UnsafePointer<Scalar>, _ input: UnsafePointer<Scalar>,
    into out: UnsafeMutablePointer<Scalar>
  ) {
    let (upstream, input) = (Unchecked(upstream), Unchecked(input))
    let count = depth * outputChannels
    let groups = min(8, max(batch, 1))
    let partial = Storage<Scalar>(uninitializedCount: groups * count)
    let sums = Unchecked(partial.pointer)
    Parallel.forEach(groups) { group in
      let sum = sums.value + group * count
      sum.update(repeating: 0, count: count)
      withPatches { patches in
        for image in group * batch / groups..<(group + 1) * batch / groups {
          for tile in 0..<tilesPerImage {
            let rows = rows(ofTile: tile)
            Scalar.kernels.patches.gather(
              input.value + image * imageCount, patches, rows, inputChannels, window)
            Scalar.gemm(
              true, false, depth, outputChannels, rows.count * window.outputWidth, alpha: 1,
              patches, depth,
              upstream.value + image * outputCount + rows.lowerBound * rowCount, outputChannels,
              beta: 1, sum, outputChannels)
          }
        }
      }
    }
    out.update(from: partial.pointer, count: count)
    Scalar.arithmetic.sum.accumulate(out, partial.pointer + count, count, groups - 1, 1, count)
    withExtendedLifetime(partial) {}
  }
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The two-dimensional convolution (as all frameworks, cross-correlation) of images with a filter,
  /// `yₙᵢⱼₒ = bₒ + Σ xₙ,ᵢₛ₊ₖ,ⱼₛ₊ₗ,꜀ wₖₗ꜀ₒ`.
  ///
  /// - Parameters:
  ///   - filter: `[height, width, inputChannels / groups, outputChannels]`, of the window's height and width.
  ///   - bias: `[outputChannels]`, or none.
  ///   - window: Strides, dilations, padding, groups and algorithm.
  /// - Returns: `[batch, outputHeight, outputWidth, outputChannels]` for `[batch, height, width, inputChannels]`.
  public func convolution(_ filter: Tensor, bias: Tensor?, _ window: Window2D) -> Tensor {
    let plan = ConvolutionPlan<Scalar>(
      inputShape: shape, filterShape: filter.shape, window, "convolution")
    if let bias {
      require(
        bias.shape == [plan.outputChannels],
        "convolution: needs a bias of shape [\(plan.outputChannels)], got \(bias.shape)")
    }
    if window.groups > 1 && Scalar.kernels.convolution == nil {
      return Self.groups(window) {
        self[channels: $0, of: $1]
          .convolution(filter[channels: $0, of: $1], bias: bias?[channels: $0, of: $1], $2)
      }
    }
    let (input, filter, bias) = (contiguous(), filter.contiguous(), bias?.contiguous())
    return withExtendedLifetime((input, filter, bias)) {
      Tensor(shape: plan.outputShape) { buffer in
        guard let out = buffer.baseAddress, !buffer.isEmpty else { return }
        let biasPointer = (bias?.pointer).map { UnsafePointer($0) }
        if let vector = Scalar.kernels.convolution {
          vector.forward(
            plan.geometry, window.algorithm, input.pointer, filter.pointer, biasPointer, out)
        } else {
          plan.forward(input.pointer, filter.pointer, biasPointer, into: out)
        }
      }
    }
  }

  /// The gradient of `convolution` with respect to its input.
  ///
  /// - Parameters:
  ///   - upstream: `[batch, outputHeight, outputWidth, outputChannels]`.
  ///   - filter: The filter of the forward pass.
  ///   - inputShape: `[batch, height, width, inputChannels]`.
  ///   - window: The geometry of the forward pass.
  /// - Returns: A tensor of `inputShape`.
  public static func convolutionInputGradient(
    upstream: Tensor, filter: Tensor, inputShape: [Int], _ window: Window2D
  ) -> Tensor {
    let plan = ConvolutionPlan<Scalar>(
      inputShape: inputShape, filterShape: filter.shape, window, "convolutionInputGradient")
    plan.check(upstream, "convolutionInputGradient")
    if window.groups > 1 && Scalar.kernels.convolution == nil {
      return groups(window) {
        convolutionInputGradient(
          upstream: upstream[channels: $0, of: $1], filter: filter[channels: $0, of: $1],
          inputShape: inputShape.dropLast() + [inputShape[3] / $1], $2)
      }
    }
    let (upstream, filter) = (upstream.contiguous(), filter.contiguous())
    return withExtendedLifetime((upstream, filter)) {
      Tensor(shape: inputShape) { buffer in
        guard let out = buffer.baseAddress, !buffer.isEmpty else { return }
        if let vector = Scalar.kernels.convolution {
          // The input itself takes no part in its gradient; any pointer does.
          vector.gradients(
            plan.geometry, window.algorithm, upstream.pointer, filter.pointer, upstream.pointer,
            out,
            nil, nil)
        } else {
          plan.inputGradient(upstream.pointer, filter.pointer, into: out)
        }
      }
    }
  }

  /// The gradient of `convolution` with respect to its filter.
  ///
  /// - Parameters:
  ///   - upstream: `[batch, outputHeight, outputWidth, outputChannels]`.
  ///   - input: The input of the forward pass.
  ///   - filterShape: `[height, width, inputChannels, outputChannels]`.
  ///   - window: The geometry of the forward pass.
  /// - Returns: A tensor of `filterShape`.
  public static func convolutionFilterGradient(
    upstream: Tensor, input: Tensor, filterShape: [Int], _ window: Window2D
  ) -> Tensor {
    let plan = ConvolutionPlan<Scalar>(
      inputShape: input.shape, filterShape: filterShape, window, "convolutionFilterGradient")
    plan.check(upstream, "convolutionFilterGradient")
    if window.groups > 1 && Scalar.kernels.convolution == nil {
      return groups(window) {
        convolutionFilterGradient(
          upstream: upstream[channels: $0, of: $1], input: input[channels: $0, of: $1],
          filterShape: filterShape.dropLast() + [filterShape[3] / $1], $2)
      }
    }
    let (upstream, input) = (upstream.contiguous(), input.contiguous())
    return withExtendedLifetime((upstream, input)) {
      Tensor(shape: filterShape) { buffer in
        guard let out = buffer.baseAddress, !buffer.isEmpty else { return }
        if let vector = Scalar.kernels.convolution {
          vector.gradients(
            plan.geometry, window.algorithm, input.pointer, input.pointer, upstream.pointer, nil,
            out,
            nil)
        } else {
          plan.filterGradient(upstream.pointer, input.pointer, into: out)
        }
      }
    }
  }

  /// All gradients of `convolution` in one pass, which shares work between them.
  ///
  /// - Parameters:
  ///   - upstream: `[batch, outputHeight, outputWidth, outputChannels]`.
  ///   - input: The input of the forward pass.
  ///   - filter: The filter of the forward pass.
  ///   - needingInput: Whether the gradient of the input is wanted.
  /// - Returns: The gradients of input (if wanted), filter and bias.
  package static func convolutionGradients(
    upstream: Tensor, input: Tensor, filter: Tensor, _ window: Window2D, needingInput: Bool
  ) -> (input: Tensor?, filter: Tensor, bias: Tensor) {
    guard let vector = Scalar.kernels.convolution else {
      return (
        needingInput
          ? convolutionInputGradient(
            upstream: upstream, filter: filter, inputShape: input.shape, window) : nil,
        convolutionFilterGradient(
          upstream: upstream, input: input, filterShape: filter.shape, window),
        upstream.sum(alongAxes: [0, 1, 2])
      )
    }
    let plan = ConvolutionPlan<Scalar>(
      inputShape: input.shape, filterShape: filter.shape, window, "convolutionGradients")
    plan.check(upstream, "convolutionGradients")
    let (upstream, input, filter) = (
      upstream.contiguous(), input.contiguous(), filter.contiguous()
    )
    let inputGradient = needingInput ? Tensor(shape: input.shape) { _ in } : nil
    let filterGradient = Tensor(shape: filter.shape) { _ in }
    let biasGradient = Tensor(shape: [plan.outputChannels]) { _ in }
    withExtendedLifetime((upstream, input, filter)) {
      vector.gradients(
        plan.geometry, window.algorithm, input.pointer, filter.pointer, upstream.pointer,
        inputGradient?.pointer, filterGradient.pointer, biasGradient.pointer)
    }
    return (inputGradient, filterGradient, biasGradient)
  }

  /// The results of every group side by side along the last axis.
  ///
  /// For scalars without kernels that know groups.
  private static func groups(
    _ window: Window2D, _ body: (_ group: Int, _ count: Int, _ window: Window2D) -> Tensor
  ) -> Tensor {
    concatenated(
      (0..<window.groups).map { body($0, window.groups, window.ungrouped) }, alongAxis: -1)
  }

  /// One of `count` equal parts of the last axis.
  private subscript(channels group: Int, of count: Int) -> Tensor {
    let size = (shape.last ?? 0) / count
    return self[.ellipsis, group * size..<(group + 1) * size]
  }
}
