import Tensor
import TestSupport
import Testing

@Suite("Bilinear interpolation")
struct InterpolationTests {
  @Test("values by hand: centres lie at half-integers, and the ends stay")
  func values() {
    let row = Tensor<Double>([0, 1], shape: [1, 2])
    #expect(row.bilinearlyResized(height: 1, width: 4).scalars == [0, 0.25, 0.75, 1])
    #expect(row.bilinearlyResized(height: 2, width: 1).scalars == [0.5, 0.5])
    let column = Tensor<Double>([0, 4], shape: [2, 1])
    #expect(column.bilinearlyResized(height: 3, width: 1).scalars == [0, 2, 4])
  }

  @Test("a linear slope stays one between the outermost centres")
  func slope() {
    let map = Tensor<Double>((0..<12).map { Double($0 / 4) + 10 * Double($0 % 4) }, shape: [3, 4])
    let resized = map.bilinearlyResized(height: 9, width: 12)
    for row in 1..<8 {
      for column in 1..<11 {
        let (y, x) = ((Double(row) + 0.5) / 3 - 0.5, (Double(column) + 0.5) / 3 - 0.5)
        #expect(abs(resized[row, column].item() - (y + 10 * x)) < 1e-12)
      }
    }
  }

  @Test("every view is taken as its contiguous copy, and its own size leaves a map as it is")
  func layouts() {
    let map = Tensor<Float>.ramp([4, 3])
    let expected = map.bilinearlyResized(height: 7, width: 5)
    for (name, view) in views(of: map) {
      #expect(view.bilinearlyResized(height: 7, width: 5) == expected, "\(name)")
    }
    #expect(map.bilinearlyResized(height: 4, width: 3) == map)
  }

  static let traps: Traps = [
    "bilinearlyResized: needs a map of [height, width] and a positive size, got shape [2] to [1, 1]":
      {
        _ = Tensor<Double>.ones([2]).bilinearlyResized(height: 1, width: 1)
      },
    "got shape [0, 2] to [1, 1]": {
      _ = Tensor<Double>.ones([0, 2]).bilinearlyResized(height: 1, width: 1)
    },
    "got shape [2, 2] to [0, 1]": {
      _ = Tensor<Double>.ones([2, 2]).bilinearlyResized(height: 0, width: 1)
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
