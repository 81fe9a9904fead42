import Foundation
import Imaging
import Reporting
import Tensor
import TestSupport
import Testing

@Suite("Heat-map overlays")
struct HeatMapOverlayTests {
  private static func film(_ height: Int, _ width: Int, grey: UInt8 = 100) -> Image {
    Image(Tensor(repeating: grey, shape: [height, width, 1]))
  }

  private static func pixel(_ image: Image, _ row: Int, _ column: Int) -> [Int] {
    image.pixels[row, column].scalars.map { Int($0) }
  }

  @Test("a strength of 0 leaves the film as it is, 1 covers it by the opacity")
  func blending() {
    let strengths = Tensor<Double>([0, 1], shape: [1, 2])
    let overlay = HeatMapOverlay(strengths, isSigned: false, on: Self.film(1, 2), opacity: 0.5)
    let picture = overlay.picture()
    #expect(picture.size == ImageSize(height: 1, width: 2) && picture.mode == .rgb)
    #expect(Self.pixel(picture, 0, 0) == [100, 100, 100])
    // Inferno ends in (252, 255, 164): the means with 100.
    #expect(Self.pixel(picture, 0, 1) == [176, 178, 132])
  }

  @Test("two directions: blue for −1, red for 1")
  func signed() {
    let strengths = Tensor<Double>([-1, 0, 1], shape: [1, 3])
    let picture = HeatMapOverlay(strengths, isSigned: true, on: Self.film(1, 3)).picture()
    let (against, none, speaking) = (
      Self.pixel(picture, 0, 0), Self.pixel(picture, 0, 1), Self.pixel(picture, 0, 2)
    )
    #expect(against[2] > against[0] && speaking[0] > speaking[2] && none == [100, 100, 100])
  }

  @Test("a colour film is drawn in the grey that Pillow makes of it")
  func grey() {
    let film = Image(Tensor<UInt8>([255, 0, 0, 0, 255, 0, 10, 20, 30], shape: [1, 3, 3]))
    let picture = HeatMapOverlay(.zeros([1, 1]), isSigned: false, on: film).picture()
    #expect((0..<3).map { Self.pixel(picture, 0, $0)[0] } == [76, 150, 18])
  }

  @Test("a map of a part of the film covers that part alone, at the resolution of the film")
  func part() {
    let overlay = HeatMapOverlay(
      .ones([2, 2]), isSigned: false, on: Self.film(9, 8), rows: 2..<5, columns: 1..<7)
    let picture = overlay.picture()
    for row in 0..<9 {
      for column in 0..<8 {
        let isCovered = (2..<5).contains(row) && (1..<7).contains(column)
        #expect((Self.pixel(picture, row, column) != [100, 100, 100]) == isCovered)
      }
    }
  }

  @Test("a coarse map is interpolated to the film's pixels")
  func interpolation() {
    let strengths = Tensor<Double>([0, 1], shape: [1, 2])
    let picture = HeatMapOverlay(
      strengths, isSigned: false, on: Self.film(1, 64, grey: 0)
    ).picture()
    let greens = (0..<64).map { Self.pixel(picture, 0, $0)[1] }
    #expect(zip(greens, greens.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(Set(greens).count > 20)
  }

  @Test(
    "the colour bar stands at the right of the film, which it leaves as it is",
    arguments: [true, false], [(400, 300), (64, 200), (20, 20), (1, 1)])
  func colourBar(isSigned: Bool, size: (height: Int, width: Int)) throws {
    let film = Self.film(size.height, size.width)
    let overlay = HeatMapOverlay(.ones([3, 3]), isSigned: isSigned, on: film)
    let (plain, framed) = (overlay.picture(), overlay.pictureWithColourBar())
    #expect(framed.pixels[..<size.height, ..<size.width].contiguous() == plain.pixels)
    #expect(framed.width > size.width + 20 && framed.height >= max(size.height, 56))
    // There is more in it than a ground: bar, ticks, digits.
    let panel = framed.pixels[.all, size.width...].contiguous()
    #expect(Set(panel.scalars).count > 40)
    let decoded = try Image(decoding: try overlay.pngData(), as: .rgb)
    #expect(decoded == framed)
  }

  @Test("the colours of the bar run from weak below to strong above")
  func barRuns() {
    let overlay = HeatMapOverlay(.zeros([1, 1]), isSigned: false, on: Self.film(600, 400))
    let framed = overlay.pictureWithColourBar()
    // A column within the bar, and its rows: letters are 13 pixels high here.
    let bar = (39..<561).map { Self.pixel(framed, $0, 400 + 13 + 8).reduce(0, +) }
    #expect(bar[0] > 500 && bar[521] == 3 * 110)
    #expect(Set(bar).count > 100)
  }

  static let traps: Traps = [
    "HeatMapOverlay: needs strengths [height, width], at least one, got shape [2]": {
      _ = HeatMapOverlay(.zeros([2]), isSigned: false, on: film(1, 1))
    },
    "HeatMapOverlay: needs strengths in 0.0...1.0, got -0.5 to 1.0": {
      _ = HeatMapOverlay(Tensor([-0.5, 1], shape: [1, 2]), isSigned: false, on: film(1, 1))
    },
    "HeatMapOverlay: needs strengths in -1.0...1.0, got nan": {
      _ = HeatMapOverlay(Tensor([.nan], shape: [1, 1]), isSigned: true, on: film(1, 1))
    },
    "HeatMapOverlay: rows 0..<3 and columns 0..<1 of a film of 2 × 1": {
      _ = HeatMapOverlay(.zeros([1, 1]), isSigned: false, on: film(2, 1), rows: 0..<3)
    },
    "HeatMapOverlay: needs an opacity in 0...1": {
      _ = HeatMapOverlay(.zeros([1, 1]), isSigned: false, on: film(2, 1), opacity: 2)
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
