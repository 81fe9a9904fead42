import Imaging
import Tensor
import Testing

@Suite("Difference hash")
struct DifferenceHashTests {
  /// Brightness that rises to the right in some rows and falls in the others.
  private func picture(rising rows: Set<Int>, scale: Int = 1, mode: Image.ColourMode = .grey)
    -> Image
  {
    let (height, width) = (16 * scale, 17 * scale)
    var pixels: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        let place = column / scale
        let value = UInt8(10 + 10 * (rows.contains(row / scale) ? place : 16 - place))
        for _ in 0..<mode.channels { pixels.append(value) }
      }
    }
    return Image(Tensor(pixels, shape: [height, width, mode.channels]))
  }

  @Test(
    "by hand: every row that rises instead of falling is sixteen bits", arguments: [0, 1, 7, 16])
  func distance(count: Int) {
    let falling = DifferenceHash(of: picture(rising: []))
    let some = DifferenceHash(of: picture(rising: Set(0..<count)))
    #expect(falling.distance(to: some) == 16 * count)
    #expect(some.distance(to: falling) == 16 * count && some.distance(to: some) == 0)
    #expect(DifferenceHash.bitCount == 256)
  }

  @Test("size and colour mode change nothing")
  func size() {
    let rows: Set<Int> = [1, 4, 5, 11]
    let small = DifferenceHash(of: picture(rising: rows))
    #expect(DifferenceHash(of: picture(rising: rows, scale: 5, mode: .rgb)) == small)
  }

  @Test("noise that one hardly sees leaves the picture the same, and another picture is far away")
  func noise() {
    var random = RandomGenerator(seed: 4)
    func noisy(_ image: Image, _ amount: Int) -> Image {
      let pixels = image.pixels.scalars.map { value in
        UInt8(Int(value) + Int.random(in: -amount...amount, using: &random))
      }
      return Image(Tensor(pixels, shape: image.pixels.shape))
    }
    let first = picture(rising: [0, 3, 9, 10], scale: 4)
    let distance = DifferenceHash(of: first).distance(to: DifferenceHash(of: noisy(first, 9)))
    #expect(distance <= DifferenceHash.samePicture)
    let other = picture(rising: [1, 3, 9, 11], scale: 4)
    #expect(
      DifferenceHash(of: first).distance(to: DifferenceHash(of: other))
        > DifferenceHash.samePicture)
  }

  @Test("the brightness of colours is that of decoding as grey")
  func luminances() throws {
    var random = RandomGenerator(seed: 5)
    let pixels = (0..<50 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
    let colour = Image(Tensor(pixels, shape: [5, 10, 3]))
    let grey = try Image(decoding: colour.pngData(), as: .grey)
    #expect(colour.luminances == grey.pixels.scalars && grey.luminances == grey.pixels.scalars)
  }
}
