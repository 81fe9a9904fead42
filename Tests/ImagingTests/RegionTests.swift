import Imaging
import Tensor
import TestSupport
import Testing

@Suite("Regions and colours")
struct RegionTests {
  @Test("a part of a picture has its pixels", arguments: [1, 3])
  func cropped(channels: Int) {
    let pixels = Tensor((0..<4 * 5 * channels).map { UInt8($0) }, shape: [4, 5, channels])
    let image = Image(pixels)
    let region = ImageRegion(row: 1, column: 2, size: ImageSize(height: 3, width: 2))
    let part = image.cropped(to: region)
    #expect(part.size == region.size && part.mode == image.mode)
    for row in 0..<3 {
      for column in 0..<2 {
        for channel in 0..<channels {
          #expect(
            part.pixels[row, column, channel].item()
              == UInt8(((row + 1) * 5 + column + 2) * channels + channel))
        }
      }
    }
    #expect(image.cropped(to: ImageRegion(allOf: image.size)) == image)
  }

  private static let traps: Traps = [
    "cropped: rows 3..<5 and columns 0..<1 are not within 4 × 5": {
      _ = Image(Tensor<UInt8>(repeating: 0, shape: [4, 5, 1])).cropped(
        to: ImageRegion(row: 3, column: 0, size: ImageSize(height: 2, width: 1)))
    },
    "ImageRegion: needs a first row and column of 0 or more, got -1, 0": {
      _ = ImageRegion(row: -1, column: 0, size: ImageSize(height: 2, width: 1))
    },
  ]

  @Test("regions beyond the picture stop the program", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }

  @Test("grey comes from colour by ITU-R 601-2, and colour from grey is three times the same")
  func converted() {
    // Pillow 13: Image.new("RGB", (1, 1), colour).convert("L").
    let colours: [([UInt8], UInt8)] = [
      ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([10, 200, 60], 127),
      ([255, 255, 255], 255), ([7, 7, 7], 7),
    ]
    let image = Image(Tensor(colours.flatMap(\.0), shape: [2, 3, 3]))
    let grey = image.converted(to: .grey)
    #expect(grey.pixels.scalars == colours.map(\.1) && grey.size == image.size)
    let again = grey.converted(to: .rgb)
    #expect(again.pixels.scalars == colours.flatMap { [$0.1, $0.1, $0.1] })
    #expect(again.converted(to: .grey) == grey)
    #expect(image.converted(to: .rgb) == image)
  }
}
