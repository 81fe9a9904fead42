import Explanation
import Tensor
import TestSupport
import Testing

@Suite("Attribution maps")
struct AttributionMapTests {
  private static func map(_ values: [Double], _ height: Int, _ width: Int) -> AttributionMap {
    AttributionMap(
      Tensor(values, shape: [height, width]), isSigned: values.contains { $0 < 0 })
  }

  @Test("normalized by its largest magnitude, or by a quantile with the rest cut")
  func normalized() {
    let signed = Self.map([-4, 2, 1, 0], 2, 2)
    #expect(signed.normalized().values.scalars == [-1, 0.5, 0.25, 0])
    #expect(signed.normalized(quantile: 0.75).values.scalars == [-1, 1, 0.5, 0])
    #expect(signed.normalized(quantile: 0.5).values.scalars == [-1, 1, 1, 0])
    // Three quarters are zero, so that no quantile below can be divided by.
    #expect(Self.map([0, 0, 0, 8], 2, 2).normalized(quantile: 0.5).values.scalars == [0, 0, 0, 1])
    #expect(Self.map([0, 0], 1, 2).normalized().values.scalars == [0, 0])
  }

  @Test("the mean of maps is that of their values")
  func mean() {
    let mean = AttributionMap.mean(of: [Self.map([1, -2], 1, 2), Self.map([-3, 4], 1, 2)])
    #expect(mean == AttributionMap(Tensor([-1, 1], shape: [1, 2]), isSigned: true))
  }

  @Test("the share outside a box counts magnitudes, and crossed pixels by their part")
  func share() {
    // The box of half the sides cuts every pixel of a 2 × 2 map into quarters.
    let even = Self.map([1, 1, 1, 1], 2, 2)
    #expect(even.share(outside: .central(0.5)) == 0.75)
    #expect(even.share(outside: .whole) == 0)
    let corner = Self.map([3, 0, 0, 1], 2, 2)
    let upperLeft = RelativeBox(top: 0, left: 0, bottom: 0.5, right: 0.5)
    #expect(corner.share(outside: upperLeft) == 0.25)
    #expect(Self.map([-3, 0, 0, 1], 2, 2).share(outside: upperLeft) == 0.25)
    #expect(Self.map([0, 0], 1, 2).share(outside: .central(0.5)) == nil)
    #expect(Self.map([.infinity, 0], 1, 2).share(outside: .central(0.5)) == nil)
    #expect(Self.map([.nan, 0], 1, 2).share(outside: .central(0.5)) == nil)
    // Uneven sides, against the area.
    let box = RelativeBox(top: 0.1, left: 0.23, bottom: 0.87, right: 1.4)
    let ones = AttributionMap(.ones([7, 5]), isSigned: false)
    #expect(abs((ones.share(outside: box) ?? -1) - (1 - box.area)) < 1e-12)
    #expect(abs(box.area - 0.77 * 0.77) < 1e-12)
  }

  @Test("a box relative to a part: the same place, in other fractions")
  func relative() {
    let part = RelativeBox(top: 0.5, left: 0.25, bottom: 1, right: 0.75)
    let box = RelativeBox(top: 0.5, left: 0.5, bottom: 0.75, right: 1)
    #expect(
      box.relative(to: part) == RelativeBox(top: 0, left: 0.5, bottom: 0.5, right: 1.5))
    #expect(box.relative(to: .whole) == box)
    #expect(RelativeBox(top: 2, left: 0, bottom: 3, right: 1).area == 0)
  }

  static let traps: Traps = [
    "AttributionMap: needs values [height, width], at least one, got shape [3]": {
      _ = AttributionMap(.ones([3]), isSigned: false)
    },
    "AttributionMap: an unsigned map has no value below zero": {
      _ = AttributionMap(-Tensor<Double>.ones([1, 1]), isSigned: false)
    },
    "AttributionMap.normalized: needs a quantile in 0...1, got 1.5": {
      _ = map([1], 1, 1).normalized(quantile: 1.5)
    },
    "AttributionMap.mean: needs at least one map": { _ = AttributionMap.mean(of: []) },
    "AttributionMap.mean: maps of shapes [1, 1] and [1, 2]": {
      _ = AttributionMap.mean(of: [map([1], 1, 1), map([1, 1], 1, 2)])
    },
    "RelativeBox: needs top < bottom and left < right": {
      _ = RelativeBox(top: 0.5, left: 0, bottom: 0.5, right: 1)
    },
    "bilinearlyResized: needs a map": {
      _ = Tensor<Double>.ones([2]).bilinearlyResized(height: 1, width: 1)
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
