import Tensor
import TestSupport
import Testing

@Suite("Joining and gathering")
struct JoiningTests {
  private let x = Tensor<Int32>([1, 2, 3, 4], shape: [2, 2])

  @Test("concatenation along each axis, by hand")
  func concatenated() {
    let y = Tensor<Int32>([5, 6], shape: [1, 2])
    #expect(Tensor.concatenated([x, y]).scalars == [1, 2, 3, 4, 5, 6])
    #expect(Tensor.concatenated([x, y.transposed()], alongAxis: 1).scalars == [1, 2, 5, 3, 4, 6])
    #expect(Tensor.concatenated([x, x], alongAxis: -1).shape == [2, 4])
    #expect(Tensor.concatenated([x]) == x)
    #expect(Tensor.concatenated([x, .zeros([0, 2])]) == x)
    #expect(
      Tensor.concatenated([Tensor<Float>.zeros([0, 2]), .zeros([0, 3])], alongAxis: 1).shape == [
        0, 5,
      ])
  }

  @Test("stacking adds an axis wherever it is asked for")
  func stacked() {
    #expect(Tensor.stacked([x, x + 4]).scalars == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(Tensor.stacked([x, x + 4], alongAxis: 1).scalars == [1, 2, 5, 6, 3, 4, 7, 8])
    #expect(Tensor.stacked([x, x + 4], alongAxis: -1).scalars == [1, 5, 2, 6, 3, 7, 4, 8])
    #expect(Tensor.stacked([Tensor<Float>(1), Tensor(2)]).scalars == [1, 2])
  }

  @Test("slices put together again give the tensor", arguments: [0, 1, 2])
  func inverse(axis: Int) {
    let base = Tensor<Double>.ramp([3, 4, 5])
    for (name, view) in TestSupport.views(of: base) {
      var (first, second) = (
        [TensorSlice](repeating: .all, count: 3), [TensorSlice](repeating: .all, count: 3)
      )
      first[axis] = (..<2).slice
      second[axis] = (2...).slice
      let parts = [view.sliced(first), view.sliced(second)]
      #expect(Tensor.concatenated(parts, alongAxis: axis) == base, "\(name)")
    }
  }

  @Test("gathering takes entries in any order, several times")
  func gathered() {
    #expect(x.gathered(at: Tensor([1, 0, 1], shape: [3])).scalars == [3, 4, 1, 2, 3, 4])
    #expect(
      x.gathered(at: Tensor([1, 1, 0], shape: [3]), alongAxis: 1).scalars == [2, 2, 1, 4, 4, 3])
    #expect(x.gathered(at: Tensor([], shape: [0]), alongAxis: -1).shape == [2, 0])
    let base = Tensor<Double>.ramp([3, 4, 2])
    let indices = Tensor<Int64>([3, 0, 2], shape: [3])
    for (name, view) in TestSupport.views(of: base) {
      #expect(
        view.gathered(at: indices, alongAxis: 1) == base.gathered(at: indices, alongAxis: 1),
        "\(name)")
    }
    let reversed = Tensor<Int64>([2, 0, 3], shape: [3])[.stride(by: -1)]
    #expect(base.gathered(at: reversed, alongAxis: 1) == base.gathered(at: indices, alongAxis: 1))
  }

  @Test("scattering adds entries that share an index")
  func scattered() {
    let y = x.scatterAdded(at: Tensor([2, 2], shape: [2]), size: 4)
    #expect(y.shape == [4, 2] && y.scalars == [0, 0, 0, 0, 4, 6, 0, 0])
    let z = x.scatterAdded(at: Tensor([1, 0], shape: [2]), size: 3, alongAxis: 1)
    #expect(z.scalars == [2, 1, 0, 4, 3, 0])
    #expect(
      Tensor<Float>.zeros([0, 2]).scatterAdded(at: Tensor([], shape: [0]), size: 2)
        == .zeros([2, 2]))
  }

  @Test(
    "scattering is the adjoint of gathering: ⟨gather x, y⟩ = ⟨x, scatter y⟩", arguments: [0, 1, 2])
  func adjoint(axis: Int) {
    let base = Tensor<Double>.ramp([3, 4, 5])
    let indices = Tensor<Int64>([2, 0, 2, 1], shape: [4])
    let gathered = base.gathered(at: indices, alongAxis: axis)
    for (name, y) in TestSupport.views(of: Tensor<Double>.ramp(gathered.shape, phase: 1)) {
      let scattered = y.scatterAdded(at: indices, size: base.shape[axis], alongAxis: axis)
      let difference = (gathered * y).sum().item() - (base * scattered).sum().item()
      #expect(difference.magnitude < 1e-13, "\(name)")
    }
  }

  @Test("padding adds a frame, of zeros or of what is asked for")
  func padded() {
    #expect(x.padded([(1, 0), (0, 1)]).scalars == [0, 0, 0, 1, 2, 0, 3, 4, 0])
    #expect(x.padded([(0, 0), (1, 1)], with: 9).scalars == [9, 1, 2, 9, 9, 3, 4, 9])
    #expect(Tensor<Bool>(true).padded([]).item())
    #expect(Tensor<Float>.zeros([0]).padded([(1, 2)], with: 7).scalars == [7, 7, 7])
    let base = Tensor<Double>.ramp([2, 3])
    for (name, view) in TestSupport.views(of: base) {
      let padded = view.padded([(1, 2), (3, 4)], with: -5)
      #expect(
        padded[1..<3, 3..<6] == base && padded.sum().item() == base.sum().item() - 5 * 44, "\(name)"
      )
    }
  }

  @Test("placing is the adjoint of slicing")
  func placed() {
    let base = Tensor<Double>.ramp([4, 5])
    let slices: [TensorSlice] = [.stride(from: 3, by: -2), .range(start: 1, end: 4, step: 2)]
    let y = Tensor<Double>.ramp([2, 2], phase: 1)
    let placed = y.placed(at: slices, in: [4, 5])
    #expect(placed.sliced(slices) == y && placed.abs().sum().item() == y.abs().sum().item())
    #expect(
      ((base.sliced(slices) * y).sum().item() - (base * placed).sum().item()).magnitude < 1e-15)
  }

  static let traps: Traps = [
    "concatenated: needs at least one tensor": { _ = Tensor<Float>.concatenated([]) },
    "concatenated: ranks differ, shapes [2] and [2, 1]": {
      _ = Tensor<Float>.concatenated([.ones([2]), .ones([2, 1])])
    },
    "concatenated: shapes [2, 2] and [2, 3] differ beside axis 0": {
      _ = Tensor<Float>.concatenated([.ones([2, 2]), .ones([2, 3])])
    },
    "concatenated: axis 0 is out of range for a tensor of rank 0": {
      _ = Tensor<Float>.concatenated([Tensor(1), Tensor(2)])
    },
    "stacked: needs at least one tensor": { _ = Tensor<Float>.stacked([]) },
    "stacked: shapes [2] and [3] differ": { _ = Tensor<Float>.stacked([.ones([2]), .ones([3])]) },
    "stacked: axis 2 is out of range for a tensor of rank 2": {
      _ = Tensor<Float>.stacked([.ones([2])], alongAxis: 2)
    },
    "gathered: index 2 is out of range for axis 0 of shape [2]": {
      _ = Tensor<Float>.ones([2]).gathered(at: Tensor([2], shape: [1]))
    },
    "gathered: index -1 is out of range for axis 0 of shape [2]": {
      _ = Tensor<Float>.ones([2]).gathered(at: Tensor([-1], shape: [1]))
    },
    "gathered: indices need rank 1, got shape [1, 1]": {
      _ = Tensor<Float>.ones([2]).gathered(at: Tensor([0], shape: [1, 1]))
    },
    "gathered: axis 1 is out of range for a tensor of rank 1": {
      _ = Tensor<Float>.ones([2]).gathered(at: Tensor([0], shape: [1]), alongAxis: 1)
    },
    "scatterAdded: index 3 is out of range for size 3": {
      _ = Tensor<Float>.ones([1]).scatterAdded(at: Tensor([3], shape: [1]), size: 3)
    },
    "scatterAdded: needs 2 indices for axis 0 of shape [2], got shape [1]": {
      _ = Tensor<Float>.ones([2]).scatterAdded(at: Tensor([0], shape: [1]), size: 3)
    },
    "padded: needs two widths of 0 or more for each axis of shape [2, 2]": {
      _ = Tensor<Bool>.zeros([2, 2]).padded([(1, 1)])
    },
    "padded: needs two widths of 0 or more for each axis of shape [2]": {
      _ = Tensor<Bool>.zeros([2]).padded([(-1, 1)])
    },
    "assign: shape [2] does not broadcast to the selected [3]": {
      _ = Tensor<Float>.ones([2]).placed(at: [(0..<3).slice], in: [4])
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
