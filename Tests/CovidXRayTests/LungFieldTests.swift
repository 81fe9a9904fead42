import CovidXRay
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Lung fields")
struct LungFieldTests {
  /// A chest of ellipses, whose lungs fill `lungs` (in rows and columns), with haze over them.
  static func chest(
    size: ImageSize, lungs: ImageRegion, haze: Float = 0, bar: Int = 0
  ) -> Image {
    var random = RandomGenerator(seed: 3)
    return Image(size: size, mode: .grey) { target in
      for row in 0..<size.height {
        for column in 0..<size.width {
          let v = Float(row - lungs.row) / Float(lungs.size.height)
          let u = Float(column - lungs.column) / Float(lungs.size.width)
          var value: Float = v > 1 ? 200 : 130
          if abs(u - 0.5) < 0.1 { value = 200 }
          if u < -0.25 || u > 1.25 { value = 10 }
          for centre in [Float(0.22), 0.78] {
            let (x, y) = ((u - centre) / 0.21, (v - 0.5) / 0.5)
            if x * x + y * y < 1 { value = 40 + haze * 120 }
          }
          if row < bar { value = 0 }
          target[row * size.width + column] = UInt8(
            value + Float.random(in: -8...8, using: &random).magnitude)
        }
      }
    }
  }

  private static let cases: [(ImageRegion, Float)] = [
    (ImageRegion(row: 40, column: 50, size: ImageSize(height: 110, width: 100)), 0),
    (ImageRegion(row: 30, column: 30, size: ImageSize(height: 150, width: 140)), 0),
    (ImageRegion(row: 60, column: 50, size: ImageSize(height: 90, width: 130)), 0.4),
  ]

  private func expectNear(_ found: ImageRegion, _ lungs: ImageRegion) {
    // The region reaches 8 % beyond the lungs; an eighth of their size is allowed.
    let (height, width) = (Double(lungs.size.height), Double(lungs.size.width))
    let pairs = [
      (Double(found.row), Double(lungs.row) - 0.08 * height, height),
      (Double(found.rows.upperBound), Double(lungs.rows.upperBound) + 0.08 * height, height),
      (Double(found.column), Double(lungs.column) - 0.08 * width, width),
      (Double(found.columns.upperBound), Double(lungs.columns.upperBound) + 0.08 * width, width),
    ]
    for (edge, expected, size) in pairs {
      #expect(abs(edge - expected) < size / 8, "\(edge), expected \(expected)")
    }
  }

  @Test(
    "lungs are found wherever they are, tall or wide, clear or hazy",
    arguments: LungFieldTests.cases)
  func found(lungs: ImageRegion, haze: Float) {
    let film = Self.chest(size: ImageSize(height: 200, width: 200), lungs: lungs, haze: haze)
    expectNear(LungField.region(of: film), lungs)
  }

  @Test("exposure, colours and a black bar change nothing that matters")
  func invariance() {
    let lungs = ImageRegion(row: 70, column: 50, size: ImageSize(height: 100, width: 100))
    let size = ImageSize(height: 210, width: 200)
    let film = Self.chest(size: size, lungs: lungs)
    let found = LungField.region(of: film)
    #expect(LungField.region(of: film.converted(to: .rgb)) == found)
    let darker = Image(
      Tensor(film.pixels.scalars.map { UInt8(Float($0) * 0.5) + 30 }, shape: film.pixels.shape))
    expectNear(LungField.region(of: darker), lungs)
    expectNear(LungField.region(of: Self.chest(size: size, lungs: lungs, bar: 30)), lungs)
  }

  @Test(
    "any picture has a region within it", arguments: [(1, 1), (1, 300), (7, 3), (64, 64)])
  func anyPicture(height: Int, width: Int) {
    for value in [UInt8(0), 128] {
      let image = Image(Tensor(repeating: value, shape: [height, width, 1]))
      let region = LungField.region(of: image)
      #expect(region.rows.upperBound <= height && region.columns.upperBound <= width)
    }
  }

  @Test("preprocessing of the lung field shows the region that it names")
  func preprocessing() {
    let lungs = ImageRegion(row: 40, column: 50, size: ImageSize(height: 110, width: 100))
    let film = Self.chest(size: ImageSize(height: 200, width: 200), lungs: lungs)
    let preprocessing = Preprocessing(
      colours: .grey, size: ImageSize(height: 32, width: 32), resizing: .area, field: .lungs)
    let prepared = preprocessing.prepare(film)
    #expect(prepared.region == LungField.region(of: film))
    let expected = film.cropped(to: prepared.region).resized(to: preprocessing.size, by: .area)
    #expect(prepared.tensor == expected.tensor(scaledBy: 1 / 255).reshaped(to: [1, 32, 32, 1]))
  }
}
