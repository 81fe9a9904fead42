import Tensor
import TestSupport
import Testing

@Suite("Pooling")
struct PoolingTests {
  private static let windows: [(name: String, window: Window2D)] = [
    ("2 by 2, tiling", Window2D(2, stride: 2)), ("3 by 3, overlapping", Window2D(3)),
    ("3 by 3, stride 2, same", Window2D(3, stride: 2, padding: .same)),
    ("dilated", Window2D(2, stride: 1, dilation: 2)), ("one pixel", Window2D(1)),
    ("gaps", Window2D(2, stride: 3)), ("the whole image", Window2D(height: 5, width: 6)),
    (
      "uneven",
      Window2D(
        height: 3, width: 2, verticalStride: 2, horizontalStride: 1, verticalDilation: 1,
        horizontalDilation: 3,
        padding: .explicit(top: 1, bottom: 2, left: 0, right: 2))
    ),
  ]

  @Test("largest and mean of windows, by hand")
  func values() {
    let x = Tensor<Float>([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    let (maxima, indices) = x.maxPooledWithIndices(Window2D(2))
    #expect(maxima.scalars == [5, 6, 8, 9] && indices.scalars == [3, 3, 3, 3])
    #expect(x.averagePooled(Window2D(2)).scalars == [3, 4, 6, 7])
    let same = Window2D(2, stride: 2, padding: .same)
    #expect(x.maxPooled(same).scalars == [5, 6, 8, 9])
    #expect(x.averagePooled(same).scalars == [3, 4.5, 7.5, 9])
    #expect((-x).maxPooled(same).scalars == [-1, -3, -7, -9])
  }

  /// The scalars under each window, by the definition, with their positions.
  private func taps(_ window: Window2D, _ shape: [Int]) -> [[(tap: Int, y: Int, x: Int)]] {
    let placed = window.placed(on: shape, "")
    return (0..<placed.outputHeight * placed.outputWidth).map { position in
      var list: [(tap: Int, y: Int, x: Int)] = []
      for k in 0..<window.height {
        for l in 0..<window.width {
          let y =
            position / placed.outputWidth * window.verticalStride - placed.top + k
            * window.verticalDilation
          let x =
            position % placed.outputWidth * window.horizontalStride - placed.left + l
            * window.horizontalDilation
          if (0..<shape[1]).contains(y), (0..<shape[2]).contains(x) {
            list.append((k * window.width + l, y, x))
          }
        }
      }
      return list
    }
  }

  @Test("agrees with the definition, every view", arguments: windows.indices)
  func agrees(index: Int) {
    let window = Self.windows[index].window
    let base = Tensor<Double>.ramp([2, 5, 6, 3])
    let taps = taps(window, base.shape)
    let shape = window.outputShape(for: base.shape, channels: 3)
    var (maxima, means, indices): ([Double], [Double], [UInt8]) = ([], [], [])
    for image in 0..<2 {
      for list in taps {
        for channel in 0..<3 {
          let scalars = list.map { base[image, $0.y, $0.x, channel].item() }
          let largest = scalars.max() ?? .nan
          maxima.append(largest)
          means.append(scalars.reduce(0, +) / Double(scalars.count))
          indices.append(UInt8(list[scalars.firstIndex(of: largest) ?? 0].tap))
        }
      }
    }
    for (name, view) in views(of: base) {
      let pooled = view.maxPooledWithIndices(window)
      #expect(pooled.maxima == Tensor(maxima, shape: shape), "\(name)")
      #expect(pooled.indices == Tensor(indices, shape: shape), "\(name)")
      #expect(view.picked(at: pooled.indices, window) == pooled.maxima, "\(name)")
      #expect(
        view.averagePooled(window).relativeError(to: Tensor(means, shape: shape)) < 1e-14, "\(name)"
      )
    }
  }

  @Test("gradients are the adjoints: ⟨pool x, g⟩ = ⟨x, gradient g⟩", arguments: windows.indices)
  func adjoints(index: Int) {
    let window = Self.windows[index].window
    let x = Tensor<Double>.ramp([2, 5, 6, 3])
    let (maxima, indices) = x.maxPooledWithIndices(window)
    let expectedMaximum = { (g: Tensor<Double>) in (maxima * g).sum().item() }
    for (name, g) in views(of: Tensor<Double>.ramp(maxima.shape, phase: 1)) {
      let placed = Tensor.maxPoolGradient(
        upstream: g, indices: indices, inputShape: x.shape, window)
      let spread = Tensor.averagePoolGradient(upstream: g, inputShape: x.shape, window)
      #expect(placed.shape == x.shape && spread.shape == x.shape, "\(name)")
      #expect(((x * placed).sum().item() - expectedMaximum(g)).magnitude < 1e-12, "\(name)")
      let mean = (x.averagePooled(window) * g).sum().item()
      #expect(((x * spread).sum().item() - mean).magnitude < 1e-12, "\(name)")
      for (indexName, view) in views(of: indices.converted(to: Double.self)) {
        let bytes = view.converted(to: UInt8.self)
        #expect(
          Tensor.maxPoolGradient(upstream: g, indices: bytes, inputShape: x.shape, window)
            == placed, "\(indexName)")
      }
    }
  }

  @Test("the first of equal scalars wins, and what is not a number before all")
  func ties() {
    let equal = Tensor<Float>.ones([1, 2, 2, 1]).maxPooledWithIndices(Window2D(2))
    #expect(equal.indices.item() == 0 && equal.maxima.item() == 1)
    let spoiled = Tensor<Float>([1, .nan, 9, .nan], shape: [1, 2, 2, 1]).maxPooledWithIndices(
      Window2D(2))
    #expect(spoiled.maxima.item().isNaN && spoiled.indices.item() == 1)
    #expect(
      Tensor<Float>(repeating: -.infinity, shape: [1, 2, 2, 1]).maxPooled(Window2D(2)).item()
        == -.infinity)
    #expect(
      Tensor<Float>([1, .nan], shape: [1, 1, 2, 1]).averagePooled(Window2D(height: 1, width: 2))
        .item().isNaN)
  }

  @Test("no images and no channels")
  func empty() {
    for shape in [[0, 4, 4, 2], [1, 4, 4, 0]] {
      let x = Tensor<Float>.zeros(shape)
      let pooled = x.maxPooledWithIndices(Window2D(2))
      #expect(
        pooled.maxima.shape == [shape[0], 3, 3, shape[3]]
          && pooled.indices.shape == pooled.maxima.shape)
      #expect(x.averagePooled(Window2D(2)).shape == pooled.maxima.shape)
      #expect(
        Tensor.maxPoolGradient(
          upstream: pooled.maxima, indices: pooled.indices, inputShape: shape, Window2D(2)) == x)
      #expect(
        Tensor.averagePoolGradient(upstream: pooled.maxima, inputShape: shape, Window2D(2)) == x)
    }
  }

  @Test("the 256 taps of the largest window are told apart")
  func largestWindow() {
    var x = Tensor<Float>.zeros([1, 16, 16, 1])
    x.assign(Tensor(1), at: 0, 15, 15, 0)
    #expect(x.maxPooledWithIndices(Window2D(16)).indices.item() == 255)
  }

  static let traps: Traps = [
    "maxPooled: needs [batch, height, width, channels], got shape [4, 4]": {
      _ = Tensor<Float>.ones([4, 4]).maxPooled(Window2D(2))
    },
    "maxPooled: a window may have 256 taps at the most, got 17 × 16": {
      _ = Tensor<Float>.ones([1, 20, 20, 1]).maxPooled(Window2D(height: 17, width: 16))
    },
    "maxPooled: a window of 5 × 5 does not fit shape [1, 4, 4, 1]": {
      _ = Tensor<Float>.ones([1, 4, 4, 1]).maxPooled(Window2D(5))
    },
    "maxPooled: a padding of 3, 3, 3, 3 leaves a window of 2 × 2 without a pixel of shape [1, 2, 2, 1]":
      {
        _ = Tensor<Float>.ones([1, 2, 2, 1]).maxPooled(
          Window2D(2, padding: .explicit(top: 3, bottom: 3, left: 3, right: 3)))
      },
    "averagePooled: a padding of 2, 0, 0, 0 leaves a window of 2 × 2 without a pixel of shape [1, 2, 2, 1]":
      {
        _ = Tensor<Float>.ones([1, 2, 2, 1]).averagePooled(
          Window2D(2, padding: .explicit(top: 2, bottom: 0, left: 0, right: 0)))
      },
    "averagePooled: needs [batch, height, width, channels], got shape [4]": {
      _ = Tensor<Float>.ones([4]).averagePooled(Window2D(2))
    },
    "picked: needs indices of shape [1, 3, 3, 1], got [1, 4, 4, 1]": {
      _ = Tensor<Float>.ones([1, 4, 4, 1]).picked(at: .zeros([1, 4, 4, 1]), Window2D(2))
    },
    "picked: index 4 names no pixel under the window of 2 × 2 at position [0, 0]": {
      _ = Tensor<Float>.ones([1, 4, 4, 1]).picked(
        at: Tensor(repeating: 4, shape: [1, 3, 3, 1]), Window2D(2))
    },
    "picked: index 0 names no pixel under the window of 2 × 2 at position [0, 0]": {
      _ = Tensor<Float>.ones([1, 2, 2, 1]).picked(
        at: .zeros([1, 2, 2, 1]),
        Window2D(2, padding: .explicit(top: 1, bottom: 0, left: 1, right: 0)))
    },
    "maxPoolGradient: index 200 names no pixel under the window of 2 × 2 at position [0, 0]": {
      _ = Tensor<Float>.maxPoolGradient(
        upstream: .ones([1, 1, 1, 1]), indices: Tensor(repeating: 200, shape: [1, 1, 1, 1]),
        inputShape: [1, 2, 2, 1], Window2D(2))
    },
    "maxPoolGradient: needs shape [1, 3, 3, 1], got [1, 4, 4, 1] and indices [1, 3, 3, 1]": {
      _ = Tensor<Float>.maxPoolGradient(
        upstream: .ones([1, 4, 4, 1]), indices: .zeros([1, 3, 3, 1]), inputShape: [1, 4, 4, 1],
        Window2D(2))
    },
    "averagePoolGradient: needs shape [1, 3, 3, 1], got [1, 3, 3, 2]": {
      _ = Tensor<Float>.averagePoolGradient(
        upstream: .ones([1, 3, 3, 2]), inputShape: [1, 4, 4, 1], Window2D(2))
    },
    "averagePoolGradient: a padding of 2, 0, 0, 0 leaves a window": {
      _ = Tensor<Float>.averagePoolGradient(
        upstream: .ones([1, 3, 1, 1]), inputShape: [1, 2, 2, 1],
        Window2D(2, padding: .explicit(top: 2, bottom: 0, left: 0, right: 0)))
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
