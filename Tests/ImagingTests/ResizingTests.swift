import Imaging
import Tensor
import Testing

/// The results of Pillow are in `DecodingTests`; these are small enough to check by hand.
@Suite("Resizing")
struct ResizingTests {
  private func grey(_ samples: [UInt8], _ height: Int, _ width: Int) -> Image {
    Image(Tensor(samples, shape: [height, width, 1]))
  }

  @Test("nearest takes the pixel under the centre of the new one")
  func nearest() {
    #expect(nearestIndices(from: 4, to: 2) == [1, 3])
    #expect(nearestIndices(from: 5, to: 2) == [1, 3])
    #expect(nearestIndices(from: 2, to: 5) == [0, 0, 1, 1, 1])
    #expect(nearestIndices(from: 3, to: 3) == [0, 1, 2])
    #expect(nearestIndices(from: 1, to: 4) == [0, 0, 0, 0])
    let image = grey([1, 2, 3, 4, 5, 6], 2, 3)
    let resized = image.resized(to: ImageSize(height: 4, width: 1), by: .nearest)
    #expect(resized.pixels.scalars == [2, 2, 5, 5])
  }

  @Test("nearest adds the step up as Pillow does, which the closed form misses by a pixel")
  func accumulation() {
    let indices = nearestIndices(from: 256, to: 224)
    let closedForm = (0..<224).map { Int32((Double($0) + 0.5) * (256.0 / 224)) }
    #expect(indices[3] == 3 && closedForm[3] == 4)
    #expect(zip(indices, closedForm).allSatisfy { ($0 - $1).magnitude <= 1 })
  }

  @Test("nearest stays inside for every pair of sizes")
  func bounds() {
    for old in [1, 2, 3, 7, 224, 1023, 4280, 65_500] {
      for new in [1, 2, 5, 224, 999, 70_000] {
        let indices = nearestIndices(from: old, to: new)
        #expect(indices.count == new)
        #expect(indices.first.map { $0 >= 0 } == true && indices.last.map { $0 < old } == true)
        #expect(zip(indices, indices.dropFirst()).allSatisfy { $0 <= $1 })
      }
    }
  }

  @Test("area is the mean of what a pixel covers, rounded")
  func area() {
    let image = grey([10, 20, 30, 41, 0, 0, 1, 2], 2, 4)
    let size = ImageSize(height: 1, width: 2)
    // Rows first, (10 + 20) / 2 = 15 and (30 + 41) / 2 = 35.5, then columns.
    #expect(image.resized(to: size, by: .area).pixels.scalars == [8, 19])
  }

  @Test("bilinear interpolates between centres when it enlarges")
  func bilinear() {
    let image = grey([0, 100], 1, 2)
    let resized = image.resized(to: ImageSize(height: 1, width: 4), by: .bilinear)
    #expect(resized.pixels.scalars == [0, 25, 75, 100])
  }

  @Test(
    "every method keeps one colour, and the size that was asked for",
    arguments: ResizeMethod.allCases)
  func constant(method: ResizeMethod) {
    for (height, width) in [(1, 1), (2, 3), (31, 17)] {
      let image = Image(height, width) { _, _, channel in 200 - 90 * channel }
      for size in [ImageSize(height: 1, width: 1), ImageSize(height: 40, width: 5)] {
        let resized = image.resized(to: size, by: method)
        #expect(resized == Image(size.height, size.width) { _, _, channel in 200 - 90 * channel })
      }
    }
  }

  @Test("RGB is resized channel by channel", arguments: ResizeMethod.allCases)
  func channels(method: ResizeMethod) {
    let value = { (row: Int, column: Int, channel: Int) in 41 * row + 17 * column * (channel + 1) }
    let size = ImageSize(height: 5, width: 9)
    let rgb = Image(11, 6, value: value).resized(to: size, by: method)
    for channel in 0..<3 {
      let grey = Image(11, 6, .grey) { row, column, _ in value(row, column, channel) }
      let plane = stride(from: channel, to: rgb.pixels.count, by: 3).map { rgb.pixels.scalars[$0] }
      #expect(plane == grey.resized(to: size, by: method).pixels.scalars)
    }
  }
}
