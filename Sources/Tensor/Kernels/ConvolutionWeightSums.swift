/// The gradients of weights and bias while they are summed up: `[group][depth][columns]`, then the bias's.
struct ConvolutionWeightSums {
  let geometry: ConvolutionGeometry
  /// The outputs of a group, in whole vectors.
  let columns: Int

  init(_ geometry: ConvolutionGeometry, vectorWidth: Int) {
    self.geometry = geometry
    columns = (geometry.outputChannels / geometry.groups).roundedUp(toMultipleOf: vectorWidth)
  }

  /// Multiplications per output: the rows of a group's weights.
  var depth: Int {
    geometry.kernelHeight * geometry.kernelWidth * (geometry.inputChannels / geometry.groups)
  }
  /// Where the bias's gradient starts.
  var biasStart: Int { geometry.groups * depth * columns }
  var count: Int { biasStart + geometry.outputChannels }

  /// Adds up sums in their order, in the first of them, and writes what they hold, in the layout of weights and bias.
  func finish(
    _ sums: [UnsafeMutablePointer<Float>], weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?
  ) {
    guard let total = sums.first else {
      weightGradient?.update(repeating: 0, count: geometry.weightCount)
      biasGradient?.update(repeating: 0, count: geometry.outputChannels)
      return
    }
    addUp(sums, count: count)
    biasGradient?.update(from: total + biasStart, count: geometry.outputChannels)
    guard let weightGradient else { return }
    let outputs = geometry.outputChannels / geometry.groups
    let pointers = Unchecked((total, weightGradient))
    Parallel.forEachRange(of: depth, grain: max(1, (1 << 16) / max(columns, 1))) { rows in
      let (total, weightGradient) = pointers.value
      for row in rows {
        for group in 0..<geometry.groups {
          (weightGradient + row * geometry.outputChannels + group * outputs)
            .update(from: total + (group * depth + row) * columns, count: outputs)
        }
      }
    }
  }
}
