import Foundation
import Imaging
import Tensor
import Testing

/// The transforms in `affine.bin`, by `make_affine.py`.
private struct GoldenTransforms {
  struct Entry {
    let transform: AffineMap
    let fill: FillMode
    let source: Image
    /// Grey levels.
    let expected: [Float]
  }

  var entries: [Entry] = []

  init() throws {
    var bytes = try Fixture.bytes("affine.bin")[...]
    func take(_ count: Int) -> [UInt8] {
      defer { bytes = bytes.dropFirst(count) }
      return Array(bytes.prefix(count))
    }
    func number<Value: BitwiseCopyable>(_ type: Value.Type) -> Value {
      take(MemoryLayout<Value>.size).withUnsafeBytes { $0.loadUnaligned(as: type) }
    }
    let square = Image(Tensor(take(18 * 18 * 3), shape: [18, 18, 3]))
    let oblong = Image(Tensor(take(13 * 21), shape: [13, 21, 1]))
    let fills: [FillMode] = [.nearest, .constant(17), .reflect]
    for _ in 0..<number(Int32.self) {
      let (kind, mode) = (number(Double.self), number(Double.self))
      let p = (0..<6).map { _ in number(Double.self) }
      let source = kind == 0 ? square : oblong
      let expected = (0..<source.pixels.count).map { _ in Float(number(UInt16.self)) / 128 }
      entries.append(
        Entry(
          transform: kind == 0 ? Self.keras(p, size: square.size) : Self.matrix(p),
          fill: fills[Int(mode)], source: source, expected: expected))
    }
  }

  private static func keras(_ p: [Double], size: ImageSize) -> AffineMap {
    let (theta, shear, zx, zy, flips) = (p[0], p[1], p[2], p[3], p[4] == 1)
    let transform =
      AffineMap.rotation(degrees: theta) * .shear(degrees: shear)
      * .zoom(rows: zy, columns: zx)
    let centred = transform.centred(in: size)
    return flips ? centred * .horizontalFlip(width: size.width) : centred
  }

  private static func matrix(_ p: [Double]) -> AffineMap {
    AffineMap(
      rowByRow: p[0], rowByColumn: p[1], rowOffset: p[4], columnByRow: p[2], columnByColumn: p[3],
      columnOffset: p[5])
  }
}

@Suite("Affine resampling")
struct AffineTests {
  /// The golden values are rounded to 1/128 of a grey level; `Float` adds some 1e-4.
  private let tolerance: Float = 0.01

  @Test("100 transforms of Keras and 30 of SciPy, to a hundredth of a grey level")
  func golden() throws {
    let entries = try GoldenTransforms().entries
    #expect(entries.count == 130)
    for (number, entry) in entries.enumerated() {
      let result = Tensor<Float>(shape: entry.source.pixels.shape) {
        entry.source.resample(by: entry.transform, fill: entry.fill, to: $0)
      }
      let difference = largestDifference(result.scalars, entry.expected)
      #expect(difference < tolerance, "transform \(number)")
      let rounded = entry.source.resampled(by: entry.transform, fill: entry.fill)
      let level = largestDifference(rounded.pixels.scalars.map(Float.init), entry.expected)
      #expect(level <= 0.5 + tolerance, "transform \(number)")
      let floats = entry.source.tensor().resampled(by: entry.transform, fill: entry.fill)
      #expect(floats.relativeDifference(to: result) < 1e-6, "transform \(number)")
    }
  }

  private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(a.count == b.count ? 0 : .infinity) { max($0, ($1.0 - $1.1).magnitude) }
  }

  @Test(
    "half a pixel to the right is the mean of neighbours, and the edge repeats, ends or mirrors")
  func byHand() {
    let image = Image(Tensor([10, 20, 40], shape: [1, 3, 1]))
    let half = AffineMap.translation(rows: 0, columns: 0.5)
    #expect(image.tensor().resampled(by: half).scalars == [15, 30, 40])
    #expect(image.tensor().resampled(by: half, fill: .constant(-1)).scalars == [15, 30, -1])
    let far = AffineMap.translation(rows: 0, columns: 2)
    #expect(image.tensor().resampled(by: far, fill: .reflect).scalars == [40, 40, 20])
    #expect(image.tensor().resampled(by: far, fill: .nearest).scalars == [40, 40, 40])
    let farther = AffineMap.translation(rows: 0, columns: -5)
    #expect(image.tensor().resampled(by: farther, fill: .reflect).scalars == [20, 40, 40])
    #expect(image.resampled(by: half, fill: .constant(300)).pixels.scalars == [15, 30, 255])
    #expect(image.resampled(by: half, fill: .constant(-.infinity)).pixels.scalars == [15, 30, 0])
    #expect(image.resampled(by: half, fill: .constant(.nan)).pixels.scalars == [15, 30, 255])
  }

  @Test(
    "the identity, the two flips and a quarter turn move pixels without changing them",
    arguments: [
      Image.ColourMode.grey, .rgb,
    ])
  func exact(mode: Image.ColourMode) {
    let value = { (row: Int, column: Int, channel: Int) in 37 * row + 11 * column + 90 * channel }
    let image = Image(7, 5, mode, value: value)
    #expect(image.resampled(by: .identity) == image)
    #expect(
      image.resampled(by: .horizontalFlip(width: 5))
        == Image(7, 5, mode) { value($0, 4 - $1, $2) })
    #expect(
      image.resampled(by: .verticalFlip(height: 7)) == Image(7, 5, mode) { value(6 - $0, $1, $2) })
    let square = Image(5, 5, mode, value: value)
    let turn = AffineMap.rotation(degrees: 90).centred(in: square.size)
    // Counterclockwise: what was the last column becomes the first row.
    for fill in [FillMode.nearest, .constant(0), .reflect] {
      #expect(
        square.resampled(by: turn, fill: fill) == Image(5, 5, mode) { value($1, 4 - $0, $2) })
    }
  }

  @Test("the scale multiplies, the fill value too")
  func scale() {
    let image = Image(Tensor([0, 255, 51, 102], shape: [2, 2, 1]))
    var result = [Float](repeating: .nan, count: 4)
    result.withUnsafeMutableBufferPointer {
      image.resample(
        by: .translation(rows: 1, columns: 0), fill: .constant(255), scaledBy: 0.5, to: $0)
    }
    #expect(result == [25.5, 51, 127.5, 127.5])
  }

  @Test("another size is filled from the same map")
  func otherSize() {
    let image = Image(4, 6) { 40 * $0 + 9 * $1 + $2 }
    let size = ImageSize(height: 2, width: 3)
    let cropped = image.resampled(by: .translation(rows: 1, columns: 2), size: size)
    #expect(cropped == Image(2, 3) { 40 * ($0 + 1) + 9 * ($1 + 2) + $2 })
    #expect(image.resampled(by: .identity, size: ImageSize(height: 1, width: 1)).size.width == 1)
  }

  @Test(
    "one row, one column, one pixel", arguments: [(1, 1), (1, 4), (4, 1)], Image.ColourMode.allCases
  )
  func thin(size: (Int, Int), mode: Image.ColourMode) {
    let image = Image(size.0, size.1, mode) { 30 * $0 + 20 * $1 + 7 * $2 }
    for fill in [FillMode.nearest, .constant(3), .reflect] {
      #expect(image.resampled(by: .identity, fill: fill) == image)
      let turned = image.resampled(
        by: AffineMap.rotation(degrees: 180).centred(in: image.size), fill: fill)
      #expect(
        turned
          == Image(size.0, size.1, mode) {
            30 * (size.0 - 1 - $0) + 20 * (size.1 - 1 - $1) + 7 * $2
          })
      let between = AffineMap.translation(rows: 0.5, columns: 0.25)
      let floats = image.tensor().resampled(by: between, fill: fill)
      let direct = Tensor<Float>(shape: image.pixels.shape) {
        image.resample(by: between, fill: fill, to: $0)
      }
      #expect(floats.relativeDifference(to: direct) < 1e-6)
    }
  }

  @Test("a product applies its right factor first")
  func product() {
    let left = AffineMap.zoom(rows: 2, columns: 3)
    let right = AffineMap.translation(rows: 5, columns: -7)
    #expect((left * right)(row: 1, column: 1) == (12, -18))
    #expect((right * left)(row: 1, column: 1) == (7, -4))
    let rotation = AffineMap.rotation(degrees: 33) * .shear(degrees: 5)
    let position = rotation(row: 2, column: 3)
    let product = (left * rotation)(row: 2, column: 3)
    #expect(abs(product.row - left(row: position.row, column: position.column).row) < 1e-12)
    #expect(abs(product.column - left(row: position.row, column: position.column).column) < 1e-12)
  }

  @Test("a centred map keeps the centre")
  func centre() {
    let map = AffineMap.shear(degrees: 20) * .zoom(rows: 0.7, columns: 1.3)
    let position = map.centred(in: ImageSize(height: 9, width: 6))(row: 4, column: 2.5)
    #expect(abs(position.row - 4) < 1e-12 && abs(position.column - 2.5) < 1e-12)
  }

  @Test("shear is in degrees: 0.2 moves the edge of a film by 0.4 pixels")
  func degrees() {
    let shear = AffineMap.shear(degrees: 0.2).centred(in: ImageSize(height: 224, width: 224))
    #expect(abs(shear(row: 0, column: 0).column - 111.5 * sin(0.2 * .pi / 180)) < 1e-12)
    #expect(shear(row: 0, column: 0).column < 0.4)
  }

  @Test("a coefficient that is no number, too little room and no channels stop the program")
  func preconditions() async throws {
    let notANumber = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let image = Image(Tensor<UInt8>.zeros([2, 2, 1]))
      _ = image.resampled(by: .zoom(rows: .nan, columns: 1))
    }
    #expect(
      String(decoding: try #require(notANumber).standardErrorContent, as: UTF8.self)
        .contains("resample: needs positions within"))
    let room = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let image = Image(Tensor<UInt8>.zeros([2, 2, 1]))
      _ = Tensor<Float>(shape: [3]) { image.resample(by: .identity, to: $0) }
    }
    #expect(
      String(decoding: try #require(room).standardErrorContent, as: UTF8.self)
        .contains("needs room for 2 × 2 pixels of 1 samples, got 3"))
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 2]).resampled(by: .identity)
    }
    #expect(
      String(decoding: try #require(rank).standardErrorContent, as: UTF8.self).contains("[2, 2]"))
  }
}

extension Tensor where Scalar == Float {
  /// The largest difference, relative to the largest scalar.
  fileprivate func relativeDifference(to other: Tensor) -> Float {
    guard shape == other.shape else { return .infinity }
    let size = other.scalars.reduce(1) { Swift.max($0, $1.magnitude) }
    return zip(scalars, other.scalars).reduce(0) { Swift.max($0, ($1.0 - $1.1).magnitude / size) }
  }
}
