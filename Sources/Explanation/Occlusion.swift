public import Tensor

/// How much the score falls when a patch of the picture is covered (Zeiler and Fergus, ECCV 2014).
///
/// The patch slides over the picture; a pixel gets the mean fall over all places of the patch that cover it. No derivative takes
/// part, so that it works where gradients mislead; it costs a pass of the model for each place.
public struct Occlusion: AttributionMethod {
  /// What covers the patch.
  public enum Fill: Sendable, Hashable {
    /// The mean of each channel of the picture.
    case mean
    /// A value of the model's input.
    case value(Double)
  }

  /// The sides of the patch in pixels; `nil`: an eighth of the picture's, rounded up.
  public let patch: (height: Int, width: Int)?
  /// The steps between places, in pixels; `nil`: half the patch, rounded up.
  ///
  /// The last place lies at the border, so that every pixel is covered.
  public let stride: (vertical: Int, horizontal: Int)?
  /// What covers the patch.
  public let fill: Fill
  /// How many places the model takes at once.
  public let batchSize: Int

  /// Creates the method.
  public init(
    patch: (height: Int, width: Int)? = nil, stride: (vertical: Int, horizontal: Int)? = nil,
    fill: Fill = .mean, batchSize: Int = 16
  ) {
    require(
      batchSize > 0 && patch.map { $0.height > 0 && $0.width > 0 } ?? true
        && stride.map { $0.vertical > 0 && $0.horizontal > 0 } ?? true,
      "Occlusion: needs a patch, a stride and a batchSize of 1 or more, got "
        + "\(patch.map { "\($0)" } ?? "nil"), \(stride.map { "\($0)" } ?? "nil"), \(batchSize)")
    self.patch = patch
    self.stride = stride
    self.fill = fill
    self.batchSize = batchSize
  }

  /// The map, of the size of the picture: signed, in units of the score.
  public func map<Scalar>(
    of score: ClassScore<Scalar>, at input: Tensor<Scalar>
  ) -> AttributionMap {
    requirePicture(input, "Occlusion")
    let (height, width) = (input.shape[1], input.shape[2])
    let patch = patch ?? ((height + 7) / 8, (width + 7) / 8)
    require(
      patch.height <= height && patch.width <= width,
      "Occlusion: the patch \(patch.height) × \(patch.width) is larger than the picture, "
        + "\(height) × \(width)")
    let stride = stride ?? ((patch.height + 1) / 2, (patch.width + 1) / 2)
    // A step wider than the patch would leave pixels that are never covered.
    require(
      stride.vertical <= patch.height && stride.horizontal <= patch.width,
      "Occlusion: the stride \(stride) is wider than the patch \(patch)")
    let places = Self.starts(length: height, patch: patch.height, step: stride.vertical)
      .flatMap { row in
        Self.starts(length: width, patch: patch.width, step: stride.horizontal).map {
          (rows: row..<row + patch.height, columns: $0..<$0 + patch.width)
        }
      }
    let cover: Tensor<Scalar> =
      switch fill {
      case .mean: input.mean(alongAxes: [1, 2], keepingDimensions: true)
      case .value(let value): Tensor(repeating: Scalar(value), shape: [1, 1, 1, 1])
      }
    let whole = Double(score(input).item())
    var (sums, counts) = (
      [Double](repeating: 0, count: height * width), [Double](repeating: 0, count: height * width)
    )
    for start in Swift.stride(from: 0, to: places.count, by: batchSize) {
      let batch = places[start..<min(start + batchSize, places.count)]
      var pictures = input.broadcast(to: [batch.count] + input.shape.dropFirst()).contiguous()
      for (index, place) in batch.enumerated() {
        pictures.assign(cover[0], at: index, place.rows, place.columns)
      }
      for (place, covered) in zip(batch, score(pictures).scalars) {
        for row in place.rows {
          for column in place.columns {
            sums[row * width + column] += whole - Double(covered)
            counts[row * width + column] += 1
          }
        }
      }
    }
    return AttributionMap(
      Tensor(zip(sums, counts).map { $0 / $1 }, shape: [height, width]), isSigned: true)
  }

  /// Where the patch begins along one axis.
  private static func starts(length: Int, patch: Int, step: Int) -> [Int] {
    let last = length - patch
    let regular = Array(Swift.stride(from: 0, through: last, by: step))
    return regular.last == last ? regular : regular + [last]
  }
}
