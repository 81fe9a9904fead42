import Foundation
import Imaging
import Testing

@Suite("Bad files")
struct BadFileTests {
  /// The error that decoding throws, for both modes and with and without resizing.
  private func error(
    of bytes: some ContiguousBytes, limits: ImageLimits = ImageLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ImageError {
    _ = #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
      try Image(
        decoding: bytes, as: .grey, resizedTo: ImageSize(height: 3, width: 3), limits: limits)
    }
    return try #require(
      #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
        try Image(decoding: bytes, limits: limits, name: "x.jpg")
      }, sourceLocation: sourceLocation)
  }

  private func error(ofFileAt url: URL, limits: ImageLimits = ImageLimits()) throws -> ImageError {
    try #require(
      #expect(throws: ImageError.self) { try Image(contentsOf: url, limits: limits) })
  }

  @Test("no bytes, one byte, text, and signatures without a picture")
  func tooLittle() throws {
    #expect(try error(of: Data()).reason == .damaged)
    #expect(try error(of: Data([0xFF])).reason == .unknownFormat)
    #expect(try error(of: Data([0xFF, 0xD8, 0xFF])).reason == .damaged)
    #expect(try error(of: Data(PNGBytes.signature)).reason == .damaged)
    let text = try error(of: Data("Not a picture".utf8))
    #expect(text.reason == .unknownFormat)
    #expect(
      text.description == "x.jpg: neither JPEG nor PNG (it begins with 4E 6F 74 20 61 20 70 69)")
  }

  @Test(
    "a file cut anywhere before its last row throws",
    arguments: [
      "grey-37x45.jpg", "rgb420-37x45.jpg", "rgb420-progressive.jpg", "rgb420-restarts.jpg",
      "cmyk.jpg", "rgb8.png", "grey1-interlaced.png", "palette8.png", "profile-gamma.png",
    ])
  func truncated(name: String) throws {
    let bytes = try Fixture.bytes(name)
    let step = max(1, bytes.count / 60)
    for count in stride(from: 8, to: bytes.count - 20, by: step) {
      #expect(try error(of: bytes.prefix(count)).reason == .damaged, "\(count) bytes")
    }
    #expect(try error(of: bytes.prefix(bytes.count * 3 / 4)).detail.contains("truncated"))
  }

  @Test(
    "no single changed byte crashes the decoder, whatever it makes of it",
    arguments: [
      "rgb420-17x9.jpg", "rgb420-progressive.jpg", "cmyk.jpg", "palette-transparent.png",
      "grey16-interlaced.png", "rgba8.png",
    ])
  func changed(name: String) throws {
    let bytes = try [UInt8](Fixture.bytes(name))
    let limits = ImageLimits(maximumPixels: 1_000_000, maximumScans: 20)
    var failures = 0
    for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 500)) {
      for change in [0xFF, 0x01, 0x80] as [UInt8] {
        var changed = bytes
        changed[position] ^= change
        do {
          _ = try Image(decoding: changed, limits: limits)
          _ = try Image(
            decoding: changed, as: .grey, resizedTo: ImageSize(height: 5, width: 70), limits: limits
          )
        } catch is ImageError {
          failures += 1
        }
      }
    }
    #expect(failures > 0)
  }

  @Test("a PNG whose check sum is wrong is damaged, in its header, palette or pixels")
  func checkSums() throws {
    for name in ["IHDR", "PLTE", "IDAT"] {
      var bytes = try [UInt8](Fixture.bytes("palette8.png"))
      let place = try #require(bytes.firstRange(of: Array(name.utf8))).lowerBound
      let length = bytes[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
      bytes[place + 4 + length] ^= 1
      #expect(try error(of: bytes).reason == .damaged, "\(name)")
    }
  }

  @Test("four billion pixels are refused by the header alone")
  func hugePNG() throws {
    let header = PNGBytes.signature + PNGBytes.header(width: 65_500, height: 65_500)
    let huge = try error(of: header + PNGBytes.chunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1]))
    #expect(huge.reason == .tooLarge)
    #expect(
      huge.description
        == "x.jpg: 65500 x 65500 pixels are more than the limit of 100000000")
    let interlaced =
      PNGBytes.signature
      + PNGBytes.header(width: 2_000_000_000, height: 2_000_000_000, interlace: 1)
    #expect(try error(of: interlaced).reason == .tooLarge)
    let impossible = PNGBytes.signature + PNGBytes.header(width: 0xFFFF_FFFF, height: 1)
    #expect(try error(of: impossible).reason == .damaged)
    let empty = PNGBytes.signature + PNGBytes.header(width: 0, height: 5)
    #expect(try error(of: empty).reason == .damaged)
  }

  @Test("a JPEG may not promise more pixels than the limit either")
  func hugeJPEG() throws {
    var bytes = try [UInt8](Fixture.bytes("rgb420-progressive.jpg"))
    let frame = try #require(bytes.firstRange(of: [0xFF, 0xC2])).lowerBound
    // Height and width follow marker, length and precision.
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
    #expect(try error(of: bytes).reason == .tooLarge)
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try error(of: bytes).reason == .tooLarge)
    #expect(
      try error(
        of: Fixture.bytes("rgb420-37x45.jpg"), limits: ImageLimits(maximumPixels: 37 * 45 - 1)
      )
      .reason == .tooLarge)
    _ = try Image(
      decoding: Fixture.bytes("rgb420-37x45.jpg"), limits: ImageLimits(maximumPixels: 37 * 45))
  }

  @Test("a JPEG of more scans than the limit is refused")
  func scans() throws {
    let bytes = try Fixture.bytes("rgb420-progressive.jpg")
    let many = try error(of: bytes, limits: ImageLimits(maximumScans: 3))
    #expect(many.reason == .tooLarge && many.detail.contains("3 scans"))
    _ = try Image(decoding: bytes, limits: ImageLimits(maximumScans: 10))
  }

  @Test("a JPEG of 12 bits or two components is unsupported, and says so")
  func unsupported() throws {
    var bytes = try [UInt8](Fixture.bytes("grey-37x45.jpg"))
    let frame = try #require(bytes.firstRange(of: [0xFF, 0xC0])).lowerBound
    bytes[frame + 4] = 12
    #expect(try error(of: bytes).reason == .unsupported)
  }

  @Test("a directory, a missing file, a named pipe and an endless device throw at once")
  func notRegular() throws {
    try Fixture.withTemporaryFolder { folder in
      let directory = folder.appending(path: "x.jpg")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
      let isDirectory = try error(ofFileAt: directory)
      #expect(isDirectory.reason == .inaccessible)
      #expect(isDirectory.detail == "a directory, not a file")
      #expect(isDirectory.path.contains("x.jpg"))

      let missing = try error(ofFileAt: folder.appending(path: "none.png"))
      #expect(missing.reason == .inaccessible)
      #expect(missing.description.hasSuffix("none.png: No such file or directory"))

      let pipe = folder.appending(path: "pipe.png")
      #expect(mkfifo(pipe.path(percentEncoded: false), 0o600) == 0)
      #expect(try error(ofFileAt: pipe).reason == .inaccessible)
      #expect(try error(ofFileAt: URL(filePath: "/dev/zero")).reason == .inaccessible)

      let empty = folder.appending(path: "empty.png")
      try Data().write(to: empty)
      #expect(try error(ofFileAt: empty).detail == "an empty file")

      let text = folder.appending(path: "text.jpg")
      try Data("hello".utf8).write(to: text)
      #expect(try error(ofFileAt: text).reason == .unknownFormat)
      #expect(
        try error(ofFileAt: text, limits: ImageLimits(maximumFileBytes: 4)).reason == .tooLarge)
    }
    let web = try #require(URL(string: "https://example.org/x.png"))
    #expect(try error(ofFileAt: web).reason == .inaccessible)
  }
}
