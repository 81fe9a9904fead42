import Foundation
import Imaging
import Testing

@Suite("Image properties")
struct ImagePropertiesTests {
  @Test(
    "format, colours and bits of every kind of file",
    arguments: [
      (
        "grey-37x45.jpg", ImageProperties.Format.jpeg, ImageProperties.Colours.grey, 8, false, false
      ),
      ("rgb420-progressive.jpg", .jpeg, .rgb, 8, true, false),
      ("profile-rotated.jpg", .jpeg, .rgb, 8, false, true),
      ("cmyk.jpg", .jpeg, .cmyk, 8, false, false),
      ("ycck.jpg", .jpeg, .cmyk, 8, false, false),
      ("grey1.png", .png, .grey, 1, false, false),
      ("grey16-interlaced.png", .png, .grey, 16, true, false),
      ("grey-alpha8.png", .png, .greyAlpha, 8, false, false),
      ("rgba16.png", .png, .rgba, 16, false, false),
      ("palette4.png", .png, .palette, 4, false, false),
      ("profile-gamma.png", .png, .rgb, 8, false, true),
    ])
  func kinds(
    name: String, format: ImageProperties.Format, colours: ImageProperties.Colours, bits: Int,
    isProgressive: Bool, hasProfile: Bool
  ) throws {
    let properties = try ImageProperties(contentsOf: Fixture.url(name))
    #expect(properties.format == format)
    #expect(properties.colours == colours)
    #expect(properties.bitsPerSample == bits)
    #expect(properties.isProgressive == isProgressive)
    #expect(properties.hasColourProfile == hasProfile)
    #expect(try properties.byteCount == Fixture.bytes(name).count)
  }

  @Test("sizes are those of the pictures", arguments: ExpectedPicture.all)
  func sizes(expected: ExpectedPicture) throws {
    let properties = try ImageProperties(decoding: Fixture.bytes(expected.name))
    #expect(properties.size == expected.size)
  }

  @Test("a huge header can be read, since no pixels are")
  func huge() throws {
    let header = PNGBytes.signature + PNGBytes.header(width: 65_500, height: 65_500)
    let properties = try ImageProperties(decoding: header)
    #expect(properties.size == ImageSize(height: 65_500, width: 65_500))
  }

  @Test("what is no picture has no properties")
  func none() throws {
    let error = try #require(
      #expect(throws: ImageError.self) {
        try ImageProperties(decoding: Data("text".utf8), name: "a.jpg")
      })
    #expect(error.reason == .unknownFormat && error.path == "a.jpg")
  }
}
