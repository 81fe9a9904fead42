import CovidXRay
import Foundation
import Imaging
import Tensor
import TestSupport
import Testing

@Suite("Prepared films")
struct PreparedFilmTests {
  /// Preprocessing with every step taken.
  static let full = Preprocessing(
    colours: .grey, size: ImageSize(height: 24, width: 24), resizing: .area, margin: 0.1,
    intensity: .standardized, views: .five)

  static let kinds = [
    Preprocessing(imageSize: 24), full,
    Preprocessing(
      colours: .grey, size: ImageSize(height: 8, width: 12), resizing: .bilinear, scale: 1 / 128,
      intensity: .levelled),
    Preprocessing(
      colours: .rgb, size: ImageSize(height: 8, width: 12), resizing: .area, intensity: .flattened,
      views: .fifteen),
  ]

  static func colourFilm() -> Image {
    var random = RandomGenerator(seed: 9)
    return Image(
      Tensor(
        (0..<40 * 50 * 3).map { _ in UInt8.random(in: 0...255, using: &random) },
        shape: [40, 50, 3]))
  }

  @Test("a decoded film becomes what its file becomes, bit for bit", arguments: kinds)
  func decodedOrFile(preprocessing: Preprocessing) throws {
    try Sample.withTemporaryFolder { folder in
      let film = Self.colourFilm()
      let url = folder.appending(path: "film.png")
      try film.writePNG(to: url)
      let prepared = preprocessing.prepare(film)
      #expect(prepared.tensor.shape == preprocessing.shape)
      #expect(prepared.original == film.converted(to: preprocessing.colours))
      #expect(try preprocessing.tensor(at: url) == prepared.tensor)
      let fromFile = try preprocessing.prepare(imageAt: url)
      #expect(fromFile.tensor == prepared.tensor && fromFile.region == prepared.region)
      #expect(fromFile.original == prepared.original)
    }
  }

  @Test("the region is the part that the network sees")
  func region() {
    let film = Self.colourFilm()
    #expect(Preprocessing(imageSize: 24).prepare(film).region == ImageRegion(allOf: film.size))
    let prepared = Self.full.prepare(film)
    #expect(prepared.region.rows == 4..<36 && prepared.region.columns == 5..<45)
    // What lies outside of it changes nothing.
    let inside = prepared.original.cropped(to: prepared.region)
    let plain = Preprocessing(
      colours: .grey, size: Self.full.size, resizing: .area, intensity: .standardized)
    #expect(plain.prepare(inside).tensor == prepared.tensor)
  }

  @Test(
    "a standardized film has mean 0 and deviation 1 but for what is cut, a film of one grey is all zeros"
  )
  func standardized() {
    let film = Self.full.prepare(Self.colourFilm()).tensor
    #expect(abs(film.mean().item()) < 0.01 && abs(film.variance().item() - 1) < 0.05)
    let flat = Self.full.prepare(Image(Tensor<UInt8>(repeating: 77, shape: [30, 30, 1]))).tensor
    #expect(flat.scalars.allSatisfy { abs($0) < 1e-3 })
  }

  @Test("an exposure that is no more than a factor changes nothing once films are standardized")
  func exposure() {
    var random = RandomGenerator(seed: 2)
    let grey = (0..<40 * 40).map { _ in UInt8.random(in: 0...100, using: &random) }
    let dark = Image(Tensor(grey, shape: [40, 40, 1]))
    let bright = Image(Tensor(grey.map { 2 * $0 + 40 }, shape: [40, 40, 1]))
    let preprocessing = Preprocessing(
      colours: .grey, size: ImageSize(height: 40, width: 40), resizing: .area,
      intensity: .standardized)
    let (a, b) = (preprocessing.prepare(dark).tensor, preprocessing.prepare(bright).tensor)
    #expect((a - b).abs().max().item() < 1e-4)
  }

  @Test("a levelled film is half standardized, half the shares of darker samples")
  func levelled() {
    func prepared(_ film: Image, _ intensity: Preprocessing.Intensity) -> Tensor<Float> {
      Preprocessing(
        colours: .grey, size: ImageSize(height: 10, width: 10), resizing: .area,
        intensity: intensity
      ).prepare(film).tensor
    }
    func film(_ tone: (Int) -> Int) -> Image {
      Image(Tensor((0..<100).map { UInt8(tone($0)) }, shape: [10, 10, 1]))
    }
    let (plain, curved) = (film { $0 }, film { $0 * $0 / 40 })
    let levelled = prepared(plain, .levelled)
    // Grey levels that are all as frequent are left as they are, on a scale that is that of shares.
    #expect((levelled - prepared(plain, .standardized)).abs().max().item() < 0.01)
    // A tone curve changes half as much as it would.
    let half = 0.5 * (prepared(curved, .standardized) - prepared(plain, .standardized))
    // Equal samples at the dark end, which the curve makes, share a rank.
    #expect(((prepared(curved, .levelled) - levelled) - half).abs().max().item() < 0.1)
    #expect(half.abs().max().item() > 0.2)
    let flat = prepared(Image(Tensor<UInt8>(repeating: 77, shape: [30, 30, 1])), .levelled)
    #expect(flat.scalars.allSatisfy { abs($0) < 1e-3 })
  }

  @Test("a flattened film does not tell whether it was brighter below or to one side")
  func flattened() {
    func prepared(
      _ film: Image, _ intensity: Preprocessing.Intensity, _ colours: Image.ColourMode = .grey
    ) -> Tensor<Float> {
      Preprocessing(colours: colours, size: film.size, resizing: .area, intensity: intensity)
        .prepare(film).tensor
    }
    /// Grain, and so much more a row and a column.
    func film(down: Int, right: Int) -> Image {
      var random = RandomGenerator(seed: 4)
      let levels = (0..<12 * 16).map { index in
        Int.random(in: 80...120, using: &random) + down * (index / 16) + right * (index % 16)
      }
      return Image(Tensor(levels.map { UInt8($0) }, shape: [12, 16, 1]))
    }
    let (even, tilted) = (film(down: 0, right: 0), film(down: 7, right: -4))
    let flat = prepared(even, .flattened)
    // Sums in another order: samples that were equal may differ in their last digit, and so in rank.
    let bound: Float = 0.05
    #expect((prepared(tilted, .flattened) - flat).abs().max().item() < bound)
    #expect((prepared(tilted, .levelled) - prepared(even, .levelled)).abs().max().item() > 1)
    // A saddle, of which a plane says nothing, is left as it is, but for the ranks of the four that are equal.
    let saddle = (0..<36).map { index -> UInt8 in
      let (row, column) = (2 * (index / 6) - 5, 2 * (index % 6) - 5)
      return UInt8(128 + 4 * row * column)
    }
    let untilted = Image(Tensor(saddle, shape: [6, 6, 1]))
    #expect(
      (prepared(untilted, .flattened) - prepared(untilted, .levelled)).abs().max().item() < 0.2)
    // The channels of a pixel lie on one plane.
    let colours = prepared(tilted, .flattened, .rgb).scalars
    #expect(
      zip(colours.indices, colours).allSatisfy { abs($1 - flat.scalars[$0 / 3]) < bound })
    // One grey is nothing, and one row has no slope.
    for shape in [[9, 9, 1], [31, 32, 1], [1, 1, 1]] {
      let empty = prepared(Image(Tensor<UInt8>(repeating: 77, shape: shape)), .flattened)
      #expect(empty.scalars.allSatisfy { abs($0) < 1e-3 })
    }
    let row = Image(Tensor<UInt8>([10, 30, 20], shape: [1, 3, 1]))
    #expect(prepared(row, .flattened).scalars.allSatisfy { $0.isFinite })
  }

  @Test("steps that a file does not name are not taken, and all of them survive JSON")
  func json() throws {
    let old = #"{"colours":"rgb","height":24,"resizing":"nearest","scale":0.003921569,"width":24}"#
    let decoder = JSONDecoder()
    #expect(
      try decoder.decode(Preprocessing.self, from: Data(old.utf8)) == Preprocessing(imageSize: 24))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(Preprocessing(imageSize: 24)), as: UTF8.self) == old)
    for kind in Self.kinds {
      #expect(try decoder.decode(Preprocessing.self, from: encoder.encode(kind)) == kind)
    }
  }

  @Test(
    "steps with values that are not known are refused",
    arguments: [#""margin":0.5"#, #""margin":-0.1"#, #""intensity":"negative""#, #""views":"all""#])
  func refused(step: String) {
    let text =
      #"{"colours":"rgb","height":24,"resizing":"nearest","scale":0.003921569,"width":24,"# + step
      + "}"
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
    }
  }
}
