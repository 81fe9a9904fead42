import Tensor

/// A fingerprint of how a picture looks: for each of 16 × 16 fields, whether the field to its right is brighter.
///
/// The same picture in another size, format or compression has nearly the same fingerprint, since averages over fields and
/// their order hardly change. Films of two people differ in many bits; but all chests resemble each other, so the
/// customary 64 bits (8 × 8) cannot tell two children apart. After Krawetz, "Kind of like that" (2013), with four times as
/// many fields.
///
/// ```swift
/// let distance = DifferenceHash(of: first).distance(to: DifferenceHash(of: second))
/// let isSamePicture = distance <= DifferenceHash.samePicture
/// ```
public struct DifferenceHash: Hashable, Sendable {
  /// The fields along each side.
  static let side = 16
  /// The number of bits, and the largest distance.
  public static let bitCount = side * side
  /// The distance up to which two pictures are taken for the same one.
  ///
  /// Among 283 chest films of the article, the same film in another file lies within 15 bits, and films of two people differ
  /// in 22 or more. A cropped, turned or mirrored copy lies beyond.
  public static let samePicture = 18

  private let words: SIMD4<UInt64>

  /// The fingerprint of a picture, colour counted as grey.
  public init(of image: Image) {
    // The last column is there to be compared with.
    let (rows, columns) = (Self.side, Self.side + 1)
    let fields = image.resized(to: ImageSize(height: rows, width: columns), by: .area).luminances
    var words = SIMD4<UInt64>()
    for row in 0..<rows {
      for column in 0..<Self.side {
        let field = row * columns + column
        guard fields[field + 1] > fields[field] else { continue }
        let bit = row * Self.side + column
        words[bit / 64] |= 1 << UInt64(bit % 64)
      }
    }
    self.words = words
  }

  /// The number of bits in which two fingerprints differ, in `0...256`.
  public func distance(to other: DifferenceHash) -> Int {
    let differing = words ^ other.words
    return (0..<4).reduce(0) { $0 + differing[$1].nonzeroBitCount }
  }
}

extension Image {
  /// The brightness of every pixel, row by row, by ITU-R 601-2: `(19595 R + 38470 G + 7471 B + 32768) >> 16`.
  public var luminances: [UInt8] {
    let (channels, scalars) = (channels, pixels.scalars)
    guard channels == 3 else { return scalars }
    return (0..<height * width).map { pixel in
      let (red, green, blue) = (
        UInt32(scalars[3 * pixel]), UInt32(scalars[3 * pixel + 1]), UInt32(scalars[3 * pixel + 2])
      )
      return UInt8((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16)
    }
  }
}
