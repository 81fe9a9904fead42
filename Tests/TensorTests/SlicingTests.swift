import Tensor
import TestSupport
import Testing

@Suite("Slicing")
struct SlicingTests {
  /// 0 to 23, as `[2, 3, 4]`.
  private let x = Tensor<Int32>.arange(24).reshaped(to: [2, 3, 4])

  @Test("positions, ranges of every kind and steps select what NumPy selects")
  func selections() {
    #expect(x[1, 2, 3].item() == 23 && x[1, 2, 3].shape == [])
    #expect(x[-1, -3, 0].item() == 12)
    #expect(x[0, 1].scalars == [4, 5, 6, 7])
    let row = x[0, 0]
    #expect(row[1..<3].scalars == [1, 2] && row[1...2].scalars == [1, 2])
    #expect(
      row[2...].scalars == [2, 3] && row[..<2].scalars == [0, 1] && row[...2].scalars == [0, 1, 2])
    #expect(row[(-2)...].scalars == [2, 3] && row[..<(-1)].scalars == [0, 1, 2])
    #expect(row[...(-1)].scalars == [0, 1, 2, 3] && row[(-3)...(-1)].scalars == [1, 2, 3])
    #expect(row[(-3)...(-2)].scalars == [1, 2])
    #expect(
      row[.stride(by: 2)].scalars == [0, 2] && row[.stride(from: 1, by: 2)].scalars == [1, 3])
    #expect(row[.stride(by: -1)].scalars == [3, 2, 1, 0])
    #expect(row[.stride(from: 2, to: 0, by: -1)].scalars == [2, 1])
    #expect(row[.stride(from: -1, to: -3, by: -1)].scalars == [3, 2])
    #expect(row[.stride(from: 10, to: -10, by: -3)].scalars == [3, 0])
    #expect(row[.all] == row)
  }

  @Test("bounds outside are cut, and nothing is left of an empty range")
  func bounds() {
    let row = x[0, 0]
    #expect(row[2..<100].scalars == [2, 3] && row[(-100)...].scalars == [0, 1, 2, 3])
    #expect(row[3..<1 + 2].shape == [0] && row[7...].shape == [0])
    #expect(row[.stride(from: 0, to: 3, by: -1)].shape == [0])
    #expect(row[..<(-4)].shape == [0])
    #expect(Tensor<Float>.zeros([0])[.stride(by: -1)].shape == [0])
    #expect(Tensor<Float>.zeros([0, 2])[.ellipsis, 1].shape == [0])
  }

  @Test("the widest steps and bounds do not overflow")
  func extremes() {
    let row = x[0, 0]
    #expect(row[.stride(by: .max)].scalars == [0])
    #expect(row[.stride(by: .min)].scalars == [3])
    #expect(row[.stride(from: .min, to: .max, by: 1)].scalars == [0, 1, 2, 3])
    #expect(row[1...Int.max].scalars == [1, 2, 3] && row[...Int.max].scalars == [0, 1, 2, 3])
    #expect(x[.all, .stride(by: .max)].shape == [2, 1, 4])
  }

  @Test("an ellipsis stands for the axes left, a new axis adds one of size 1")
  func ellipsisAndNewAxis() {
    #expect(x[.ellipsis, 0].scalars == [0, 4, 8, 12, 16, 20])
    #expect(x[1, .ellipsis, 1...2].shape == [3, 2])
    #expect(x[0, 1, 2, .ellipsis].item() == 6)
    #expect(x[.ellipsis, .newAxis].shape == [2, 3, 4, 1])
    #expect(x[.newAxis, 0, .newAxis, 1...].shape == [1, 1, 2, 4])
    #expect(Tensor<Float>(2)[.newAxis].shape == [1] && Tensor<Float>(2)[.ellipsis].item() == 2)
  }

  @Test("a slice is a view, and slices of slices compose")
  func composition() {
    let part = x[1, .stride(by: -1), 1...]
    #expect(part.storageIdentifier == x.storageIdentifier)
    #expect(part.scalars == [21, 22, 23, 17, 18, 19, 13, 14, 15])
    #expect(part[.stride(by: -2), 0].scalars == [13, 21])
    #expect(x.transposed()[0, 3].scalars == [3, 7, 11])
    #expect(x[.stride(by: -1), .stride(by: -1), .stride(by: -1)].scalars == (0..<24).reversed())
  }

  @Test("the same selection of every view", arguments: [0, 1, 2])
  func views(axis: Int) {
    let base = Tensor<Double>.ramp([3, 4, 5])
    var slices = [TensorSlice](repeating: .all, count: 3)
    slices[axis] = .range(start: 2, end: nil, step: -2)
    let expected = base.contiguous().sliced(slices)
    for (name, view) in TestSupport.views(of: base) {
      #expect(view.sliced(slices) == expected, "\(name)")
    }
  }

  @Test("assignment writes the selected part, broadcast, and nothing beside it")
  func assignment() {
    var y = Tensor<Int32>.zeros([2, 3])
    y.assign(Tensor([1, 2, 3], shape: [3]), at: 1)
    #expect(y.scalars == [0, 0, 0, 1, 2, 3])
    y.assign(Tensor([7, 8], shape: [2, 1]), at: .all, .stride(by: 2))
    #expect(y.scalars == [7, 0, 7, 8, 2, 8])
    y.assign(Tensor(5), at: 0, 1)
    #expect(y.scalars == [7, 5, 7, 8, 2, 8])
    y.assign(Tensor([1, 2, 3], shape: [3]), at: 0, .stride(by: -1))
    #expect(y.scalars == [3, 2, 1, 8, 2, 8])
    y.assign(.zeros([2, 0]), at: .all, 0..<0)
    #expect(y.scalars == [3, 2, 1, 8, 2, 8])
    for (name, view) in TestSupport.views(of: Tensor<Double>.ramp([3, 2])) {
      var target = view
      target.assign(Tensor(9), at: 1)
      #expect(target[1].scalars == [9, 9], "\(name)")
      #expect(target[0] == view[0] && target[2] == view[2], "\(name)")
    }
  }

  static let traps: Traps = [
    "subscript: position 3 is out of range on axis 1 of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3])[0, 3]
    },
    "subscript: position -3 is out of range on axis 0 of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3])[-3]
    },
    "subscript: 3 positions for a tensor of rank 2, shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3])[0, 0, .newAxis, 0]
    },
    "subscript: an ellipsis may stand once, got 2": {
      _ = Tensor<Float>.ones([2, 3])[.ellipsis, .ellipsis]
    },
    "subscript: the step of a range is zero": { _ = Tensor<Float>.ones([2])[.stride(by: 0)] },
    "assign: shape [2] does not broadcast to the selected [3]": {
      var x = Tensor<Float>.ones([2, 3])
      x.assign(.ones([2]), at: 0)
    },
    "assign: shape [2, 3] does not broadcast to the selected [3]": {
      var x = Tensor<Float>.ones([2, 3])
      x.assign(.ones([2, 3]), at: 0)
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
