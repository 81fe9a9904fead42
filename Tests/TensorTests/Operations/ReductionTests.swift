import Tensor
import TestSupport
import Testing

@Suite("Reductions")
struct ReductionTests {
  private let x = Tensor<Double>([3, 1, 2, -4, 0, 5], shape: [2, 3])

  @Test("sum, least and largest over each axis, by hand")
  func values() {
    #expect(x.sum().item() == 7 && x.min().item() == -4 && x.max().item() == 5)
    #expect(x.sum(alongAxis: 0).scalars == [-1, 1, 7] && x.sum(alongAxis: 1).scalars == [6, 1])
    #expect(x.min(alongAxis: 0).scalars == [-4, 0, 2] && x.max(alongAxis: -1).scalars == [3, 5])
    #expect(x.sum(alongAxes: [0, -1]).shape == [] && x.sum(alongAxes: []) == x)
    #expect(x.sum(alongAxis: 1, keepingDimensions: true).shape == [2, 1])
    #expect(x.max(alongAxes: [1, 0], keepingDimensions: true).shape == [1, 1])
    #expect(Tensor<Float>(4).sum().item() == 4 && Tensor<Float>(4).max().shape == [])
  }

  @Test("integers of every width")
  func integers() {
    #expect(Tensor<Int32>.arange(100).sum().item() == 4950)
    #expect(Tensor<Int64>([.max, .min, 0], shape: [3]).sum().item() == -1)
    #expect(Tensor<UInt8>([250, 5, 0], shape: [3]).sum().item() == 255)
    #expect(Tensor<UInt8>([250, 5, 0], shape: [3]).max().item() == 250)
    #expect(Tensor<Int32>([-5, -7], shape: [2]).max().item() == -5)
  }

  @Test("over no scalars there is the neutral element")
  func empty() {
    let none = Tensor<Float>.zeros([2, 0])
    #expect(none.sum(alongAxis: 1).scalars == [0, 0] && none.sum(alongAxis: 0).shape == [0])
    #expect(none.min(alongAxis: 1).scalars == [.infinity, .infinity])
    #expect(none.max(alongAxis: 1, keepingDimensions: true).scalars == [-.infinity, -.infinity])
    #expect(
      Tensor<Int32>.zeros([0]).min().item() == .max && Tensor<UInt8>.zeros([0]).max().item() == 0)
    #expect(Tensor<Float>.zeros([0, 3]).sum(alongAxis: 0).scalars == [0, 0, 0])
  }

  @Test(
    "every set of axes of every view agrees with a plain loop",
    arguments: [
      [0], [1], [2], [3], [0, 1], [0, 2], [1, 3], [2, 3], [0, 1, 2], [1, 2, 3], [0, 1, 2, 3], [],
    ])
  func agreesWithLoop(axes: [Int]) {
    let base = Tensor<Double>.ramp([3, 4, 1, 5])
    let (sum, least, largest) = reduce(base, axes)
    for (name, view) in TestSupport.views(of: base) + [
      ("permuted", base.permuted([3, 1, 0, 2]).contiguous().permuted([2, 1, 3, 0]))
    ] {
      #expect(view.sum(alongAxes: axes).relativeError(to: sum) < 1e-14, "\(name)")
      #expect(view.min(alongAxes: axes) == least && view.max(alongAxes: axes) == largest, "\(name)")
    }
    let wide = base[1].broadcast(to: [3, 4, 1, 5])
    #expect(wide.sum(alongAxes: axes).relativeError(to: reduce(wide, axes).sum) < 1e-14)
  }

  /// The reductions by their definition: one position after the other.
  private func reduce(
    _ x: Tensor<Double>, _ axes: [Int]
  ) -> (sum: Tensor<Double>, least: Tensor<Double>, largest: Tensor<Double>) {
    let shape = ShapeRules.reduced(x.shape, axes: axes, keepingDimensions: true)
    let (weights, strides) = (
      ShapeRules.contiguousStrides(shape), ShapeRules.contiguousStrides(x.shape)
    )
    let count = ShapeRules.count(shape)
    var (sum, least, largest) = (
      [Double](repeating: 0, count: count), [Double](repeating: .infinity, count: count),
      [Double](repeating: -.infinity, count: count)
    )
    for (position, scalar) in x.scalars.enumerated() {
      var target = 0
      for axis in x.shape.indices where !axes.contains(axis) {
        target += position / strides[axis] % x.shape[axis] * weights[axis]
      }
      sum[target] += scalar
      least[target] = min(least[target], scalar)
      largest[target] = max(largest[target], scalar)
    }
    let result = ShapeRules.reduced(x.shape, axes: axes, keepingDimensions: false)
    return (
      Tensor(sum, shape: result), Tensor(least, shape: result), Tensor(largest, shape: result)
    )
  }

  @Test(
    "what is not a number is the least and the largest, wherever it stands",
    arguments: [0, 7, 16, 40])
  func notANumber(position: Int) {
    var y = Tensor<Float>.ramp([41, 2])
    y.assign(Tensor(.nan), at: position, 1)
    for result in [y.min(alongAxis: 0), y.max(alongAxis: 0), y.sum(alongAxis: 0)] {
      #expect(result.scalars[0].isFinite && result.scalars[1].isNaN)
    }
    #expect(y.max().item().isNaN && y.transposed().contiguous().min(alongAxis: 1).scalars[1].isNaN)
    #expect(y.argMax(alongAxis: 0).scalars[1] == Int64(position))
    #expect(y.argMin(alongAxis: 0).scalars[1] == Int64(position))
  }

  @Test("infinities of both signs sum to what is not a number, of one sign to infinity")
  func infinities() {
    #expect(Tensor<Float>([1, .infinity, 2], shape: [3]).sum().item() == .infinity)
    #expect(Tensor<Float>([.infinity, -.infinity], shape: [2]).sum().item().isNaN)
    #expect(Tensor<Float>([-.infinity, 3], shape: [2]).max().item() == 3)
  }

  @Test("positions of extremes: the first of several, on every axis of every view")
  func positions() {
    let y = Tensor<Int32>([2, 9, 9, 1, 1, 5], shape: [2, 3])
    #expect(y.argMax(alongAxis: 1).scalars == [1, 2] && y.argMin(alongAxis: 1).scalars == [0, 0])
    #expect(
      y.argMax(alongAxis: 0).scalars == [0, 0, 0] && y.argMin(alongAxis: -2).scalars == [1, 1, 1])
    #expect(
      y.argMax(alongAxis: 0).shape == [3]
        && Tensor<Float>([7], shape: [1]).argMax(alongAxis: 0).item() == 0)
    #expect(Tensor<Float>.zeros([0, 2]).argMax(alongAxis: 1).shape == [0])
    let base = Tensor<Double>.ramp([3, 4, 5])
    for (name, view) in TestSupport.views(of: base) {
      for axis in 0..<3 {
        #expect(view.argMax(alongAxis: axis) == base.argMax(alongAxis: axis), "\(name)")
        let order = [0, 1, 2].filter { $0 != axis } + [axis]
        let rows = base.permuted(order).contiguous().reshaped(to: [-1, base.shape[axis]])
        let expected = (0..<rows.shape[0]).map { row in
          let scalars = rows[row].scalars
          return Int64(scalars.firstIndex(of: scalars.min() ?? 0) ?? -1)
        }
        #expect(view.argMin(alongAxis: axis).scalars == expected, "\(name)")
      }
    }
  }

  @Test("any and all")
  func truth() {
    let y = Tensor<Bool>([true, false, true, true], shape: [2, 2])
    #expect(y.any().item() && !y.all().item())
    #expect(
      y.all(alongAxes: [1]).scalars == [false, true]
        && y.any(alongAxes: [1]).scalars == [true, true])
    #expect(
      (.!y).any(alongAxes: [0], keepingDimensions: true) == Tensor([false, true], shape: [1, 2]))
    #expect(!Tensor<Bool>.zeros([0]).any().item() && Tensor<Bool>.zeros([0]).all().item())
    #expect(y.transposed().all(alongAxes: [0]).scalars == [false, true])
  }

  static let traps: Traps = [
    "sum: axis 2 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([2, 2]).sum(alongAxis: 2)
    },
    "sum: axis 0 is named twice in [0, -2]": {
      _ = Tensor<Float>.ones([2, 2]).sum(alongAxes: [0, -2])
    },
    "min: axis 0 is out of range for a tensor of rank 0": {
      _ = Tensor<Float>(1).min(alongAxis: 0)
    },
    "max: axis -3 is out of range for a tensor of rank 2": {
      _ = Tensor<Int32>.ones([2, 2]).max(alongAxis: -3)
    },
    "argMax: axis 1 of shape [2, 0] is empty": {
      _ = Tensor<Float>.ones([2, 0]).argMax(alongAxis: 1)
    },
    "argMin: axis 1 is out of range for a tensor of rank 1": {
      _ = Tensor<Float>.ones([2]).argMin(alongAxis: 1)
    },
    "max: axis 1 is out of range for a tensor of rank 1": {
      _ = Tensor<Bool>.zeros([2]).any(alongAxes: [1])
    },
    "min: axis 1 is out of range for a tensor of rank 1": {
      _ = Tensor<Bool>.zeros([2]).all(alongAxes: [1])
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
}
