import Tensor
import TestSupport
import Testing

@Suite("Comparison")
struct ComparisonTests {
  private typealias Comparison = @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Bool>
  private static let comparisons:
    [(name: String, tensor: Comparison, scalar: @Sendable (Double, Double) -> Bool)] = [
      (".<", { $0 .< $1 }, { $0 < $1 }), (".<=", { $0 .<= $1 }, { $0 <= $1 }),
      (".>", { $0 .> $1 }, { $0 > $1 }), (".>=", { $0 .>= $1 }, { $0 >= $1 }),
      (".==", { $0 .== $1 }, { $0 == $1 }), (".!=", { $0 .!= $1 }, { $0 != $1 }),
    ]

  @Test("less, equal, greater and not a number, for each comparison")
  func values() {
    let x = Tensor<Double>([1, 2, 3, .nan, 0, .nan, -.infinity], shape: [7])
    let y = Tensor<Double>([2, 2, 2, 0, .nan, .nan, .infinity], shape: [7])
    for (name, tensor, scalar) in Self.comparisons {
      #expect(tensor(x, y).scalars == zip(x.scalars, y.scalars).map(scalar), "\(name)")
    }
  }

  @Test("against one number")
  func scalars() {
    let x = Tensor<Int32>([1, 2, 3], shape: [3])
    #expect((x .< 2).scalars == [true, false, false] && (x .<= 2).scalars == [true, true, false])
    #expect((x .> 2).scalars == [false, false, true] && (x .>= 2).scalars == [false, true, true])
    #expect((x .== 2).scalars == [false, true, false] && (x .!= 2).scalars == [true, false, true])
  }

  @Test("broadcast, strided, empty and rank 0 operands")
  func layouts() {
    let (x, y) = (Tensor<Double>.ramp([3, 1, 4]), Tensor<Double>.ramp([2, 1], phase: 1))
    for (name, tensor, scalar) in Self.comparisons {
      let expected = zip(
        x.broadcast(to: [3, 2, 4]).scalars, y.broadcast(to: [3, 2, 4]).scalars
      ).map(scalar)
      for (viewName, view) in TestSupport.views(of: x) {
        #expect(tensor(view, y).scalars == expected, "\(name) \(viewName)")
      }
      #expect(tensor(Tensor(1), Tensor(1)).item() == scalar(1, 1), "\(name)")
      #expect(tensor(.zeros([0, 2]), Tensor(1)).shape == [0, 2], "\(name)")
    }
  }

  @Test("and, or, not: the four rows of their tables")
  func logic() {
    let x = Tensor<Bool>([false, false, true, true], shape: [4])
    let y = Tensor<Bool>([false, true, false, true], shape: [4])
    #expect((x .& y).scalars == [false, false, false, true])
    #expect((x .| y).scalars == [false, true, true, true])
    #expect((.!x).scalars == [true, true, false, false])
    #expect((x .& Tensor(true)) == x && (x.reshaped(to: [4, 1]) .| y).shape == [4, 4])
  }

  static let traps: Traps = [
    ".<: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) .< .ones([3]) },
    ".<=: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) .<= .ones([3]) },
    ".==: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) .== .ones([3]) },
    ".!=: shapes [2] and [3] do not broadcast": { _ = Tensor<Float>.ones([2]) .!= .ones([3]) },
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
