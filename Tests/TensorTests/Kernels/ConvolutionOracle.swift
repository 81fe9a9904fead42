import Tensor

/// A convolution by its definition, in `Double`: slow, and easy to believe.
struct ConvolutionOracle {
  let geometry: ConvolutionGeometry

  /// Calls `body` with the places of the input, the weight and the output of every product.
  private func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let g = geometry
    let (inputs, outputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
    for image in 0..<g.batch {
      for row in 0..<g.outputHeight {
        for column in 0..<g.outputWidth {
          for tapRow in 0..<g.kernelHeight {
            for tapColumn in 0..<g.kernelWidth {
              let y = row * g.strideHeight - g.paddingTop + tapRow * g.dilationHeight
              let x = column * g.strideWidth - g.paddingLeft + tapColumn * g.dilationWidth
              guard y >= 0, y < g.height, x >= 0, x < g.width else { continue }
              let input = ((image * g.height + y) * g.width + x) * g.inputChannels
              let weight = (tapRow * g.kernelWidth + tapColumn) * inputs * g.outputChannels
              let output =
                ((image * g.outputHeight + row) * g.outputWidth + column) * g.outputChannels
              for group in 0..<g.groups {
                for i in 0..<inputs {
                  for o in 0..<outputs {
                    body(
                      input + group * inputs + i,
                      weight + i * g.outputChannels + group * outputs + o,
                      output + group * outputs + o)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  func output(_ input: [Float], _ weights: [Float], _ bias: [Float]) -> [Double] {
    var result = (0..<geometry.outputCount).map { Double(bias[$0 % geometry.outputChannels]) }
    result.withUnsafeMutableBufferPointer { result in
      forEachProduct { result[$2] += Double(input[$0]) * Double(weights[$1]) }
    }
    return result
  }

  func gradients(_ input: [Float], _ weights: [Float], upstream: [Double]) -> ConvolutionGradients<
    Double
  > {
    var inputGradient = [Double](repeating: 0, count: input.count)
    var weightGradient = [Double](repeating: 0, count: weights.count)
    var biasGradient = [Double](repeating: 0, count: geometry.outputChannels)
    inputGradient.withUnsafeMutableBufferPointer { inputGradient in
      weightGradient.withUnsafeMutableBufferPointer { weightGradient in
        forEachProduct {
          inputGradient[$0] += upstream[$2] * Double(weights[$1])
          weightGradient[$1] += upstream[$2] * Double(input[$0])
        }
      }
    }
    for (place, gradient) in upstream.enumerated() {
      biasGradient[place % geometry.outputChannels] += gradient
    }
    return ConvolutionGradients(
      input: inputGradient, weights: weightGradient, bias: biasGradient)
  }
}

struct ConvolutionGradients<Scalar> {
  var input, weights, bias: [Scalar]
}

/// The data of one test case, and both passes of a kernel over it.
struct ConvolutionCase {
  let geometry: ConvolutionGeometry
  let input, weights, bias: [Float]

  /// Random numbers, but for what is given.
  init(
    _ geometry: ConvolutionGeometry, input: [Float]? = nil, weights: [Float]? = nil,
    bias: [Float]? = nil
  ) {
    self.geometry = geometry
    let key = RandomKey(seed: 1)
    self.input = input ?? Self.uniform(geometry.inputCount, key.derived(0))
    self.weights = weights ?? Self.uniform(geometry.weightCount, key.derived(1))
    self.bias = bias ?? Self.uniform(geometry.outputChannels, key.derived(2))
  }

  /// Numbers between −1 and 1.
  static func uniform(_ count: Int, _ key: RandomKey) -> [Float] {
    (0..<count).map { Float(2 * key.uniform(at: UInt64($0)) - 1) }
  }

  /// What a kernel leaves of memory that it should overwrite shows as not a number.
  static func untouched(_ count: Int) -> [Float] { Array(repeating: .nan, count: count) }

  func preparedWeights(_ kernel: some ConvolutionKernel) -> (forward: [Float], gradient: [Float]) {
    var forward = Self.untouched(kernel.preparedWeightCount.forward)
    var gradient = Self.untouched(kernel.preparedWeightCount.gradient)
    kernel.prepareWeights(weights, into: &forward)
    kernel.prepareWeightsForGradient(weights, into: &gradient)
    return (forward, gradient)
  }

  /// The output of the whole batch, or of images one by one.
  func output(
    _ kernel: some ConvolutionKernel, _ activation: ConvolutionActivation = .none,
    oneByOne: Bool = false
  ) -> [Float] {
    output(kernel, activation, count: geometry.outputCount) { operands in
      guard oneByOne else { return kernel.forward(operands) }
      for image in 0..<geometry.batch { kernel.forward(images: image..<image + 1, operands) }
    }
  }

  /// What `body` writes, `count` scalars.
  func output(
    _ kernel: some ConvolutionKernel, _ activation: ConvolutionActivation, count: Int,
    _ body: (ConvolutionOperands) -> Void
  ) -> [Float] {
    let output = Buffer(Self.untouched(count))
    let (input, bias) = (Buffer(input), Buffer(bias))
    let prepared = Buffer(preparedWeights(kernel).forward)
    return withExtendedLifetime((input, bias, prepared)) {
      body(
        ConvolutionOperands(
          input: input.pointer, weights: prepared.pointer, bias: bias.pointer,
          activation: activation, output: output.pointer))
      return output.contents
    }
  }

  /// The gradients of the whole batch, or of images one by one with two accumulators.
  func gradients(
    _ kernel: some ConvolutionKernel, upstream: [Float], output: [Float]? = nil,
    choices: [UInt8]? = nil, scale: Float = 1, oneByOne: Bool = false
  ) -> ConvolutionGradients<Float> {
    let (input, upstream) = (Buffer(input), Buffer(upstream))
    let (output, choices) = (output.map { Buffer($0) }, choices.map { Buffer($0) })
    let prepared = Buffer(preparedWeights(kernel).gradient)
    let inputGradient = Buffer(Self.untouched(geometry.inputCount))
    let weightGradient = Buffer(Self.untouched(weights.count))
    let biasGradient = Buffer(Self.untouched(bias.count))
    return withExtendedLifetime((input, upstream, output, choices, prepared)) {
      let operands = ConvolutionGradientOperands(
        input: input.pointer, upstream: upstream.pointer,
        output: (output?.pointer).map { UnsafePointer($0) }, weights: prepared.pointer,
        inputGradient: inputGradient.pointer,
        choices: (choices?.pointer).map { UnsafePointer($0) }, scale: scale)
      if oneByOne {
        let sums = (0..<2).map { _ in
          Buffer([Float](repeating: 0, count: kernel.accumulatorCount))
        }
        for image in 0..<geometry.batch {
          kernel.accumulateGradients(
            images: image..<image + 1, operands, into: sums[image % 2].pointer)
        }
        kernel.finishGradients(
          sums.map(\.pointer), weightGradient: weightGradient.pointer,
          biasGradient: biasGradient.pointer)
      } else {
        kernel.gradients(
          operands, weightGradient: weightGradient.pointer, biasGradient: biasGradient.pointer)
      }
      return ConvolutionGradients(
        input: inputGradient.contents, weights: weightGradient.contents,
        bias: biasGradient.contents)
    }
  }
}

/// Memory at a fixed place, and exactly as long as it should be, so that address sanitizer sees what reads beyond it.
final class Buffer<Scalar> {
  let pointer: UnsafeMutablePointer<Scalar>
  private let count: Int

  init(_ contents: [Scalar]) {
    count = contents.count
    // On the boundary of a vector, as tensors are.
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 64)
    pointer = memory.bindMemory(to: Scalar.self, capacity: count)
    pointer.initialize(from: contents, count: count)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  var contents: [Scalar] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// `‖x − y‖₂ / ‖y‖₂`, or not a number if something is not.
func relativeError(_ x: [Float], _ y: [Double]) -> Double {
  guard x.count == y.count else { return .infinity }
  var (difference, size) = (0.0, 0.0)
  for (x, y) in zip(x, y) {
    difference += (Double(x) - y) * (Double(x) - y)
    size += y * y
  }
  return size == 0 ? difference.squareRoot() : (difference / size).squareRoot()
}
