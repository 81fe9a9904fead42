import Foundation
public import Imaging
public import Tensor

/// Random changes to training images, so that a network meets no image twice.
public enum Augmentation: String, Sendable, Hashable, CaseIterable, Codable {
  /// No change but the scaling to `0...1`.
  case none
  /// As in the article: shear, zoom of each axis by itself, flip. See ``parameters(key:)``.
  case article
  /// What could happen to a film: a slight turn, shift and scale, another exposure.
  ///
  /// No flip, since the heart lies on one side.
  case careful
  /// As ``careful`` in kind, and as far as the difference between a child and an adult, and between two machines: each axis by
  /// itself, other exposures and tone curves, sharper and softer, grainier.
  case wide

  /// The natural logarithm of the powers that ``wide`` raises samples to.
  static let wideLogGamma = -0.9...0.9

  /// What happens to one image.
  ///
  /// Geometric changes are about its centre.
  public struct Parameters: Sendable, Hashable {
    /// Keras' shear, in degrees.
    public var shear = 0.0
    /// A rotation in degrees, counterclockwise as it is seen where positive.
    public var rotation = 0.0
    /// Old rows a new row: below 1, what is seen is enlarged.
    public var rowZoom = 1.0
    /// Old columns a new column.
    public var columnZoom = 1.0
    /// How far what is seen moves up, as a part of the height.
    public var rowShift = 0.0
    /// How far what is seen moves to the left, as a part of the width.
    public var columnShift = 0.0
    /// Whether left and right are exchanged, after all else.
    public var isFlipped = false
    /// Multiplies the distance of a pixel from 0.5, with pixels in `0...1`.
    public var contrast: Float = 1
    /// Is added to a pixel after that.
    public var brightness: Float = 0
    /// The power that a pixel is raised to after that.
    public var gamma: Float = 1
    /// How much brighter the film grows from its centre to its lower edge, and to its right edge.
    public var rowGradient: Float = 0, columnGradient: Float = 0
    /// Multiplies what is left of the film when its average over 3 × 3 pixels is taken away: 0 blurs, more than 1 sharpens.
    public var sharpness: Float = 1
    /// The half width of a uniform number that is added to every pixel at the end.
    public var grain: Float = 0

    /// No change.
    public init() {}

    /// From positions in the new image to positions in the old one.
    public func map(for size: ImageSize) -> AffineMap {
      var map: AffineMap =
        .rotation(degrees: rotation) * .shear(degrees: shear)
        * .zoom(rows: rowZoom, columns: columnZoom)
      map.rowOffset = rowShift * Double(size.height)
      map.columnOffset = columnShift * Double(size.width)
      let centred = map.centred(in: size)
      return isFlipped ? centred * .horizontalFlip(width: size.width) : centred
    }
  }

  /// Draws the parameters of one image in one pass over the data set.
  ///
  /// | | ``article`` | ``careful`` |
  /// |---|---|---|
  /// | shear | uniform within ±0.2 **degrees**, which is under a pixel at 224: so Keras reads `shear_range=0.2` | none |
  /// | zoom | columns and rows by themselves, uniform in 0.8...1.2 | both alike, uniform in 0.9...1.1 |
  /// | flip | left and right, every second time | none |
  /// | rotation | none | uniform within ±5 degrees |
  /// | shift | none | rows and columns by themselves, uniform within ±5 % |
  /// | contrast, brightness | none | uniform in 0.8...1.2, and within ±0.1 |
  ///
  /// ``wide``: rotation within ±7 degrees; zoom of rows and columns by themselves, in 0.85...1.12; shifts within ±8 %; contrast
  /// and brightness as ``careful``; gamma in 0.41...2.46, even in its logarithm; gradients within ±0.15; sharpness in 0...2.5;
  /// grain in 0...0.03.
  ///
  /// ``article`` takes its numbers in Keras' order: shear at index 0, zoom of columns at 1, of rows at 2, flip at 3.
  ///
  /// - Parameter key: That of seed, pass and image.
  public func parameters(key: RandomKey) -> Parameters {
    func uniform(_ index: UInt64, _ range: ClosedRange<Double>) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * key.uniform(at: index)
    }
    var parameters = Parameters()
    switch self {
    case .none:
      break
    case .article:
      parameters.shear = uniform(0, -0.2...0.2)
      parameters.columnZoom = uniform(1, 0.8...1.2)
      parameters.rowZoom = uniform(2, 0.8...1.2)
      parameters.isFlipped = key.uniform(at: 3) < 0.5
    case .careful:
      parameters.rotation = uniform(0, -5...5)
      let zoom = uniform(1, 0.9...1.1)
      (parameters.rowZoom, parameters.columnZoom) = (zoom, zoom)
      parameters.rowShift = uniform(2, -0.05...0.05)
      parameters.columnShift = uniform(3, -0.05...0.05)
      parameters.contrast = Float(uniform(4, 0.8...1.2))
      parameters.brightness = Float(uniform(5, -0.1...0.1))
    case .wide:
      parameters.rotation = uniform(0, -7...7)
      parameters.rowZoom = uniform(1, 0.85...1.12)
      parameters.columnZoom = uniform(2, 0.85...1.12)
      parameters.rowShift = uniform(3, -0.08...0.08)
      parameters.columnShift = uniform(4, -0.08...0.08)
      parameters.contrast = Float(uniform(5, 0.8...1.2))
      parameters.brightness = Float(uniform(6, -0.1...0.1))
      parameters.gamma = Float(exp(uniform(7, Self.wideLogGamma)))
      parameters.rowGradient = Float(uniform(8, -0.15...0.15))
      parameters.columnGradient = Float(uniform(9, -0.15...0.15))
      parameters.sharpness = Float(uniform(10, 0...2.5))
      parameters.grain = Float(uniform(11, 0...0.03))
    }
    return parameters
  }
}
