import Tensor
import TestSupport
import Testing

@Suite("Views")
struct ViewsTests {
  private let x = Tensor<Int32>.arange(24).reshaped(to: [2, 3, 4])

  @Test("reshaping keeps the row-major order and works out one size")
  func reshape() {
    #expect(x.reshaped(to: [4, 6])[1].scalars == [6, 7, 8, 9, 10, 11])
    #expect(x.reshaped(to: [-1]).shape == [24] && x.reshaped(to: [2, -1, 2]).shape == [2, 6, 2])
    #expect(x.reshaped(to: [24, -1, 1]).shape == [24, 1, 1])
    #expect(Tensor<Float>(3).reshaped(to: [1, 1]).shape == [1, 1])
    #expect(Tensor<Float>.ones([1]).reshaped(to: []).item() == 1)
    #expect(Tensor<Float>.zeros([0, 3]).reshaped(to: [3, 0, 7]).shape == [3, 0, 7])
    #expect(Tensor<Float>.zeros([0, 3]).reshaped(to: [-1, 3]).shape == [0, 3])
  }

  @Test("a reshape is a view wherever the strides allow one")
  func reshapeViews() {
    func shares(_ tensor: Tensor<Int32>, _ shape: [Int]) -> Bool {
      let result = tensor.reshaped(to: shape)
      #expect(result.scalars == tensor.scalars && result.shape == shape)
      return result.storageIdentifier == tensor.storageIdentifier
    }
    #expect(shares(x, [6, 4]) && shares(x, [24]))
    #expect(shares(x[.all, .all, ..<2], [6, 2]) && !shares(x[.all, .all, ..<2], [12]))
    #expect(shares(x[.all, .stride(by: -1)], [2, 3, 2, 2]))
    #expect(!shares(x[.all, .stride(by: -1)], [6, 4]))
    #expect(shares(x[.stride(by: -1), .stride(by: -1), .stride(by: -1)], [24]))
    #expect(shares(x.permuted([1, 2, 0]), [12, 2]) && !shares(x.permuted([2, 1, 0]), [12, 2]))
    #expect(shares(x.permuted([0, 2, 1]), [2, 2, 2, 1, 3]))
    #expect(shares(x[1, 1].broadcast(to: [3, 4]), [3, 2, 2]))
    #expect(!shares(x[1, 1].broadcast(to: [3, 4]), [12]))
    #expect(shares(Tensor<Int32>(7).broadcast(to: [2, 3]), [6]))
  }

  @Test("every view reshapes to every shape like the contiguous tensor")
  func reshapeAgrees() {
    let base = Tensor<Double>.ramp([2, 6, 1, 4])
    for (name, view) in TestSupport.views(of: base) {
      for shape in [
        [48], [4, 12], [2, 2, 3, 4], [1, 12, 4, 1], [2, 24], [6, 8], [3, 2, 2, 2, 2],
      ] {
        #expect(view.reshaped(to: shape).scalars == base.scalars, "\(name) to \(shape)")
      }
    }
  }

  @Test("permuted and transposed move axes without a copy")
  func permute() {
    let y = x.permuted([2, 0, 1])
    #expect(y.shape == [4, 2, 3] && y[3, 1, 2].item() == x[1, 2, 3].item())
    #expect(y.permuted([1, 2, 0]) == x)
    #expect(y.storageIdentifier == x.storageIdentifier)
    #expect(x.permuted([-1, 0, -2]) == y)
    #expect(x.transposed().shape == [2, 4, 3] && x.transposed().transposed() == x)
    #expect(x.transposed(0, -1) == x.permuted([2, 1, 0]))
    #expect(Tensor<Float>(1).permuted([]).item() == 1)
    #expect(Tensor<Float>.zeros([0, 5]).transposed().shape == [5, 0])
  }

  @Test("broadcasting repeats axes of size 1 and adds axes in front")
  func broadcast() {
    let column = Tensor<Float>([1, 2], shape: [2, 1])
    #expect(column.broadcast(to: [2, 3]).scalars == [1, 1, 1, 2, 2, 2])
    #expect(column.broadcast(to: [2, 2, 2]).scalars == [1, 1, 2, 2, 1, 1, 2, 2])
    #expect(Tensor<Float>(4).broadcast(to: [2, 2]).scalars == [4, 4, 4, 4])
    #expect(column.broadcast(to: [2, 0]).shape == [2, 0])
    #expect(column.broadcast(to: [2, 3]).storageIdentifier == column.storageIdentifier)
    for (name, view) in TestSupport.views(of: Tensor<Double>.ramp([3, 1, 2])) {
      #expect(
        view.broadcast(to: [2, 3, 4, 2])
          == Tensor<Double>.ramp([3, 1, 2]).broadcast(to: [2, 3, 4, 2]), "\(name)")
    }
  }

  @Test("squeezed drops axes of size 1, expanded adds one, flattened joins them")
  func axes() {
    let y = Tensor<Float>.ramp([1, 3, 1, 2])
    #expect(y.squeezed().shape == [3, 2] && y.squeezed(axes: [0]).shape == [3, 1, 2])
    #expect(y.squeezed(axes: [-2, 0]).shape == [3, 2] && y.squeezed().scalars == y.scalars)
    #expect(Tensor<Float>(1).squeezed().shape == [])
    #expect(y.expanded(atAxis: 0).shape == [1, 1, 3, 1, 2])
    #expect(y.expanded(atAxis: -1).shape == [1, 3, 1, 2, 1])
    #expect(y.expanded(atAxis: 2).shape == [1, 3, 1, 1, 2])
    #expect(y.flattened().shape == [6] && y.flattened(fromAxis: 1).shape == [1, 6])
    #expect(y.flattened(fromAxis: -1).shape == [1, 3, 1, 2])
    #expect(Tensor<Float>(1).flattened().shape == [1])
    #expect(Tensor<Float>.zeros([2, 0, 3]).flattened(fromAxis: 1).shape == [2, 0])
    #expect(x.permuted([2, 1, 0]).flattened(fromAxis: 1)[1].scalars == [1, 13, 5, 17, 9, 21])
  }

  static let traps: Traps = [
    "reshaped: [4] cannot hold the 6 scalars of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3]).reshaped(to: [4])
    },
    "reshaped: [-1, 4] cannot hold the 6 scalars of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3]).reshaped(to: [-1, 4])
    },
    "reshaped: [-1, -1] cannot hold the 6 scalars of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3]).reshaped(to: [-1, -1])
    },
    "reshaped: [-2, -3] cannot hold the 6 scalars of shape [2, 3]": {
      _ = Tensor<Float>.ones([2, 3]).reshaped(to: [-2, -3])
    },
    "reshaped: [0, -1] cannot hold the 0 scalars of shape [0, 3]": {
      _ = Tensor<Float>.ones([0, 3]).reshaped(to: [0, -1])
    },
    "permuted: [0, 0] does not name each axis of shape [2, 3] once": {
      _ = Tensor<Float>.ones([2, 3]).permuted([0, 0])
    },
    "permuted: [0] does not name each axis of shape [2, 3] once": {
      _ = Tensor<Float>.ones([2, 3]).permuted([0])
    },
    "permuted: axis 2 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([2, 3]).permuted([0, 2])
    },
    "transposed: needs rank 2 or more, got shape [3]": { _ = Tensor<Float>.ones([3]).transposed() },
    "transposed: axis -3 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([2, 3]).transposed(0, -3)
    },
    "broadcast: shape [2] does not broadcast to [3]": {
      _ = Tensor<Float>.ones([2]).broadcast(to: [3])
    },
    "broadcast: shape [2, 1] does not broadcast to [2]": {
      _ = Tensor<Float>.ones([2, 1]).broadcast(to: [2])
    },
    "broadcast: shape [1] does not broadcast to [-1]": {
      _ = Tensor<Float>.ones([1]).broadcast(to: [-1])
    },
    "squeezed: axis 1 of shape [1, 3] is not of size 1": {
      _ = Tensor<Float>.ones([1, 3]).squeezed(axes: [1])
    },
    "squeezed: axis 0 is named twice in [0, -2]": {
      _ = Tensor<Float>.ones([1, 3]).squeezed(axes: [0, -2])
    },
    "expanded: axis 3 is out of range for a tensor of rank 3": {
      _ = Tensor<Float>.ones([1, 3]).expanded(atAxis: 3)
    },
    "flattened: axis 2 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.ones([1, 3]).flattened(fromAxis: 2)
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
