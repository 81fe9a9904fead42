import Tensor
import TestSupport
import Testing

@Suite("Elementwise arithmetic")
struct ElementwiseTests {
  private typealias Binary = @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Double>
  private static let operations:
    [(name: String, tensor: Binary, scalar: @Sendable (Double, Double) -> Double)] = [
      ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }),
      ("*", { $0 * $1 }, { $0 * $1 }), ("/", { $0 / $1 }, { $0 / $1 }),
      ("minimum", { $0.minimum($1) }, { $0 < $1 ? $0 : $1 }),
      ("maximum", { $0.maximum($1) }, { $0 > $1 ? $0 : $1 }),
    ]

  @Test("values by hand")
  func values() {
    let (x, y) = (Tensor<Float>([1, -2, 3], shape: [3]), Tensor<Float>([4, 5, -6], shape: [3]))
    #expect((x + y).scalars == [5, 3, -3] && (x - y).scalars == [-3, -7, 9])
    #expect((x * y).scalars == [4, -10, -18] && (x / y).scalars == [0.25, -0.4, -0.5])
    #expect(x.minimum(y).scalars == [1, -2, -6] && x.maximum(y).scalars == [4, 5, 3])
    #expect((-x).scalars == [-1, 2, -3])
    #expect((x + 1).scalars == [2, -1, 4] && (1 + x).scalars == [2, -1, 4])
    #expect((x - 1).scalars == [0, -3, 2] && (1 - x).scalars == [0, 3, -2])
    #expect((x * 2).scalars == [2, -4, 6] && (2 * x).scalars == [2, -4, 6])
    #expect((x / 2).scalars == [0.5, -1, 1.5] && (6 / x).scalars == [6, -3, 2])
    #expect(x.scaled(by: 3).scalars == [3, -6, 9] && x.shifted(by: 3).scalars == [4, 1, 6])
    #expect(x.clamped(to: -1...2).scalars == [1, -1, 2])
  }

  @Test("integers keep their own arithmetic")
  func integers() {
    let x = Tensor<UInt8>([200, 7], shape: [2])
    #expect((x - Tensor([199, 7], shape: [2])).scalars == [1, 0])
    #expect((x + 55).scalars == [255, 62] && x.minimum(Tensor(100)).scalars == [100, 7])
    #expect((Tensor<Int64>(.max) - 1).item() == .max - 1)
    #expect(Tensor<Int32>([-5, 5], shape: [2]).clamped(to: 0...3).scalars == [0, 3])
  }

  @Test(
    "shapes broadcast by NumPy's rules",
    arguments: [
      ([], []), ([3], []), ([], [2, 3]), ([3], [2, 3]), ([2, 1], [3]), ([2, 1, 3], [4, 1]),
      ([1], [2, 2]), ([1, 1], [1]), ([2, 3], [2, 3]), ([0], [1]), ([2, 0], [1, 1]), ([0, 1], [5]),
    ])
  func broadcasting(xShape: [Int], yShape: [Int]) throws {
    let (x, y) = (Tensor<Double>.ramp(xShape), Tensor<Double>.ramp(yShape, phase: 1))
    let shape = try #require(ShapeRules.broadcast(xShape, yShape))
    let (wideX, wideY) = (x.broadcast(to: shape).scalars, y.broadcast(to: shape).scalars)
    for (name, tensor, scalar) in Self.operations {
      let result = tensor(x, y)
      #expect(result.shape == shape, "\(name)")
      #expect(result.scalars == zip(wideX, wideY).map(scalar), "\(name)")
    }
  }

  @Test("every pair of views gives what the contiguous tensors give")
  func views() {
    let (x, y) = (Tensor<Double>.ramp([3, 4, 2]), Tensor<Double>.ramp([3, 4, 2], phase: 1))
    for (name, tensor, _) in Self.operations {
      let expected = tensor(x, y)
      for (xName, xView) in TestSupport.views(of: x) {
        for (yName, yView) in TestSupport.views(of: y) {
          #expect(tensor(xView, yView) == expected, "\(name): \(xName), \(yName)")
        }
        #expect(tensor(xView, y[0, 0]) == tensor(x, y[0, 0]), "\(name): \(xName), broadcast")
      }
    }
  }

  @Test("in place is the same as out of place, for views and broadcast operands")
  func inPlace() {
    let (x, y) = (Tensor<Double>.ramp([3, 2, 4]), Tensor<Double>.ramp([2, 1], phase: 1))
    for (name, view) in TestSupport.views(of: x) {
      var (sum, difference, product, quotient) = (view, view, view, view)
      sum += y
      difference -= y
      product *= y
      quotient /= y
      #expect(sum == x + y && difference == x - y, "\(name)")
      #expect(product == x * y && quotient == x / y, "\(name)")
    }
  }

  @Test("split over threads, the scalars are the same")
  func parallel() {
    let x = Tensor<Float>.arange(200_003)
    let y = x + x[.stride(by: -1)]
    #expect(y.scalars.allSatisfy { $0 == 200_002 })
  }

  @Test("accumulate adds in place where nobody shares, and in new memory otherwise")
  func accumulate() {
    var x = Tensor<Float>.ones([2, 2])
    let storage = x.storageIdentifier
    x.accumulate(.ones([2, 2]))
    #expect(x.scalars == [2, 2, 2, 2] && x.storageIdentifier == storage)
    let shared = x
    x.accumulate(.ones([2, 2]))
    #expect(x.scalars == [3, 3, 3, 3] && shared.scalars == [2, 2, 2, 2])
  }

  @Test("what is not a number wins against both minimum and maximum, from either side")
  func notANumber() {
    let (x, y) = (
      Tensor<Float>([.nan, 1, .nan], shape: [3]), Tensor<Float>([1, .nan, .nan], shape: [3])
    )
    #expect(
      x.minimum(y).scalars.allSatisfy { $0.isNaN } && x.maximum(y).scalars.allSatisfy { $0.isNaN })
    #expect(Tensor<Float>(.nan).clamped(to: 0...1).item().isNaN)
    #expect(
      Tensor<Float>([.infinity, -.infinity], shape: [2]).clamped(to: 0...1).scalars == [1, 0])
    let zeros = Tensor<Float>([1, -1, 0], shape: [3]) / 0
    #expect(
      zeros.scalars[0] == .infinity && zeros.scalars[1] == -.infinity && zeros.scalars[2].isNaN)
  }

  @Test("where takes from either side by the mask, and what is not taken does not matter")
  func whereChooses() {
    let mask = Tensor<Bool>([true, false], shape: [2])
    let chosen = Tensor.where(
      mask, Tensor<Float>([1, .nan], shape: [2]), Tensor([.nan, 2], shape: [2]))
    #expect(chosen.scalars == [1, 2])
    let wide = Tensor.where(
      Tensor([true, false], shape: [2, 1]), Tensor<Float>([1, 2, 3], shape: [3]), Tensor(0))
    #expect(wide.shape == [2, 3] && wide.scalars == [1, 2, 3, 0, 0, 0])
    #expect(
      Tensor.where(Tensor(true), Tensor<Bool>([true, false], shape: [2]), Tensor(true)).scalars == [
        true, false,
      ])
    #expect(Tensor.where(mask[0..<0], Tensor<Float>(1), Tensor<Float>(2)).shape == [0])
    let (x, y) = (Tensor<Double>.ramp([3, 4]), Tensor<Double>.ramp([3, 4], phase: 1))
    for (name, view) in TestSupport.views(of: x) {
      #expect(Tensor.where(view .> 0, view, y) == Tensor.where(x .> 0, x, y), "\(name)")
    }
  }

  static let traps: Traps = [
    "+: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) + .ones([3]) },
    "-: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) - .ones([3]) },
    "*: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) * .ones([3]) },
    "/: shapes [2] and [0] do not broadcast": { _ = Tensor<Float>.ones([2]) / .ones([0]) },
    "minimum: shapes [2] and [3] do not broadcast": {
      _ = Tensor<Float>.ones([2]).minimum(.ones([3]))
    },
    "maximum: shapes [2] and [3] do not broadcast": {
      _ = Tensor<Float>.ones([2]).maximum(.ones([3]))
    },
    "+=: shape [2, 1] does not broadcast to [2]": {
      var x = Tensor<Float>.ones([2])
      x += .ones([2, 1])
    },
    "-=: shape [3] does not broadcast to [2]": {
      var x = Tensor<Float>.ones([2])
      x -= .ones([3])
    },
    "*=: shape [3] does not broadcast to [1]": {
      var x = Tensor<Float>.ones([1])
      x *= .ones([3])
    },
    "/=: shape [3] does not broadcast to []": {
      var x = Tensor<Float>(1)
      x /= .ones([3])
    },
    "where: shapes [2], [3] and [] do not broadcast": {
      _ = Tensor.where(Tensor<Bool>.zeros([2]), Tensor<Float>.ones([3]), Tensor(0))
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
