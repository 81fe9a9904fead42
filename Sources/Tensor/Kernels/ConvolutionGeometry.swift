/// The sizes of a two-dimensional convolution, `[batch, height, width, inputChannels]` to
/// `[batch, outputHeight, outputWidth, outputChannels]`, as plain integers.
package struct ConvolutionGeometry: Sendable, Hashable {
  package var batch, height, width: Int
  package var inputChannels, outputChannels: Int
  package var kernelHeight, kernelWidth: Int
  package var strideHeight, strideWidth: Int
  package var paddingTop, paddingBottom, paddingLeft, paddingRight: Int
  package var dilationHeight, dilationWidth: Int
  package var groups: Int

  package init(
    batch: Int, height: Int, width: Int, inputChannels: Int, outputChannels: Int,
    kernel: (height: Int, width: Int), stride: (height: Int, width: Int) = (1, 1),
    padding: (top: Int, bottom: Int, left: Int, right: Int) = (0, 0, 0, 0),
    dilation: (height: Int, width: Int) = (1, 1), groups: Int = 1
  ) {
    self.batch = batch
    self.height = height
    self.width = width
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    (kernelHeight, kernelWidth) = kernel
    (strideHeight, strideWidth) = stride
    (paddingTop, paddingBottom, paddingLeft, paddingRight) = padding
    (dilationHeight, dilationWidth) = dilation
    self.groups = groups
  }

  /// How many input rows and columns one output depends on.
  package var reach: (height: Int, width: Int) {
    ((kernelHeight - 1) * dilationHeight + 1, (kernelWidth - 1) * dilationWidth + 1)
  }

  /// `0` where the kernel is larger than the padded image.
  package var outputHeight: Int {
    let room = height + paddingTop + paddingBottom - reach.height
    return room < 0 ? 0 : room / strideHeight + 1
  }

  /// `0` where the kernel is larger than the padded image.
  package var outputWidth: Int {
    let room = width + paddingLeft + paddingRight - reach.width
    return room < 0 ? 0 : room / strideWidth + 1
  }

  package var inputCount: Int { batch * height * width * inputChannels }
  package var outputCount: Int { batch * outputHeight * outputWidth * outputChannels }
  /// Scalars of the weights, `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`.
  package var weightCount: Int {
    kernelHeight * kernelWidth * (inputChannels / groups) * outputChannels
  }

  /// The same convolution of another number of images.
  package func withBatch(_ batch: Int) -> ConvolutionGeometry {
    var copy = self
    copy.batch = batch
    return copy
  }

  /// So many output rows reach over so many input rows that the rows before and after them have no input in common.
  var rowsBetweenNeighbours: Int {
    max((reach.height - 1) / strideHeight, 1)
  }

  /// The convolution of the upstream gradient with turned weights that gives the gradient of the input.
  ///
  /// Nil unless the stride is 1, where it wastes nothing, and every output sees some of the image. Nil without an output too,
  /// whose size does not say how large the image was.
  var adjoint: ConvolutionGeometry? {
    let (rows, columns) = (reach.height - 1, reach.width - 1)
    guard strideHeight == 1, strideWidth == 1, max(paddingTop, paddingBottom) <= rows,
      max(paddingLeft, paddingRight) <= columns, outputHeight > 0, outputWidth > 0
    else { return nil }
    return ConvolutionGeometry(
      batch: batch, height: outputHeight, width: outputWidth, inputChannels: outputChannels,
      outputChannels: inputChannels, kernel: (kernelHeight, kernelWidth),
      padding: (
        rows - paddingTop, rows - paddingBottom, columns - paddingLeft, columns - paddingRight
      ), dilation: (dilationHeight, dilationWidth), groups: groups)
  }

  /// Sets some images of a gradient of the input to zero, if there is one.
  func zeroImages(_ images: Range<Int>, of gradient: UnsafeMutablePointer<Float>?) {
    let perImage = height * width * inputChannels
    gradient.map {
      ($0 + images.lowerBound * perImage).update(repeating: 0, count: images.count * perImage)
    }
  }

  func check(_ operation: String) {
    require(
      batch >= 0 && height >= 0 && width >= 0 && inputChannels >= 0 && outputChannels >= 0
        && kernelHeight >= 1 && kernelWidth >= 1 && strideHeight >= 1 && strideWidth >= 1
        && dilationHeight >= 1 && dilationWidth >= 1 && groups >= 1
        && paddingTop >= 0 && paddingBottom >= 0 && paddingLeft >= 0 && paddingRight >= 0,
      "\(operation): kernel, strides, dilations and groups need 1 or more, the rest 0 or more: \(self)"
    )
    require(
      inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(operation): \(inputChannels) and \(outputChannels) channels do not fall into \(groups) groups"
    )
  }
}

/// Memory of one kernel call, from the cache, not initialized.
func withScratch<Result>(
  _ count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Result
) rethrows -> Result {
  let byteCount = count * MemoryLayout<Float>.stride
  let buffer = BufferCache.allocate(byteCount: byteCount)
  defer { BufferCache.deallocate(buffer, byteCount: byteCount) }
  return try body(buffer.bindMemory(to: Float.self, capacity: count))
}

extension Int {
  func roundedUp(toMultipleOf step: Int) -> Int { (self + step - 1) / step * step }
}
