import CKernels

/// A convolution as a product whose left side is the image itself, read at every tap of the kernel.
///
/// Every multiplication is done, in the plain order of the sum. The error is that of `DirectConvolution`, whose patches it
/// does not need, and padding enters as zeros in the same way.
package struct ImplicitConvolution: ConvolutionKernel {
  package let geometry: ConvolutionGeometry
  let kernels: Unchecked<ConvolutionKernels>
  private let pass: BandProduct
  private let phases: [Phase]

  /// Whether it is worth it: several taps, channels that fill vectors, and rows that fill a product's tile.
  package static func supports(_ geometry: ConvolutionGeometry) -> Bool {
    geometry.kernelHeight * geometry.kernelWidth > 1
      && geometry.inputChannels / geometry.groups >= 8
      && geometry.outputChannels / geometry.groups >= 8
      && geometry.outputWidth >= 12 && geometry.width / geometry.strideWidth >= 12
  }

  package init(_ geometry: ConvolutionGeometry, instructionSet: InstructionSet = .selected) {
    geometry.check("ImplicitConvolution")
    self.geometry = geometry
    kernels = Unchecked(instructionSet.convolution)
    pass = BandProduct(
      source: geometry.inputImages, target: geometry.outputImages, groups: geometry.groups,
      stride: .init(row: geometry.strideHeight, column: geometry.strideWidth),
      first: .init(row: 0, column: 0), step: .init(row: 1, column: 1),
      taps: geometry.taps.map {
        .init(row: $0.row - geometry.paddingTop, column: $0.column - geometry.paddingLeft)
      }, kernels: kernels)
    phases = Self.phases(geometry, kernels)
  }

  // MARK: The gradient of the input

  /// One phase of the gradient: its pass, and which taps of the kernel it takes, in the order of its own.
  private struct Phase {
    let pass: BandProduct
    let taps: [Int]
  }

  private static func phases(
    _ geometry: ConvolutionGeometry, _ kernels: Unchecked<ConvolutionKernels>
  ) -> [Phase] {
    let taps = geometry.taps
    return (0..<geometry.strideHeight * geometry.strideWidth).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: geometry.strideWidth)
      // An input at row y meets output (y + padding − tap) / stride, where that is whole.
      let places = taps.map {
        (
          row: row + geometry.paddingTop - $0.row,
          column: column + geometry.paddingLeft - $0.column
        )
      }
      let used = taps.indices.filter {
        places[$0].row.isMultiple(of: geometry.strideHeight)
          && places[$0].column.isMultiple(of: geometry.strideWidth)
      }
      return Phase(
        pass: BandProduct(
          source: geometry.outputImages, target: geometry.inputImages, groups: geometry.groups,
          stride: .init(row: 1, column: 1), first: .init(row: row, column: column),
          step: .init(row: geometry.strideHeight, column: geometry.strideWidth),
          taps: used.map {
            .init(
              row: places[$0].row / geometry.strideHeight,
              column: places[$0].column / geometry.strideWidth)
          }, kernels: kernels),
        taps: used)
    }
  }

  /// Every phase with the operands of its pass; none if the gradient is not wanted.
  private func inputGradientPasses(_ operands: ConvolutionGradientOperands) -> [BandProduct.Pass] {
    guard var weights = operands.weights, let target = operands.inputGradient else { return [] }
    return phases.map { phase in
      defer { weights += phase.pass.weightCount }
      return (
        phase.pass,
        BandProduct.Operands(
          source: operands.upstream, mask: operands.output, scale: operands.scale,
          weights: weights, bias: nil, target: target)
      )
    }
  }

  // MARK: Weights

  package var preparedWeightCount: (forward: Int, gradient: Int) {
    (pass.weightCount, phases.reduce(0) { $0 + $1.pass.weightCount })
  }

  private var panels: WeightPanels { WeightPanels(kernels: kernels) }

  /// The weights as panels, group by group.
  package func prepareWeights(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<geometry.groups {
      panels.pack(
        weights + group * pass.outputs, depth: pass.depth, columns: pass.outputs,
        stride: geometry.outputChannels,
        into: packed + group * (pass.weightCount / geometry.groups))
    }
  }

  /// Phase by phase the taps that it takes, inputs and outputs exchanged.
  package func prepareWeightsForGradient(
    _ weights: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs) = (pass.inputs, pass.outputs)
    var target = packed
    for phase in phases {
      for group in 0..<geometry.groups {
        panels.pack(
          phase.taps.enumerated().map { index, tap in
            WeightPanels.Transposed(
              source: weights + tap * inputs * geometry.outputChannels + group * outputs,
              target: target + index * outputs * kernels.value.panel_width)
          }, depth: outputs, columns: inputs, stride: geometry.outputChannels,
          panelStride: phase.pass.depth * kernels.value.panel_width)
        target += phase.pass.weightCount / geometry.groups
      }
    }
  }

  // MARK: Forward

  package func forward(_ operands: ConvolutionOperands) {
    BandProduct.run([forwardPass(operands)], images: geometry.batch)
  }

  package func forward(images: Range<Int>, _ operands: ConvolutionOperands) {
    BandProduct.run([forwardPass(operands)], images: images)
  }

  private func forwardPass(_ operands: ConvolutionOperands) -> BandProduct.Pass {
    (
      pass,
      BandProduct.Operands(
        source: operands.input, mask: nil, weights: operands.weights, bias: operands.bias,
        activation: operands.activation, target: operands.output)
    )
  }

  // MARK: Gradients

  private var sums: ConvolutionWeightSums {
    ConvolutionWeightSums(geometry, vectorWidth: kernels.value.vector_width)
  }
  package var accumulatorCount: Int { sums.count }

  package func gradients(
    _ operands: ConvolutionGradientOperands, weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    BandProduct.run(inputGradientPasses(operands), images: geometry.batch)
    let needsWeights = weightGradient != nil
    guard needsWeights || biasGradient != nil else { return }
    let slots = RowSlots(
      images: geometry.batch, rowsPerImage: geometry.outputHeight, minimumRows: 1,
      wanted: min(
        geometry.batch * geometry.outputHeight * geometry.outputWidth / 400,
        (32 << 20) / max(accumulatorCount * MemoryLayout<Float>.stride, 1)))
    withScratch(slots.count * accumulatorCount) { accumulators in
      let shared = Unchecked((operands, accumulators))
      Parallel.forEach(slots.count) { slot in
        let (operands, accumulators) = shared.value
        let accumulator = accumulators + slot * accumulatorCount
        accumulator.update(repeating: 0, count: accumulatorCount)
        accumulate(rows: slots.ranges[slot], operands, into: accumulator, weights: needsWeights)
      }
      finishGradients(
        (0..<slots.count).map { accumulators + $0 * accumulatorCount },
        weightGradient: weightGradient, biasGradient: biasGradient)
    }
  }

  package func accumulateGradients(
    images: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>?
  ) {
    BandProduct.run(inputGradientPasses(operands), images: images)
    guard let accumulator else { return }
    let height = geometry.outputHeight
    accumulate(
      rows: images.lowerBound * height..<images.upperBound * height, operands, into: accumulator,
      weights: true)
  }

  package func finishGradients(
    _ accumulators: [UnsafeMutablePointer<Float>], weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    sums.finish(accumulators, weightGradient: weightGradient, biasGradient: biasGradient)
  }

  /// Adds the gradients of weights and bias from some rows of outputs, numbered over all images.
  private func accumulate(
    rows: Range<Int>, _ operands: ConvolutionGradientOperands,
    into accumulator: UnsafeMutablePointer<Float>, weights: Bool
  ) {
    require(operands.choices == nil, "ImplicitConvolution: does not pool")
    let (sums, offsets) = (sums, pass.offsets)
    // So many that a panel of the upstream gradient stays in the first-level cache while the taps go by.
    let rowsAtOnce = max(1, 200 / max(pass.columns, 1))
    let upstreamCount = rowsAtOnce * pass.columns * sums.columns
    withScratch(upstreamCount + pass.bandCount(rows: rowsAtOnce)) { upstream in
      let band = upstream + upstreamCount
      var next = rows.lowerBound
      while next < rows.upperBound {
        let (image, row) = next.quotientAndRemainder(dividingBy: geometry.outputHeight)
        let count = min(rowsAtOnce, geometry.outputHeight - row, rows.upperBound - next)
        for group in 0..<geometry.groups {
          let channel = group * pass.outputs
          let place = next * pass.columns * geometry.outputChannels + channel
          kernels.value.pack_gradient(
            operands.upstream + place, operands.output.map { $0 + place }, count * pass.columns,
            pass.outputs, geometry.outputChannels, operands.scale, count * pass.columns, upstream,
            accumulator + sums.biasStart + channel)
          guard weights else { continue }
          pass.packBand(
            rows: row..<row + count, group: group,
            image: operands.input + image * pass.source.count, mask: nil, scale: 1, into: band)
          kernels.value.band_transposed_product(
            band, offsets, pass.rowStride, count, pass.columns, upstream, pass.taps.count,
            pass.inputs, sums.columns, accumulator + group * sums.depth * sums.columns,
            sums.columns)
        }
        next += count
      }
    }
  }
}

extension ConvolutionGeometry {
  fileprivate var inputImages: BandProduct.Images {
    BandProduct.Images(height: height, width: width, channels: inputChannels)
  }
  fileprivate var outputImages: BandProduct.Images {
    BandProduct.Images(height: outputHeight, width: outputWidth, channels: outputChannels)
  }
  /// Where the kernel looks, from its upper left corner.
  fileprivate var taps: [(row: Int, column: Int)] {
    (0..<kernelHeight * kernelWidth).map {
      ($0 / kernelWidth * dilationHeight, $0 % kernelWidth * dilationWidth)
    }
  }
}
