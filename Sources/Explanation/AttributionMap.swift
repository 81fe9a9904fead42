public import Tensor

/// How strongly each part of a picture moved a score.
///
/// The rows and columns of the map cover the whole picture, whatever their number. What the values are measured in depends on the
/// method; for a picture of them, see ``normalized(quantile:)``.
public struct AttributionMap: Sendable, Equatable {
  /// The strengths, of shape `[height, width]`.
  public let values: Tensor<Double>
  /// Whether values below zero mean parts that speak against the class.
  ///
  /// If not, no value is below zero.
  public let isSigned: Bool

  /// A map of values.
  ///
  /// - Parameters:
  ///   - values: Of shape `[height, width]`, at least one; none below zero unless `isSigned`.
  ///   - isSigned: Whether values below zero mean parts that speak against the class.
  public init(_ values: Tensor<Double>, isSigned: Bool) {
    require(
      values.rank == 2 && values.count > 0,
      "AttributionMap: needs values [height, width], at least one, got shape \(values.shape)")
    require(
      isSigned || !values.scalars.contains { $0 < 0 },
      "AttributionMap: an unsigned map has no value below zero")
    self.values = values
    self.isSigned = isSigned
  }

  /// The number of rows.
  public var height: Int { values.shape[0] }
  /// The number of columns.
  public var width: Int { values.shape[1] }

  /// The map at another size, values in between found by bilinear interpolation.
  ///
  /// Values keep their size, so that their sum grows with the number of pixels.
  public func resized(height: Int, width: Int) -> AttributionMap {
    AttributionMap(
      values.bilinearlyResized(height: height, width: width), isSigned: isSigned)
  }

  /// The map in units of its own strength: in `0...1`, or `-1...1` if it is signed.
  ///
  /// Values are divided by the quantile of their magnitudes, and cut at 1 where they are larger. A map of zeros stays as it is.
  ///
  /// - Parameter quantile: In `0...1`. 1 is the largest magnitude. A little less keeps a few extreme pixels from making all others
  ///   look faint; the strongest one is 1 in any case.
  public func normalized(quantile: Double = 1) -> AttributionMap {
    require(
      (0...1).contains(quantile),
      "AttributionMap.normalized: needs a quantile in 0...1, got \(quantile)")
    let magnitudes = values.abs().scalars.sorted()
    // The smallest magnitude that so large a share of all does not exceed.
    let index = Int((quantile * Double(magnitudes.count)).rounded(.up)) - 1
    // Where most are zero, only the largest tells the others apart.
    let chosen = magnitudes[max(index, 0)]
    let scale = chosen > 0 ? chosen : magnitudes[magnitudes.count - 1]
    guard scale > 0 else { return self }
    return AttributionMap((values / scale).clamped(to: -1...1), isSigned: isSigned)
  }

  /// The mean of maps of one size, such as those of the members of an ensemble.
  public static func mean(of maps: [AttributionMap]) -> AttributionMap {
    require(!maps.isEmpty, "AttributionMap.mean: needs at least one map")
    for map in maps {
      require(
        map.values.shape == maps[0].values.shape && map.isSigned == maps[0].isSigned,
        "AttributionMap.mean: maps of shapes \(maps[0].values.shape) and \(map.values.shape), "
          + "signed: \(maps[0].isSigned) and \(map.isSigned)")
    }
    return AttributionMap(
      Tensor.stacked(maps.map(\.values)).mean(alongAxis: 0), isSigned: maps[0].isSigned)
  }

  /// The share of all magnitudes that lies outside a box; `nil` for a map of zeros, or of values that are not finite.
  ///
  /// A pixel that the border of the box crosses counts by the part of it that lies outside.
  ///
  /// - Parameter box: In fractions of the sides of the picture. A map of equal values has the share
  ///   `1 − box.area` outside.
  public func share(outside box: RelativeBox) -> Double? {
    let (rows, columns) = (
      Self.overlaps(box.top, box.bottom, count: height),
      Self.overlaps(box.left, box.right, count: width)
    )
    let magnitudes = values.abs()
    let total = magnitudes.sum().item()
    guard total > 0, total.isFinite else { return nil }
    // How much of each pixel lies inside is a product of rows and columns.
    let inside = (rows.reshaped(to: [height, 1]) * columns * magnitudes).sum().item()
    return min(max(1 - inside / total, 0), 1)
  }

  /// How much of each of `count` equal parts of `0...1` lies between two positions.
  private static func overlaps(_ start: Double, _ end: Double, count: Int) -> Tensor<Double> {
    Tensor(
      (0..<count).map { index in
        let size = Double(count)
        return max(0, min(end * size, Double(index + 1)) - max(start * size, Double(index)))
      }, shape: [count])
  }
}
