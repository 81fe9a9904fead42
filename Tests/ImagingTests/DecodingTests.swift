import Foundation
import Imaging
import Tensor
import Testing

/// One line of `expected.tsv`: what Pillow makes of a file, by `make_files.py`.
struct ExpectedPicture: Sendable, CustomTestStringConvertible {
  let values: [String: String]
  var name: String { values["file", default: ""] }
  var testDescription: String { name }
  var size: ImageSize {
    ImageSize(
      height: Int(values["height", default: ""]) ?? 1, width: Int(values["width", default: ""]) ?? 1
    )
  }

  static let all = Fixture.table("expected.tsv").map(ExpectedPicture.init)
}

@Suite("Decoding")
struct DecodingTests {
  @Test("the table of expected check sums has been read")
  func tableIsComplete() {
    #expect(ExpectedPicture.all.count == 69)
  }

  @Test("RGB and grey are those of Pillow", arguments: ExpectedPicture.all)
  func samples(expected: ExpectedPicture) throws {
    let rgb = try Image(contentsOf: Fixture.url(expected.name), as: .rgb)
    #expect(rgb.size == expected.size && rgb.mode == .rgb)
    #expect(rgb.checkSum == expected.values["rgb"])
    let grey = try Image(contentsOf: Fixture.url(expected.name), as: .grey)
    #expect(grey.size == expected.size && grey.mode == .grey)
    #expect(grey.checkSum == expected.values["grey"])
  }

  @Test("every way to resize is that of Pillow", arguments: ExpectedPicture.all)
  func resized(expected: ExpectedPicture) throws {
    let url = Fixture.url(expected.name)
    let size = ImageSize(height: 13, width: 11)
    for method in ResizeMethod.allCases {
      let image = try Image(contentsOf: url, resizedTo: size, by: method)
      #expect(image.checkSum == expected.values[method.rawValue], "\(method)")
    }
    let enlarged = try Image(
      contentsOf: url, as: .grey, resizedTo: ImageSize(height: 61, width: 50), by: .bilinear)
    #expect(enlarged.checkSum == expected.values["enlarged"])
  }

  @Test(
    "sampling while decoding takes the same pixels as sampling afterwards",
    arguments: [
      ImageSize(height: 1, width: 1), ImageSize(height: 7, width: 150),
      ImageSize(height: 64, width: 64),
      ImageSize(height: 150, width: 3), ImageSize(height: 157, width: 100),
    ])
  func sampling(size: ImageSize) throws {
    for expected in ExpectedPicture.all {
      for mode in Image.ColourMode.allCases {
        let url = Fixture.url(expected.name)
        let sampled = try Image(contentsOf: url, as: mode, resizedTo: size)
        let whole = try Image(contentsOf: url, as: mode)
        #expect(sampled == whole.resized(to: size, by: .nearest), "\(expected.name)")
      }
    }
  }

  @Test("bytes in memory decode like the file they come from")
  func memory() throws {
    let data = try Fixture.bytes("rgb420-37x45.jpg")
    let fromFile = try Image(contentsOf: Fixture.url("rgb420-37x45.jpg"))
    #expect(try Image(decoding: data) == fromFile)
    #expect(try Image(decoding: [UInt8](data)) == fromFile)
  }

  @Test("a file in its own size is not resized")
  func sameSize() throws {
    let url = Fixture.url("rgb420-37x45.jpg")
    let size = ImageSize(height: 45, width: 37)
    for method in ResizeMethod.allCases {
      #expect(
        try Image(contentsOf: url, resizedTo: size, by: method) == Image(contentsOf: url))
    }
  }

  @Test("the examples of the documentation run")
  func examples() throws {
    let url = Fixture.url("rgb420-large.jpg")
    let film = try Image(contentsOf: url, as: .grey)
    let input = film.resized(to: ImageSize(height: 224, width: 224), by: .area)
      .tensor(scaledBy: 1 / 255)
    #expect(input.shape == [224, 224, 1])
    #expect(input.scalars.allSatisfy { $0 >= 0 && $0 <= 1 })
    let sampled = try Image(contentsOf: url, resizedTo: ImageSize(height: 224, width: 224))
    #expect(sampled.pixels.shape == [224, 224, 3])
  }

  @Test("a JPEG without its end marker passes, as in Pillow: all its rows are there")
  func missingEndMarker() throws {
    let data = try Fixture.bytes("grey-37x45.jpg")
    // Two bytes of padding stand for the marker, so that the last block has all bits that the decoder looks at.
    let cut = data.dropLast(2) + [0xFF, 0xFE]
    #expect(try Image(decoding: cut, as: .grey) == Image(decoding: data, as: .grey))
  }

  @Test("a long comment before the pixels of a PNG is passed over")
  func longComment() throws {
    let data = try Fixture.bytes("rgb8.png")
    let text = PNGBytes.chunk(
      "tEXt", Array("Comment\0".utf8) + Array(repeating: 65, count: 3 << 20))
    let commented = data.prefix(33) + text + data.dropFirst(33)
    #expect(try Image(decoding: commented) == Image(decoding: data))
  }
}

@Suite(
  "Real images",
  // Skipped unless COVID_DATASET names the folder: the films are not part of this project.
  .enabled(if: RealImages.folder != nil, "COVID_DATASET is not set"))
struct RealImageTests {
  private static let lines = Fixture.table("dataset.tsv")
  private let size = ImageSize(height: 224, width: 224)

  @Test("decoded and resized by nearest neighbour, all 283 are Pillow's, bit for bit")
  func nearest() throws {
    let folder = try #require(RealImages.folder)
    #expect(Self.lines.count == 283)
    for line in Self.lines {
      let path = line["path", default: ""]
      let url = folder.appending(path: path)
      let rgb = try Image(contentsOf: url, as: .rgb, resizedTo: size)
      #expect(rgb.checkSum == line["nearest"], "\(path)")
      let grey = try Image(contentsOf: url, as: .grey, resizedTo: size)
      #expect(grey.checkSum == line["grey"], "\(path), grey")
    }
  }

  @Test("whole, bilinear and area: every 25th is Pillow's, bit for bit")
  func others() throws {
    let folder = try #require(RealImages.folder)
    let lines = Self.lines.filter { $0["full"] != "-" }
    #expect(lines.count == 12)
    for line in lines {
      let path = line["path", default: ""]
      let url = folder.appending(path: path)
      let rgb = try Image(contentsOf: url)
      let grey = try Image(contentsOf: url, as: .grey)
      #expect(rgb.checkSum == line["full"], "\(path)")
      #expect(rgb.resized(to: size, by: .bilinear).checkSum == line["bilinear"], "\(path)")
      #expect(grey.resized(to: size, by: .area).checkSum == line["area"], "\(path)")
    }
  }

  @Test("properties are those that Pillow finds")
  func properties() throws {
    let folder = try #require(RealImages.folder)
    for line in Self.lines {
      let path = line["path", default: ""]
      let properties = try ImageProperties(contentsOf: folder.appending(path: path))
      #expect(properties.format.rawValue.uppercased() == line["format"], "\(path)")
      #expect(
        ["L": "grey"][line["mode"], default: line["mode"]?.lowercased()]
          == properties.colours.rawValue)
      #expect(properties.isProgressive == (line["progressive"] == "1"), "\(path)")
      #expect(properties.hasColourProfile == (line["profile"] == "1"), "\(path)")
      #expect(String(properties.size.width) == line["width"], "\(path)")
      #expect(String(properties.size.height) == line["height"], "\(path)")
    }
  }
}
