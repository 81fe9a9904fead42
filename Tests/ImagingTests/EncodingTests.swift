import Foundation
import Imaging
import Tensor
import Testing

@Suite("PNG encoding")
struct EncodingTests {
  @Test(
    "what is written reads back", arguments: Image.ColourMode.allCases, [(1, 1), (3, 1), (40, 23)])
  func roundTrip(mode: Image.ColourMode, size: (Int, Int)) throws {
    let image = Image(size.0, size.1, mode) { 7 * $0 + 31 * $1 + 101 * $2 }
    #expect(try Image(decoding: image.pngData(), as: mode) == image)
    try Fixture.withTemporaryFolder { folder in
      let url = folder.appending(path: "image.png")
      try image.writePNG(to: url)
      #expect(try Image(contentsOf: url, as: mode) == image)
    }
  }

  @Test("four channels are RGB and opacity")
  func opacity() throws {
    let pixels = Tensor<UInt8>([10, 20, 30, 255, 40, 50, 60, 0], shape: [1, 2, 4])
    let data = try PNG.encoded(pixels)
    #expect(try ImageProperties(decoding: data).colours == .rgba)
    #expect(try Image(decoding: data).pixels.scalars == [10, 20, 30, 40, 50, 60])
  }

  @Test("pixels that do not lie in order in memory are written in order")
  func transposed() throws {
    let pixels = Tensor<UInt8>([1, 2, 3, 4, 5, 6], shape: [2, 3, 1])
    let data = try PNG.encoded(pixels.permuted([1, 0, 2]))
    #expect(try Image(decoding: data, as: .grey).pixels.scalars == [1, 4, 2, 5, 3, 6])
  }

  @Test("a path that cannot be written throws with the path")
  func unwritable() throws {
    let image = Image(1, 1) { _, _, _ in 0 }
    let error = try #require(
      #expect(throws: ImageError.self) {
        try image.writePNG(to: Fixture.folder.appending(path: "none/image.png"))
      })
    #expect(error.reason == .inaccessible && error.path.hasSuffix("none/image.png"))
  }

  @Test("a wrong shape stops the program, and the message names it")
  func rejectsShape() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try PNG.encoded(Tensor<UInt8>.zeros([2, 2, 2])) }
    let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(message.contains("PNG.encoded") && message.contains("[2, 2, 2]"))
  }
}
