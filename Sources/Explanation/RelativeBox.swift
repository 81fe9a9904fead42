import Tensor

/// A rectangle in fractions of the sides of a picture: 0 is the top or left border, 1 the bottom or right one.
///
/// It may reach beyond the picture.
public struct RelativeBox: Sendable, Hashable {
  /// Where it begins, from the top.
  public let top: Double
  /// Where it begins, from the left.
  public let left: Double
  /// Where it ends, from the top.
  public let bottom: Double
  /// Where it ends, from the left.
  public let right: Double

  /// A box that is not empty.
  public init(top: Double, left: Double, bottom: Double, right: Double) {
    require(
      top < bottom && left < right && [top, left, bottom, right].allSatisfy(\.isFinite),
      "RelativeBox: needs top < bottom and left < right, got \(top) to \(bottom), \(left) to \(right)"
    )
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The whole picture.
  public static let whole = RelativeBox(top: 0, left: 0, bottom: 1, right: 1)

  /// The box in the middle of a picture whose sides are this fraction of its own, above 0.
  public static func central(_ fraction: Double) -> RelativeBox {
    let margin = (1 - fraction) / 2
    return RelativeBox(
      top: margin, left: margin, bottom: 1 - margin, right: 1 - margin)
  }

  /// The share of the picture that it covers, in `0...1`.
  public var area: Double {
    let height = min(bottom, 1) - max(top, 0)
    let width = min(right, 1) - max(left, 0)
    return max(height, 0) * max(width, 0)
  }

  /// This box in fractions of a part of the picture instead of the whole.
  ///
  /// - Parameter part: Such as what a network sees of a film that was cropped.
  public func relative(to part: RelativeBox) -> RelativeBox {
    let (height, width) = (part.bottom - part.top, part.right - part.left)
    return RelativeBox(
      top: (top - part.top) / height, left: (left - part.left) / width,
      bottom: (bottom - part.top) / height, right: (right - part.left) / width)
  }
}
