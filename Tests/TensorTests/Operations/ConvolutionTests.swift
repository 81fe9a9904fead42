import Tensor
import TestSupport
import Testing

@Suite("Convolution")
struct ConvolutionTests {
  struct Geometry: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: [Int]
    /// How many output channels there are.
    let outputs: Int
    let window: Window2D
  }

  static let geometries = [
    Geometry(testDescription: "3 × 3", input: [2, 5, 6, 3], outputs: 4, window: Window2D(3)),
    Geometry(
      testDescription: "square", input: [4, 4, 4, 4], outputs: 4,
      window: Window2D(4, padding: .same)),
    Geometry(
      testDescription: "same", input: [2, 5, 6, 3], outputs: 2, window: Window2D(3, padding: .same)),
    Geometry(
      testDescription: "stride 2", input: [1, 7, 6, 2], outputs: 3, window: Window2D(3, stride: 2)),
    Geometry(
      testDescription: "stride 2, same, even", input: [3, 6, 4, 1], outputs: 2,
      window: Window2D(3, stride: 2, padding: .same)),
    Geometry(
      testDescription: "dilation 2", input: [1, 7, 8, 2], outputs: 2,
      window: Window2D(3, dilation: 2)),
    Geometry(
      testDescription: "dilation 2, same", input: [2, 5, 4, 2], outputs: 1,
      window: Window2D(3, dilation: 2, padding: .same)),
    Geometry(testDescription: "1 × 1", input: [2, 3, 4, 5], outputs: 2, window: Window2D(1)),
    Geometry(
      testDescription: "1 × 1, stride 3", input: [1, 7, 5, 2], outputs: 2,
      window: Window2D(1, stride: 3)),
    Geometry(
      testDescription: "the whole image", input: [2, 4, 3, 2], outputs: 3,
      window: Window2D(height: 4, width: 3)),
    Geometry(testDescription: "one pixel", input: [1, 1, 1, 1], outputs: 1, window: Window2D(1)),
    Geometry(
      testDescription: "uneven", input: [2, 6, 9, 2], outputs: 3,
      window: Window2D(
        height: 2, width: 3, verticalStride: 3, horizontalStride: 2, verticalDilation: 1,
        horizontalDilation: 2,
        padding: .explicit(top: 2, bottom: 0, left: 1, right: 3))),
    Geometry(
      testDescription: "more padding than window", input: [1, 2, 2, 1], outputs: 2,
      window: Window2D(2, padding: .explicit(top: 3, bottom: 3, left: 3, right: 3))),
  ]

  /// The convolution by its definition: seven loops in Double.
  ///
  /// `visit` gets the flat positions that belong together.
  private func visitTaps(
    _ geometry: Geometry, _ visit: (_ input: Int, _ filter: Int, _ output: Int) -> Void
  ) {
    let (window, shape, outputs) = (geometry.window, geometry.input, geometry.outputs)
    let output = window.outputShape(for: shape, channels: outputs)
    let (top, left): (Int, Int)
    switch window.padding {
    case .valid: (top, left) = (0, 0)
    case .explicit(let above, _, let before, _): (top, left) = (above, before)
    case .same:
      let rows = (window.height - 1) * window.verticalDilation + 1
      let columns = (window.width - 1) * window.horizontalDilation + 1
      top = max(0, (output[1] - 1) * window.verticalStride + rows - shape[1]) / 2
      left = max(0, (output[2] - 1) * window.horizontalStride + columns - shape[2]) / 2
    }
    for n in 0..<shape[0] {
      for i in 0..<output[1] {
        for j in 0..<output[2] {
          for k in 0..<window.height {
            for l in 0..<window.width {
              let y = i * window.verticalStride - top + k * window.verticalDilation
              let x = j * window.horizontalStride - left + l * window.horizontalDilation
              guard (0..<shape[1]).contains(y), (0..<shape[2]).contains(x) else { continue }
              for c in 0..<shape[3] {
                for o in 0..<outputs {
                  visit(
                    ((n * shape[1] + y) * shape[2] + x) * shape[3] + c,
                    ((k * window.width + l) * shape[3] + c) * outputs + o,
                    ((n * output[1] + i) * output[2] + j) * outputs + o)
                }
              }
            }
          }
        }
      }
    }
  }

  private func operands(_ geometry: Geometry) -> (
    input: Tensor<Double>, filter: Tensor<Double>, bias: Tensor<Double>
  ) {
    let window = geometry.window
    return (
      .ramp(geometry.input),
      .ramp([window.height, window.width, geometry.input[3], geometry.outputs], phase: 1),
      .ramp([geometry.outputs], phase: 2)
    )
  }

  @Test("an edge detector on a step, by hand")
  func values() {
    let image = Tensor<Float>([0, 0, 1, 1, 0, 0, 1, 1], shape: [1, 2, 4, 1])
    let filter = Tensor<Float>([-1, 1], shape: [1, 2, 1, 1])
    let window = Window2D(height: 1, width: 2)
    #expect(image.convolution(filter, bias: nil, window).scalars == [0, 1, 0, 0, 1, 0])
    #expect(
      image.convolution(filter, bias: Tensor([10], shape: [1]), window).scalars == [
        10, 11, 10, 10, 11, 10,
      ])
  }

  @Test("agrees with the definition", arguments: geometries)
  func forward(geometry: Geometry) {
    let (input, filter, bias) = operands(geometry)
    let shape = geometry.window.outputShape(for: geometry.input, channels: geometry.outputs)
    let (x, w) = (input.scalars, filter.scalars)
    var y = Tensor<Double>.zeros(shape).scalars
    visitTaps(geometry) { y[$2] += x[$0] * w[$1] }
    let expected = Tensor(y, shape: shape)
    let plain = input.convolution(filter, bias: nil, geometry.window)
    #expect(plain.shape == shape && plain.relativeError(to: expected) < 1e-14)
    #expect(
      input.convolution(filter, bias: bias, geometry.window).relativeError(to: expected + bias)
        < 1e-14)
    let single = input.converted(to: Float.self)
      .convolution(filter.converted(), bias: bias.converted(), geometry.window)
    #expect(single.converted(to: Double.self).relativeError(to: expected + bias) < 1e-6)
  }

  @Test("both gradients agree with the definition", arguments: geometries)
  func gradients(geometry: Geometry) {
    let (input, filter, _) = operands(geometry)
    let shape = geometry.window.outputShape(for: geometry.input, channels: geometry.outputs)
    let upstream = Tensor<Double>.ramp(shape, phase: 3)
    let (x, w, g) = (input.scalars, filter.scalars, upstream.scalars)
    var (dx, dw) = (
      Tensor<Double>.zeros(input.shape).scalars, Tensor<Double>.zeros(filter.shape).scalars
    )
    visitTaps(geometry) {
      dx[$0] += g[$2] * w[$1]
      dw[$1] += g[$2] * x[$0]
    }
    for (name, view) in views(of: upstream) {
      let inputGradient = Tensor.convolutionInputGradient(
        upstream: view, filter: filter, inputShape: input.shape, geometry.window)
      let filterGradient = Tensor.convolutionFilterGradient(
        upstream: view, input: input, filterShape: filter.shape, geometry.window)
      #expect(inputGradient.relativeError(to: Tensor(dx, shape: input.shape)) < 1e-14, "\(name)")
      #expect(filterGradient.relativeError(to: Tensor(dw, shape: filter.shape)) < 1e-14, "\(name)")
    }
  }

  @Test("every view of input, filter and bias")
  func operandViews() {
    let geometry = Self.geometries[2]
    let (input, filter, bias) = operands(geometry)
    let expected = input.convolution(filter, bias: bias, geometry.window)
    for (name, view) in views(of: input) {
      #expect(view.convolution(filter, bias: bias, geometry.window) == expected, "input \(name)")
    }
    for (name, view) in views(of: filter) {
      #expect(input.convolution(view, bias: bias, geometry.window) == expected, "filter \(name)")
    }
    for (name, view) in views(of: bias) {
      #expect(input.convolution(filter, bias: view, geometry.window) == expected, "bias \(name)")
    }
    let stretched = input[0].broadcast(to: input.shape)
    #expect(stretched.convolution(filter, bias: bias, geometry.window)[1] == expected[0])
  }

  @Test("the filter gradient sums more images than there are groups")
  func manyImages() {
    let input = Tensor<Double>.ramp([19, 3, 3, 2])
    let upstream = Tensor<Double>.ramp([19, 2, 2, 3], phase: 1)
    let whole = Tensor.convolutionFilterGradient(
      upstream: upstream, input: input, filterShape: [2, 2, 2, 3], Window2D(2))
    let sum = (0..<19).reduce(Tensor<Double>.zeros([2, 2, 2, 3])) {
      $0
        + .convolutionFilterGradient(
          upstream: upstream[$1...$1], input: input[$1...$1], filterShape: [2, 2, 2, 3], Window2D(2)
        )
    }
    #expect(whole.relativeError(to: sum) < 1e-14)
  }

  @Test("an image taller than a tile gives the rows that its parts give")
  func tiles() {
    let input = Tensor<Float>.ramp([1, 70, 40, 16])
    let filter = Tensor<Float>.ramp([3, 3, 16, 4], phase: 1)
    let whole = input.convolution(filter, bias: nil, Window2D(3))
    let lower = input[.all, 50...].convolution(filter, bias: nil, Window2D(3))
    #expect(whole[.all, 50...].relativeError(to: lower) < 1e-6)
  }

  @Test("no images, no channels in and no channels out")
  func empty() {
    let window = Window2D(3, padding: .same)
    let none = Tensor<Float>.zeros([0, 4, 4, 2])
    #expect(none.convolution(.ones([3, 3, 2, 5]), bias: nil, window).shape == [0, 4, 4, 5])
    #expect(
      Tensor.convolutionFilterGradient(
        upstream: .zeros([0, 4, 4, 5]), input: none, filterShape: [3, 3, 2, 5], window)
        == .zeros([3, 3, 2, 5]))
    // The memory that the cache hands out next is not zero by chance.
    for _ in 0..<4 { _ = Tensor<Float>.ones([1, 4, 4, 2]) }
    let blank = Tensor<Float>.zeros([1, 4, 4, 0])
    #expect(blank.convolution(.ones([3, 3, 0, 2]), bias: nil, window) == .zeros([1, 4, 4, 2]))
    #expect(
      blank.convolution(.ones([3, 3, 0, 2]), bias: Tensor([3, 4], shape: [2]), window)[0, 1, 2]
        .scalars == [3, 4])
    #expect(
      Tensor.convolutionInputGradient(
        upstream: blank, filter: Tensor<Float>.ones([3, 3, 2, 0]), inputShape: [1, 4, 4, 2], window)
        == .zeros([1, 4, 4, 2]))
    #expect(
      Tensor<Float>.ones([1, 4, 4, 2]).convolution(.ones([3, 3, 2, 0]), bias: nil, window).shape
        == [1, 4, 4, 0])
  }

  @Test("what is not a number reaches the positions whose window holds it, and no other")
  func notANumber() {
    var input = Tensor<Double>.ones([1, 5, 5, 1])
    input.assign(Tensor(.nan), at: 0, 0, 0, 0)
    let y = input.convolution(.ones([3, 3, 1, 1]), bias: nil, Window2D(3)).scalars
    #expect(y[0].isNaN && y[1...].allSatisfy { $0 == 9 })
  }

  static let traps: Traps = [
    "convolution: needs an input [batch, height, width, channels] and a filter [3, 3, channels, outputChannels], got [1, 4, 4, 2] and [3, 3, 1, 2]":
      {
        _ = Tensor<Float>.ones([1, 4, 4, 2]).convolution(
          .ones([3, 3, 1, 2]), bias: nil, Window2D(3))
      },
    "convolution: needs an input [batch, height, width, channels] and a filter [3, 3, channels, outputChannels], got [1, 4, 4, 2] and [5, 3, 2, 2]":
      {
        _ = Tensor<Float>.ones([1, 4, 4, 2]).convolution(
          .ones([5, 3, 2, 2]), bias: nil, Window2D(3))
      },
    "convolution: needs an input [batch, height, width, channels] and a filter [3, 3, channels, outputChannels], got [4, 4, 2] and [3, 3, 2, 2]":
      {
        _ = Tensor<Float>.ones([4, 4, 2]).convolution(.ones([3, 3, 2, 2]), bias: nil, Window2D(3))
      },
    "convolution: needs a bias of shape [2], got [3]": {
      _ = Tensor<Float>.ones([1, 4, 4, 1]).convolution(
        .ones([3, 3, 1, 2]), bias: .ones([3]), Window2D(3))
    },
    "convolution: a window of 5 × 5 does not fit shape [1, 4, 4, 1]": {
      _ = Tensor<Float>.ones([1, 4, 4, 1]).convolution(.ones([5, 5, 1, 1]), bias: nil, Window2D(5))
    },
    "convolutionInputGradient: needs an upstream gradient of shape [1, 2, 2, 1], got [1, 4, 4, 1]":
      {
        _ = Tensor<Float>.convolutionInputGradient(
          upstream: .ones([1, 4, 4, 1]), filter: .ones([3, 3, 1, 1]), inputShape: [1, 4, 4, 1],
          Window2D(3))
      },
    "convolutionFilterGradient: needs an upstream gradient of shape [1, 2, 2, 1], got [1, 2, 2, 2]":
      {
        _ = Tensor<Float>.convolutionFilterGradient(
          upstream: .ones([1, 2, 2, 2]), input: .ones([1, 4, 4, 1]), filterShape: [3, 3, 1, 1],
          Window2D(3))
      },
    "convolutionFilterGradient: needs an input [batch, height, width, channels]": {
      _ = Tensor<Float>.convolutionFilterGradient(
        upstream: .ones([1, 2, 2, 2]), input: .ones([1, 4, 4, 1]), filterShape: [3, 3, 2, 1],
        Window2D(3))
    },
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }

  /// `Float` has kernels for groups, `Double` goes group by group.
  @Test(
    "groups: each part of the channels by itself, in Float as in Double",
    arguments: [(4, 6, 2, 3), (16, 32, 4, 3), (5, 5, 5, 3), (3, 12, 3, 1), (8, 8, 1, 2)])
  func groups(inputs: Int, outputs: Int, groups: Int, size: Int) {
    let x = Tensor<Double>.ramp([2, 6, 5, inputs])
    let w = Tensor<Double>.ramp([size, size, inputs / groups, outputs], phase: 1)
    let b = Tensor<Double>.ramp([outputs], phase: 2)
    let window = Window2D(size, padding: .same, groups: groups)
    let (inputPart, outputPart) = (inputs / groups, outputs / groups)
    let expected = Tensor.concatenated(
      (0..<groups).map { group in
        let part = group * outputPart..<(group + 1) * outputPart
        return x[.ellipsis, group * inputPart..<(group + 1) * inputPart].convolution(
          w[.ellipsis, part], bias: b[part], Window2D(size, padding: .same))
      }, alongAxis: -1)
    #expect(x.convolution(w, bias: b, window).relativeError(to: expected) < 1e-14)
    let upstream = Tensor<Double>.ramp(expected.shape, phase: 3)
    func float(_ x: Tensor<Double>) -> Tensor<Float> { x.converted() }
    for algorithm in ConvolutionAlgorithm.allCases {
      let window = Window2D(size, padding: .same, groups: groups, algorithm: algorithm)
      let found = float(x).convolution(float(w), bias: float(b), window)
      #expect(found.converted(to: Double.self).relativeError(to: expected) < 1e-6)
      let gradients = [
        Tensor.convolutionInputGradient(
          upstream: float(upstream), filter: float(w), inputShape: x.shape, window),
        Tensor.convolutionFilterGradient(
          upstream: float(upstream), input: float(x), filterShape: w.shape, window),
      ]
      let exact = [
        Tensor.convolutionInputGradient(
          upstream: upstream, filter: w, inputShape: x.shape, window),
        Tensor.convolutionFilterGradient(
          upstream: upstream, input: x, filterShape: w.shape, window),
      ]
      for (gradient, exact) in zip(gradients, exact) {
        #expect(gradient.converted(to: Double.self).relativeError(to: exact) < 1e-6)
      }
    }
  }

  @Test("the direct algorithm has the error of a plain sum")
  func directAlgorithm() {
    let x = Tensor<Double>.ramp([1, 20, 20, 32])
    let w = Tensor<Double>.ramp([3, 3, 32, 32], phase: 1)
    let exact = x.convolution(w, bias: nil, Window2D(3))
    func error(_ algorithm: ConvolutionAlgorithm) -> Double {
      let (x, w): (Tensor<Float>, Tensor<Float>) = (x.converted(), w.converted())
      return x.convolution(w, bias: nil, Window2D(3, algorithm: algorithm))
        .converted(to: Double.self).relativeError(to: exact)
    }
    #expect(error(.direct) < 5e-7)
    #expect(error(.direct) < error(.automatic) && error(.automatic) < 3e-6)
  }

  @Test("channels that cannot be cut into groups stop the program, and the message names both")
  func rejectsGroups() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor<Float>.zeros([1, 4, 4, 4])
        .convolution(.zeros([2, 2, 2, 3]), bias: nil, Window2D(2, groups: 2))
    }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      message.contains("convolution") && message.contains("3") && message.contains("2 groups"))
  }
}
