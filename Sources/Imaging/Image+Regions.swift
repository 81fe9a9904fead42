import Tensor

/// A rectangle of whole pixels in a picture.
public struct ImageRegion: Hashable, Sendable {
  /// The first row, from the top, and the first column, from the left; both count from 0.
  public let row, column: Int
  /// Height and width.
  public let size: ImageSize

  /// A rectangle of at least one pixel.
  ///
  /// - Precondition: `row` and `column` are not negative.
  public init(row: Int, column: Int, size: ImageSize) {
    require(
      row >= 0 && column >= 0,
      "ImageRegion: needs a first row and column of 0 or more, got \(row), \(column)")
    self.row = row
    self.column = column
    self.size = size
  }

  /// All of a picture.
  public init(allOf size: ImageSize) { self.init(row: 0, column: 0, size: size) }

  /// The rows of the rectangle.
  public var rows: Range<Int> { row..<row + size.height }
  /// The columns of the rectangle.
  public var columns: Range<Int> { column..<column + size.width }
}

extension Image {
  /// The part of the picture in a region.
  ///
  /// - Precondition: The region lies within the picture.
  public func cropped(to region: ImageRegion) -> Image {
    require(
      region.rows.upperBound <= height && region.columns.upperBound <= width,
      "cropped: rows \(region.rows) and columns \(region.columns) are not within \(size)")
    if region.size == size { return self }
    return Image(pixels[region.rows, region.columns])
  }

  /// The picture in grey or RGB.
  ///
  /// Grey comes from colour as in decoding, by ITU-R 601-2; RGB from grey has three equal samples.
  public func converted(to mode: ColourMode) -> Image {
    if mode == self.mode { return self }
    return pixels.withUnsafeScalars { source in
      Image(size: size, mode: mode) { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for i in 0..<height * width {
          switch mode {
          case .rgb:
            for channel in 0..<3 { to[3 * i + channel] = from[i] }
          case .grey:
            let red = UInt32(from[3 * i])
            let (green, blue) = (UInt32(from[3 * i + 1]), UInt32(from[3 * i + 2]))
            to[i] = UInt8((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16)
          }
        }
      }
    }
  }
}
