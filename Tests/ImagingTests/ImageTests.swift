import Imaging
import Tensor
import Testing

@Suite("Image")
struct ImageTests {
  @Test("pixels lie in rows, a pixel's samples side by side")
  func layout() {
    let image = Image(Tensor([1, 2, 3, 4, 5, 6], shape: [1, 2, 3]))
    #expect(image.height == 1 && image.width == 2 && image.channels == 3)
    #expect(image.mode == .rgb && image.size == ImageSize(height: 1, width: 2))
    let written = Image(size: ImageSize(height: 2, width: 2), mode: .grey) { buffer in
      for i in buffer.indices { buffer[i] = UInt8(i) }
    }
    #expect(written.pixels == Tensor([0, 1, 2, 3], shape: [2, 2, 1]))
  }

  @Test("conversion to floating point scales, and keeps the shape")
  func floats() {
    let image = Image(Tensor([0, 51, 255], shape: [1, 3, 1]))
    #expect(image.tensor() == Tensor([0, 51, 255], shape: [1, 3, 1]))
    #expect(
      image.tensor(scaledBy: 1 / 255) == Tensor([0, 51 * Float(1.0 / 255), 1], shape: [1, 3, 1]))
  }

  @Test("views of a tensor become images with the pixels of the view")
  func views() {
    let pixels = Tensor<UInt8>([1, 2, 3, 4, 5, 6], shape: [2, 3, 1])
    let image = Image(pixels.permuted([1, 0, 2]))
    #expect(image.size == ImageSize(height: 3, width: 2))
    #expect(image.pixels.isContiguous && image.pixels.scalars == [1, 4, 2, 5, 3, 6])
  }

  @Test("wrong shapes stop the program, and the message names them")
  func rejectsShapes() async throws {
    let twoChannels = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Image(Tensor<UInt8>.zeros([2, 2, 2])) }
    #expect(
      String(decoding: try #require(twoChannels).standardErrorContent, as: UTF8.self)
        .contains("[height, width, 1 or 3] with at least one pixel, got [2, 2, 2]"))
    let empty = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Image(Tensor<UInt8>.zeros([0, 2, 3])) }
    #expect(
      String(decoding: try #require(empty).standardErrorContent, as: UTF8.self).contains(
        "[0, 2, 3]"))
    let size = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ImageSize(height: 0, width: 2) }
    #expect(
      String(decoding: try #require(size).standardErrorContent, as: UTF8.self)
        .contains("ImageSize: needs at least one pixel, got 0 × 2"))
  }
}
