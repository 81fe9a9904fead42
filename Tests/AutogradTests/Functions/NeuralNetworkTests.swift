import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Gradients of matrix products, convolution, pooling, softmax and batch normalization")
struct NeuralNetworkTests {
  private static func convolution(
    _ name: String, _ input: [Int], _ filter: [Int], _ window: Window2D
  ) -> Differentiable {
    Differentiable(name, at: [.ramp(input), .ramp(filter, phase: 1), .ramp([filter[3]], phase: 2)])
    {
      $0[0].convolution($0[1], bias: $0[2], window).tanh()
    }
  }

  private static func product(_ x: [Int], _ y: [Int]) -> Differentiable {
    Differentiable("\(x) · \(y)", at: [.ramp(x), .ramp(y, phase: 1)]) {
      $0[0].matrixProduct($0[1]).tanh()
    }
  }

  private static func batchNorm(_ shape: [Int]) -> Differentiable {
    let channels = shape[shape.count - 1]
    return Differentiable(
      "batchNormalized \(shape)",
      at: [.ramp(shape), .ramp([channels], phase: 1), .ramp([channels], phase: 2)]
    ) {
      $0[0].batchNormalized(scale: $0[1], offset: $0[2], epsilon: 0.1).output.tanh()
    }
  }

  private static let image = Tensor<Double>.ramp([2, 4, 3, 2])
  static let cases = [
    product([2, 3], [3, 4]), product([3, 3], [3, 3]), product([1, 2], [2, 1]),
    product([2, 2, 3], [3, 2]),
    product([2, 3], [2, 3, 2]), product([2, 1, 2, 2], [3, 2, 2]),
    Differentiable("x · xᵀ", at: .ramp([2, 3])) { $0.matrixProduct($0.transposed()) },
    Differentiable("softmax", at: .ramp([2, 3])) { $0.softmax() },
    Differentiable("softmax, square", at: .ramp([3, 3])) { $0.softmax() },
    Differentiable("softmax, rank 1", at: .ramp([4])) { $0.softmax() },
    Differentiable("softmax of one", at: .ramp([2, 1])) { $0.softmax() },
    Differentiable("logSoftmax", at: .ramp([2, 3])) { $0.logSoftmax() },
    Differentiable("logSoftmax, rank 3", at: .ramp([2, 2, 3])) { $0.logSoftmax() },
    convolution("3 × 3, same", [1, 3, 4, 2], [3, 3, 2, 2], Window2D(3, padding: .same)),
    convolution("square", [2, 3, 3, 2], [2, 2, 2, 2], Window2D(2)),
    convolution("stride 2", [1, 5, 4, 1], [3, 3, 1, 2], Window2D(3, stride: 2, padding: .same)),
    convolution("dilation 2", [1, 4, 4, 1], [2, 2, 1, 2], Window2D(2, dilation: 2)),
    convolution("two groups", [1, 3, 3, 4], [2, 2, 2, 4], Window2D(2, groups: 2)),
    convolution(
      "depthwise", [2, 3, 4, 3], [3, 2, 1, 3], Window2D(height: 3, width: 2, groups: 3)),
    convolution("depthwise, two each", [1, 3, 3, 2], [2, 2, 1, 4], Window2D(2, groups: 2)),
    convolution(
      "uneven padding", [1, 3, 3, 1], [2, 1, 1, 1],
      Window2D(
        height: 2, width: 1, horizontalStride: 2,
        padding: .explicit(top: 1, bottom: 0, left: 0, right: 2))),
    Differentiable("without a bias", at: [image, .ramp([1, 1, 2, 3], phase: 1)]) {
      $0[0].convolution($0[1], bias: nil, Window2D(1, stride: 2)).squared()
    },
    Differentiable("maxPooled", at: image, isSmooth: false) {
      $0.maxPooled(Window2D(2, stride: 2))
    },
    Differentiable("maxPooled, overlapping, squared", at: image) {
      $0.maxPooled(Window2D(2)).squared()
    },
    Differentiable("maxPooled, same", at: image) {
      $0.maxPooled(Window2D(3, stride: 2, padding: .same)).squared()
    },
    Differentiable("picked", at: image) {
      $0.picked(at: image.maxPooledWithIndices(Window2D(2)).indices, Window2D(2)).squared()
    },
    Differentiable("averagePooled", at: image) {
      $0.averagePooled(Window2D(2, stride: 2)).squared()
    },
    Differentiable("averagePooled, same", at: image) {
      $0.averagePooled(Window2D(3, padding: .same)).squared()
    },
    batchNorm([2, 3, 2, 3]), batchNorm([3, 3]), batchNorm([4, 1]), batchNorm([1, 2]),
  ]

  /// Central differences in Double leave errors of about 1e-10; a wrong formula is off by 1e-2 and more.
  @Test("the gradient of every argument agrees with central differences", arguments: cases.indices)
  func gradients(index: Int) {
    for error in Self.cases[index].firstErrors() {
      #expect(error < 1e-8, "\(Self.cases[index].name)")
    }
  }

  @Test(
    "second derivatives of every pair of arguments agree with central differences",
    arguments: cases.indices)
  func secondDerivatives(index: Int) {
    guard Self.cases[index].isSmooth else { return }
    for error in Self.cases[index].secondErrors() {
      #expect(error < 1e-7, "\(Self.cases[index].name)")
    }
  }

  @Test("how the arguments lie in memory changes nothing", arguments: cases.indices)
  func views(index: Int) {
    #expect(Self.cases[index].viewError() < 1e-13, "\(Self.cases[index].name)")
  }

  @Test("third derivatives of a convolution go through the same three formulas")
  func thirdDerivatives() {
    let window = Window2D(2, padding: .same)
    let points = [Tensor<Double>.ramp([1, 2, 2, 1]), .ramp([2, 2, 1, 1], phase: 1)]
    let errors = secondDerivativeErrors(at: points) { arguments in
      let inner = arguments.map { $0.isRecorded ? $0 : Variable(tracking: $0.value) }
      let y = inner[0].convolution(inner[1], bias: nil, window)
      let gradients = (y * y * y).sum().recordedGradients(withRespectTo: inner)
      return (gradients[0] * Variable(.ramp([1, 2, 2, 1], phase: 3))).sum()
        + (gradients[1] * Variable(.ramp([2, 2, 1, 1], phase: 4))).sum()
    }
    for error in errors { #expect(error < 1e-6) }
  }

  @Test("the values are those of plain tensors, recorded or not")
  func values() {
    let (x, w) = (Self.image, Tensor<Double>.ramp([2, 2, 2, 3], phase: 1))
    for (v, f) in [(Variable(tracking: x), Variable(tracking: w)), (Variable(x), Variable(w))] {
      #expect(
        v.convolution(f, bias: nil, Window2D(2)).value == x.convolution(w, bias: nil, Window2D(2)))
      #expect(v.maxPooled(Window2D(2)).value == x.maxPooled(Window2D(2)))
      #expect(v.averagePooled(Window2D(2)).value == x.averagePooled(Window2D(2)))
      #expect(v.softmax().value == x.softmax() && v.logSoftmax().value == x.logSoftmax())
      #expect(v.matrixProduct(v.transposed()).value == x.matrixProduct(x.transposed()))
    }
  }

  @Test("of equal scalars the first takes the gradient of max pooling")
  func ties() {
    let x = Variable(tracking: Tensor<Double>.ones([1, 2, 2, 1]))
    #expect(x.maxPooled(Window2D(2)).sum().gradients()[x]?.scalars == [1, 0, 0, 0])
  }

  @Test("a batch without images has zero gradients for the filter, empty ones for itself")
  func empty() {
    let (x, w) = (
      Variable(tracking: Tensor<Double>.zeros([0, 4, 4, 1])),
      Variable(tracking: Tensor<Double>.ones([2, 2, 1, 1]))
    )
    let gradients = x.convolution(w, bias: nil, Window2D(2)).maxPooled(Window2D(2)).sum()
      .gradients()
    #expect(gradients[x]?.shape == [0, 4, 4, 1] && gradients[w] == .zeros([2, 2, 1, 1]))
  }
}
