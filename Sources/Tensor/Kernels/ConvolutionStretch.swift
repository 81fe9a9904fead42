/// A convolution and what follows it, as geometry only: bias, then ReLU, then 2×2 max pooling, then dropout.
package struct ConvolutionBlock: Sendable {
  /// What the result of a block goes through at the end of training steps.
  package struct Dropout: Sendable {
    package var rate: Double
    package var key: RandomKey
    package init(rate: Double, key: RandomKey) {
      self.rate = rate
      self.key = key
    }
  }

  package var window: Window2D
  package var isRectified = false
  package var isPooled = false
  /// Only behind a ReLU: then a positive output says both that it was rectified and that it was not dropped.
  package var dropout: Dropout?

  package init(window: Window2D) { self.window = window }

  /// Whether a filter of `shape` is small enough to be fetched anew for every image: transformed, it fills a second-level
  /// cache of a megabyte.
  ///
  /// Larger ones, as they stand deep in a network before small images, are better applied to the whole batch at once.
  package static func isWorthStreaming(filterShape shape: [Int]) -> Bool {
    ShapeRules.count(shape) <= 1 << 17
  }

  /// Whether pooling can be part of a block with a filter of `shape`: only Winograd's algorithm has it built in, and with
  /// few channels its transforms cost more than a pooling layer of its own.
  package static func supportsPooling(_ window: Window2D, filterShape shape: [Int]) -> Bool {
    window == Window2D(3, padding: window.padding) && shape[2] >= 8 && shape[3] >= 8
  }
}

/// What the forward pass of a stretch keeps for the way back.
package struct StretchMemory<Scalar: DifferentiableScalar>: Sendable {
  /// The output of each block but the last, `nil` where it is computed again.
  package var outputs: [Tensor<Scalar>?]
  /// Which of four each pooled scalar is, two bits each.
  package var choices: [Tensor<UInt8>?]
}

/// The gradients of a stretch.
package struct StretchGradients<Scalar: DifferentiableScalar>: Sendable {
  package var input: Tensor<Scalar>?
  package var filters: [Tensor<Scalar>]
  package var biases: [Tensor<Scalar>]
}

/// The two passes of a stretch, for a scalar that has them in vector instructions.
package struct StretchKernels<Scalar: DifferentiableScalar>: Sendable {
  package let prepare:
    @Sendable (_ stretch: ConvolutionStretch, _ filters: [Tensor<Scalar>]) -> [Tensor<Scalar>]
  package let forward:
    @Sendable (
      _ stretch: ConvolutionStretch, _ input: Tensor<Scalar>, _ prepared: [Tensor<Scalar>],
      _ biases: [Tensor<Scalar>?], _ keeping: Bool
    ) -> (output: Tensor<Scalar>, memory: StretchMemory<Scalar>)
  package let gradients:
    @Sendable (
      _ stretch: ConvolutionStretch, _ upstream: Tensor<Scalar>, _ input: Tensor<Scalar>,
      _ filters: [Tensor<Scalar>], _ biases: [Tensor<Scalar>?], _ output: Tensor<Scalar>,
      _ memory: StretchMemory<Scalar>, _ needingInput: Bool
    ) -> StretchGradients<Scalar>
}

extension StretchKernels<Float> {
  static let kernels = StretchKernels(
    prepare: { $0.prepare($1) },
    forward: { $0.forward($1, prepared: $2, biases: $3, keeping: $4) },
    gradients: {
      $0.gradients(
        upstream: $1, input: $2, filters: $3, biases: $4, output: $5, memory: $6,
        needingInput: $7)
    })
}

/// Several blocks run image by image.
///
/// Between blocks an image stays in the cache, and what is large never exists for the whole batch: kept are the outputs of
/// pooled blocks and two bits for each of their scalars. The way back computes cheap first layers again instead of keeping
/// them, and never forms a gradient in front of a pooling layer.
package struct ConvolutionStretch: Sendable {
  private struct Step: Sendable {
    let block: ConvolutionBlock
    let kernel: any ConvolutionKernel
    /// The scalars of one image, before and after.
    let inputCount, outputCount: Int
    let outputShape: [Int]
    /// Whether the output of the whole batch is kept for the way back.
    let isKept: Bool

    /// The kernel of a pooled block, which has the pooling built in.
    var pooling: WinogradConvolution? { block.isPooled ? kernel as? WinogradConvolution : nil }
    /// The bytes of `choices` for one image.
    var choiceCount: Int { pooling?.choiceBytes ?? 0 }
  }

  private let batch: Int
  private let steps: [Step]

  /// The shape of the result, `[batch, height, width, channels]`.
  package var outputShape: [Int] { [batch] + (steps.last?.outputShape ?? []) }

  /// Plans the stretch for an input of `[batch, height, width, channels]` and filters of `filterShapes`.
  package init(inputShape: [Int], filterShapes: [[Int]], blocks: [ConvolutionBlock]) {
    batch = inputShape[0]
    var shape = [1] + inputShape.dropFirst()
    var steps: [Step] = []
    for (index, (block, filterShape)) in zip(blocks, filterShapes).enumerated() {
      require(
        filterShape.count == 4 && filterShape[2] * block.window.groups == shape[3]
          && filterShape[3].isMultiple(of: block.window.groups),
        """
        convolution: a filter of shape \(filterShape) cannot take \(shape[3]) channels in \
        \(block.window.groups) groups
        """)
      let placed = block.window.placed(on: shape, "convolution")
      let geometry = ConvolutionGeometry(
        batch: 1, inputChannels: shape[3], outputChannels: filterShape[3], placed)
      let kernel: any ConvolutionKernel =
        block.isPooled
        ? WinogradConvolution(geometry) : geometry.kernel(block.window.algorithm)
      let scale = block.isPooled ? 2 : 1
      let outputShape = [
        placed.outputHeight / scale, placed.outputWidth / scale, filterShape[3],
      ]
      // A product over so few inputs is computed again in less time than its result is written and read.
      let isCheap = filterShape[0] * filterShape[1] * filterShape[2] <= 36 && !block.isPooled
      steps.append(
        Step(
          block: block, kernel: kernel, inputCount: ShapeRules.count(shape),
          outputCount: ShapeRules.count(outputShape), outputShape: outputShape,
          isKept: !isCheap && index < blocks.count - 1))
      shape = [1] + outputShape
    }
    self.steps = steps
  }

  // MARK: Forward

  /// The filters as the forward pass wants them, to be used for as long as they do not change.
  package func prepare(_ filters: [Tensor<Float>]) -> [Tensor<Float>] {
    prepared(filters) {
      $0.preparedWeightCount.forward
    } by: {
      $0.prepareWeights($1, into: $2)
    }
  }

  /// The output of the last block, and what the way back needs if `keeping`.
  ///
  /// - Parameter weights: The filters as `prepare` returned them.
  package func forward(
    _ input: Tensor<Float>, prepared weights: [Tensor<Float>], biases: [Tensor<Float>?],
    keeping: Bool
  ) -> (output: Tensor<Float>, memory: StretchMemory<Float>) {
    let input = input.contiguous()
    let biases = biases.map { $0?.contiguous() }
    let memory = StretchMemory<Float>(
      outputs: steps.map { step in
        keeping && step.isKept ? Tensor(shape: [batch] + step.outputShape) { _ in } : nil
      },
      choices: steps.map { step in
        keeping && step.choiceCount > 0 ? Tensor(shape: [batch, step.choiceCount]) { _ in } : nil
      })
    let output = Tensor<Float>(shape: outputShape) { _ in }
    let pass = Pass(
      input: input, output: output, weights: weights, biases: biases, memory: memory)
    // With few images, the threads share each of them.
    let sharesImages = batch < 2 * Parallel.maximumThreads
    let runImage = { @Sendable (image: Int) in
      withScratch(scratchCount) { scratch in
        let places = places(of: image, in: pass, scratch: scratch)
        for index in steps.indices {
          run(index, image: image, places, pass, inParallel: sharesImages)
        }
      }
    }
    if sharesImages {
      for image in 0..<batch { runImage(image) }
    } else {
      Parallel.forEach(batch, runImage)
    }
    return (output, memory)
  }

  /// The buffers of one pass.
  ///
  /// Each image is written by one thread, at its own place.
  private struct Pass: Sendable {
    let input, output: Tensor<Float>
    let weights: [Tensor<Float>]
    let biases: [Tensor<Float>?]
    let memory: StretchMemory<Float>
  }

  /// Where one image lies before the first block and after each.
  private struct Places {
    var input: UnsafePointer<Float>
    var outputs: [UnsafeMutablePointer<Float>]
  }

  private var scratchCount: Int { steps.dropLast().reduce(0) { $0 + $1.outputCount } }

  private func places(
    of image: Int, in pass: Pass, scratch: UnsafeMutablePointer<Float>
  ) -> Places {
    var free = scratch
    let outputs = steps.indices.map { index -> UnsafeMutablePointer<Float> in
      if index == steps.count - 1 { return pass.output.pointer + image * steps[index].outputCount }
      if let kept = pass.memory.outputs[index] {
        return kept.pointer + image * steps[index].outputCount
      }
      defer { free += steps[index].outputCount }
      return free
    }
    return Places(
      input: UnsafePointer(pass.input.pointer + image * steps[0].inputCount), outputs: outputs)
  }

  /// Runs one block on one image, on this thread or on all.
  private func run(
    _ index: Int, image: Int, _ places: Places, _ pass: Pass, inParallel: Bool = false
  ) {
    let step = steps[index]
    let target = places.outputs[index]
    let operands = ConvolutionOperands(
      input: index == 0 ? places.input : UnsafePointer(places.outputs[index - 1]),
      weights: UnsafePointer(pass.weights[index].pointer),
      bias: pass.biases[index].map { UnsafePointer($0.pointer) },
      activation: step.block.isRectified ? .relu : .none, output: target)
    let choices = pass.memory.choices[index].map { $0.pointer + image * step.choiceCount }
    switch (step.pooling, inParallel) {
    case (let kernel?, true): kernel.forwardPooled(operands, choices: choices)
    case (let kernel?, false): kernel.forwardPooled(images: 0..<1, operands, choices: choices)
    case (nil, true): step.kernel.forward(operands)
    case (nil, false): step.kernel.forward(images: 0..<1, operands)
    }
    if let dropout = step.block.dropout {
      Float.kernels.dropout(
        target, target, step.outputCount, image * step.outputCount, dropout.rate, dropout.key,
        .throughCache)
    }
  }

  // MARK: Backward

  /// The gradients with respect to all filters and biases and, if `needingInput`, the input.
  ///
  /// - Parameters:
  ///   - upstream: `∂L/∂output`.
  ///   - output: What the forward pass returned, with the memory that it kept.
  package func gradients(
    upstream: Tensor<Float>, input: Tensor<Float>, filters: [Tensor<Float>],
    biases: [Tensor<Float>?], output: Tensor<Float>, memory: StretchMemory<Float>,
    needingInput: Bool
  ) -> StretchGradients<Float> {
    let (input, upstream) = (input.contiguous(), upstream.contiguous())
    let forwardWeights = prepare(filters)
    let weights = prepared(filters) {
      $0.preparedWeightCount.gradient
    } by: {
      $0.prepareWeightsForGradient($1, into: $2)
    }
    let pass = Pass(
      input: input, output: output, weights: forwardWeights,
      biases: biases.map { $0?.contiguous() }, memory: memory)
    let inputGradient =
      needingInput ? Tensor<Float>(shape: input.shape) { _ in } : nil

    // Each slot has a sum of its own for each block; they are added up in order, for any number of threads.
    let slots = slotCount
    let sums = steps.map { step in Tensor<Float>.zeros([slots, step.kernel.accumulatorCount]) }
    let largest = steps.reduce(0) { max($0, $1.inputCount) }
    Parallel.forEach(slots) { slot in
      withScratch(scratchCount + 2 * largest) { scratch in
        let gradientBuffers = (scratch + scratchCount, scratch + scratchCount + largest)
        for image in slot * batch / slots..<(slot + 1) * batch / slots {
          let places = places(of: image, in: pass, scratch: scratch)
          for index in steps.indices.dropLast() where memory.outputs[index] == nil {
            run(index, image: image, places, pass)
          }
          var gradient = UnsafePointer(upstream.pointer + image * upstreamCount)
          for index in steps.indices.reversed() {
            let target: UnsafeMutablePointer<Float>? =
              index == 0
              ? inputGradient.map { $0.pointer + image * steps[0].inputCount }
              : (index.isMultiple(of: 2) ? gradientBuffers.0 : gradientBuffers.1)
            addGradients(
              index, image: image, places, pass, upstream: gradient, weights: weights[index],
              inputGradient: target,
              sums: sums[index].pointer + slot * steps[index].kernel.accumulatorCount)
            if let target { gradient = UnsafePointer(target) }
          }
        }
      }
    }
    var result = StretchGradients<Float>(input: inputGradient, filters: [], biases: [])
    for (step, sum) in zip(steps, sums) {
      let (filter, bias) = finish(step, sum, slots: slots)
      result.filters.append(filter)
      result.biases.append(bias)
    }
    return result
  }

  private var upstreamCount: Int { steps.last?.outputCount ?? 0 }

  /// As many slots as keep several threads busy, unless their sums would take more memory than they are worth.
  private var slotCount: Int {
    let bytes = steps.reduce(0) { $0 + $1.kernel.accumulatorCount } * MemoryLayout<Float>.stride
    return max(1, min(batch, max(2, min(8, (64 << 20) / max(bytes, 1)))))
  }

  private func addGradients(
    _ index: Int, image: Int, _ places: Places, _ pass: Pass, upstream: UnsafePointer<Float>,
    weights: Tensor<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    sums: UnsafeMutablePointer<Float>
  ) {
    let step = steps[index]
    let operands = ConvolutionGradientOperands(
      input: index == 0 ? places.input : UnsafePointer(places.outputs[index - 1]),
      upstream: upstream,
      output: step.block.isRectified ? UnsafePointer(places.outputs[index]) : nil,
      weights: inputGradient == nil ? nil : UnsafePointer(weights.pointer),
      inputGradient: inputGradient,
      choices: pass.memory.choices[index].map {
        UnsafePointer($0.pointer + image * step.choiceCount)
      },
      scale: step.block.dropout.map { Float(1 / (1 - $0.rate)) } ?? 1)
    step.kernel.accumulateGradients(images: 0..<1, operands, into: sums)
  }

  private func finish(
    _ step: Step, _ sums: Tensor<Float>, slots: Int
  ) -> (filter: Tensor<Float>, bias: Tensor<Float>) {
    let accumulators = (0..<slots).map { sums.pointer + $0 * step.kernel.accumulatorCount }
    let geometry = step.kernel.geometry
    let filter = Tensor<Float>(
      shape: [
        geometry.kernelHeight, geometry.kernelWidth, geometry.inputChannels / geometry.groups,
        geometry.outputChannels,
      ]) { _ in }
    let bias = Tensor<Float>(shape: [geometry.outputChannels]) { _ in }
    step.kernel.finishGradients(
      accumulators, weightGradient: filter.pointer, biasGradient: bias.pointer)
    return (filter, bias)
  }

  private func prepared(
    _ filters: [Tensor<Float>], count: (any ConvolutionKernel) -> Int,
    by prepare: (any ConvolutionKernel, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> [Tensor<Float>] {
    zip(steps, filters).map { step, filter in
      filter.withUnsafeScalars { source in
        Tensor<Float>(shape: [count(step.kernel)]) { target in
          guard let from = source.baseAddress, let to = target.baseAddress else { return }
          prepare(step.kernel, from, to)
        }
      }
    }
  }
}
