import Tensor
import TestSupport
import Testing

@Suite("Window2D")
struct Window2DTests {
  private func size(_ window: Window2D, _ height: Int, _ width: Int) -> [Int] {
    Array(window.outputShape(for: [2, height, width, 5], channels: 7)[1...2])
  }

  @Test("output sizes: ⌊(size + padding − extent) / stride⌋ + 1, batch and channels carried over")
  func sizes() {
    #expect(Window2D(3).outputShape(for: [2, 5, 6, 5], channels: 7) == [2, 3, 4, 7])
    #expect(size(Window2D(3, stride: 2), 5, 6) == [2, 2])
    #expect(size(Window2D(3, stride: 2), 7, 8) == [3, 3])
    #expect(size(Window2D(3, dilation: 2), 5, 6) == [1, 2])
    #expect(size(Window2D(1), 1, 1) == [1, 1])
    #expect(
      size(Window2D(3, padding: .explicit(top: 1, bottom: 0, left: 2, right: 3)), 5, 6) == [4, 9])
    let uneven = Window2D(
      height: 2, width: 3, verticalStride: 1, horizontalStride: 2, verticalDilation: 3,
      horizontalDilation: 1)
    #expect(size(uneven, 5, 6) == [2, 2])
  }

  @Test("same padding gives ⌈size / stride⌉ positions", arguments: 1...9, [1, 2, 3])
  func samePositions(size: Int, stride: Int) {
    for extent in 1...4 {
      let window = Window2D(extent, stride: stride, padding: .same)
      #expect(
        self.size(window, size, size) == [
          (size + stride - 1) / stride, (size + stride - 1) / stride,
        ])
    }
  }

  @Test("the odd rest of same padding goes to the bottom and right")
  func samePlacement() {
    let even = Window2D(2, padding: .same).placed(on: [1, 4, 4, 1], "")
    #expect(even.top == 0 && even.bottom == 1 && even.left == 0 && even.right == 1)
    let strided = Window2D(3, stride: 2, padding: .same).placed(on: [1, 4, 5, 1], "")
    #expect(strided.top == 0 && strided.bottom == 1 && strided.left == 1 && strided.right == 1)
    let wide = Window2D(1, stride: 3, padding: .same).placed(on: [1, 4, 4, 1], "")
    #expect(wide.top == 0 && wide.bottom == 0)
  }

  @Test("a window tiles when its positions share no pixel and touch no padding")
  func tiling() {
    func tiles(_ window: Window2D) -> Bool { window.placed(on: [1, 6, 6, 1], "").isTiling }
    #expect(tiles(Window2D(2, stride: 2)) && tiles(Window2D(2, stride: 3)) && tiles(Window2D(1)))
    #expect(!tiles(Window2D(3, stride: 2)) && !tiles(Window2D(2, stride: 2, dilation: 2)))
    #expect(
      !tiles(Window2D(2, stride: 2, padding: .explicit(top: 1, bottom: 1, left: 0, right: 0))))
  }

  static let traps: Traps = [
    "Window2D: needs a positive size, got 0 × 3": { _ = Window2D(height: 0, width: 3) },
    "Window2D: needs positive strides, got 0, 0": { _ = Window2D(3, stride: 0) },
    "Window2D: needs positive dilations, got -1, -1": { _ = Window2D(3, dilation: -1) },
    "Window2D: needs paddings of 0 or more, got 1, -1, 0, 0": {
      _ = Window2D(3, padding: .explicit(top: 1, bottom: -1, left: 0, right: 0))
    },
    "Window2D: needs [batch, height, width, channels], got shape [5, 5]": {
      _ = Window2D(3).outputShape(for: [5, 5], channels: 1)
    },
    "Window2D: a window of 3 × 3 does not fit shape [1, 2, 5, 1] (2 × 5 with padding)": {
      _ = Window2D(3).outputShape(for: [1, 2, 5, 1], channels: 1)
    },
    "Window2D: a window of 5 × 5 does not fit shape [1, 4, 4, 1] (4 × 4 with padding)": {
      _ = Window2D(3, dilation: 2).outputShape(for: [1, 4, 4, 1], channels: 1)
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
