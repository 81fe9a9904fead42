import Foundation
import Tensor

/// An affine map from positions in a new picture to positions in the old one.
///
///     old row    = rowByRow · row + rowByColumn · column + rowOffset
///     old column = columnByRow · row + columnByColumn · column + columnOffset
///
/// Positions count pixel centres, from 0. The map runs from new to old, since resampling asks where each new pixel comes
/// from: a zoom factor below 1 enlarges what is seen.
///
/// Augmentation as in Keras 3.15 (`apply_affine_transform`, where `zx` stretches columns and `zy` rows):
///
/// ```swift
/// let transform = AffineMap.shear(degrees: shear)
///   * .zoom(rows: zy, columns: zx)
/// let centred = transform.centred(in: image.size)
/// let flipped = centred * .horizontalFlip(width: image.width)
/// ```
///
/// Keras exchanges the two centres of a picture that is not square. This does not.
public struct AffineMap: Hashable, Sendable {
  /// Old rows a new row.
  public var rowByRow: Double
  /// Old rows a new column.
  public var rowByColumn: Double
  /// The old row of the new origin.
  public var rowOffset: Double
  /// Old columns a new row.
  public var columnByRow: Double
  /// Old columns a new column.
  public var columnByColumn: Double
  /// The old column of the new origin.
  public var columnOffset: Double

  /// A map from its six coefficients.
  public init(
    rowByRow: Double, rowByColumn: Double, rowOffset: Double,
    columnByRow: Double, columnByColumn: Double, columnOffset: Double
  ) {
    self.rowByRow = rowByRow
    self.rowByColumn = rowByColumn
    self.rowOffset = rowOffset
    self.columnByRow = columnByRow
    self.columnByColumn = columnByColumn
    self.columnOffset = columnOffset
  }

  /// The map that changes nothing.
  public static let identity = zoom(rows: 1, columns: 1)

  /// Stretches both axes about the origin: `row ↦ rows · row`, `column ↦ columns · column`.
  ///
  /// - Parameters:
  ///   - rows: Old rows a new row. Below 1, fewer old rows fill the picture.
  ///   - columns: Old columns a new column.
  public static func zoom(rows: Double, columns: Double) -> AffineMap {
    AffineMap(
      rowByRow: rows, rowByColumn: 0, rowOffset: 0,
      columnByRow: 0, columnByColumn: columns, columnOffset: 0)
  }

  /// Keras' shear about the origin: `row ↦ cos s · row`, `column ↦ column − sin s · row`.
  ///
  /// - Parameter degrees: `s` in degrees, as Keras' `shear_range` has it: 0.2 moves nothing by a pixel at 224 rows.
  public static func shear(degrees: Double) -> AffineMap {
    let angle = degrees * .pi / 180
    return AffineMap(
      rowByRow: cos(angle), rowByColumn: 0, rowOffset: 0,
      columnByRow: -sin(angle), columnByColumn: 1, columnOffset: 0)
  }

  /// A rotation about the origin: `row ↦ cos t · row + sin t · column`, `column ↦ cos t · column − sin t · row`.
  ///
  /// - Parameter degrees: `t` in degrees. What is seen turns counterclockwise for positive angles.
  public static func rotation(degrees: Double) -> AffineMap {
    let angle = degrees * .pi / 180
    return AffineMap(
      rowByRow: cos(angle), rowByColumn: sin(angle), rowOffset: 0,
      columnByRow: -sin(angle), columnByColumn: cos(angle), columnOffset: 0)
  }

  /// A shift, `row ↦ row + rows` and `column ↦ column + columns`, by which what is seen moves the other way.
  public static func translation(rows: Double, columns: Double) -> AffineMap {
    AffineMap(
      rowByRow: 1, rowByColumn: 0, rowOffset: rows,
      columnByRow: 0, columnByColumn: 1, columnOffset: columns)
  }

  /// Exchanges left and right of a picture of `width` columns: `column ↦ width − 1 − column`.
  public static func horizontalFlip(width: Int) -> AffineMap {
    AffineMap(
      rowByRow: 1, rowByColumn: 0, rowOffset: 0,
      columnByRow: 0, columnByColumn: -1, columnOffset: Double(width - 1))
  }

  /// Exchanges top and bottom of a picture of `height` rows: `row ↦ height − 1 − row`.
  public static func verticalFlip(height: Int) -> AffineMap {
    AffineMap(
      rowByRow: -1, rowByColumn: 0, rowOffset: Double(height - 1),
      columnByRow: 0, columnByColumn: 1, columnOffset: 0)
  }

  /// The map that applies the right factor to a new position first, then the left one.
  public static func * (left: AffineMap, right: AffineMap) -> AffineMap {
    AffineMap(
      rowByRow: left.rowByRow * right.rowByRow + left.rowByColumn * right.columnByRow,
      rowByColumn: left.rowByRow * right.rowByColumn + left.rowByColumn * right.columnByColumn,
      rowOffset: left.rowByRow * right.rowOffset + left.rowByColumn * right.columnOffset
        + left.rowOffset,
      columnByRow: left.columnByRow * right.rowByRow + left.columnByColumn * right.columnByRow,
      columnByColumn: left.columnByRow * right.rowByColumn
        + left.columnByColumn * right.columnByColumn,
      columnOffset: left.columnByRow * right.rowOffset + left.columnByColumn * right.columnOffset
        + left.columnOffset)
  }

  /// The same map about the centre of a picture instead of its first pixel.
  public func centred(in size: ImageSize) -> AffineMap {
    let (row, column) = (Double(size.height) / 2 - 0.5, Double(size.width) / 2 - 0.5)
    return .translation(rows: row, columns: column) * self
      * .translation(rows: -row, columns: -column)
  }

  /// The old position of a new one.
  public func callAsFunction(row: Double, column: Double) -> (row: Double, column: Double) {
    (
      rowByRow * row + rowByColumn * column + rowOffset,
      columnByRow * row + columnByColumn * column + columnOffset
    )
  }
}
