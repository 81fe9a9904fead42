public import Datasets
import Foundation
public import Imaging
public import Tensor

/// A film as the network sees it, with the film that it comes from.
public struct PreparedFilm: Sendable {
  /// The film as it was decoded, at its full size, grey or RGB as ``Preprocessing/colours`` has it.
  public let original: Image
  /// The part of ``original`` that ``tensor`` shows, from edge to edge.
  public let region: ImageRegion
  /// What the network sees, of ``Preprocessing/shape``.
  public var tensor: Tensor<Float> { views[0] }
  /// All views of the film, the first of them unchanged.
  package let views: [Tensor<Float>]
}

/// In how many ways a classifier looks at a film; what it says is the mean over all of them.
///
/// The answer to a film should not hang on a slight turn or a slightly smaller scale. The mean over some of them hangs on it
/// less, at the price of as many times the work.
public enum FilmViews: String, Sendable, Hashable, CaseIterable, Codable {
  /// As it is.
  case one
  /// As it is, turned by 4 degrees to either side, and a twelfth larger and smaller.
  case five
  /// Each of ``five`` as it is, and with either tone curve at the end of the range of ``Augmentation/wide``.
  case fifteen

  /// The change of every view; none of the first.
  var parameters: [Augmentation.Parameters] {
    var all = [Augmentation.Parameters()]
    guard self != .one else { return all }
    for degrees in [-4.0, 4] {
      var parameters = Augmentation.Parameters()
      parameters.rotation = degrees
      all.append(parameters)
    }
    for zoom in [12.0 / 13, 13.0 / 12] {
      var parameters = Augmentation.Parameters()
      (parameters.rowZoom, parameters.columnZoom) = (zoom, zoom)
      all.append(parameters)
    }
    guard self == .fifteen else { return all }
    let range = Augmentation.wideLogGamma
    return all
      + [range.lowerBound, range.upperBound].flatMap { logarithm in
        all.map { view in
          var parameters = view
          parameters.gamma = Float(exp(logarithm))
          return parameters
        }
      }
  }
}

/// The last step of ``Preprocessing``: from samples in `0...255` to the numbers that a network sees, changed at random in
/// training.
public struct PreparedPixels: SampleTransform {
  /// The shape of one film, `[height, width, channels]`; with more than one view, `[views, height, width, channels]`.
  public let outputShape: [Int]
  private let preprocessing: Preprocessing
  private let augmentation: Augmentation
  private let views: [Augmentation.Parameters]

  /// Without views, films are changed as `augmentation` says.
  init(
    _ preprocessing: Preprocessing, augmentation: Augmentation = .none, views: FilmViews = .one
  ) {
    self.preprocessing = preprocessing
    self.augmentation = augmentation
    self.views = views.parameters
    let shape = Array(preprocessing.shape.dropFirst())
    outputShape = views == .one ? shape : [self.views.count] + shape
  }

  /// Writes all views of an image that has the size that the network takes.
  public func write(_ image: Image, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>) {
    if views.count == 1 {
      return write(image, parameters: augmentation.parameters(key: key), key: key, to: target)
    }
    let length = target.count / views.count
    for (index, parameters) in views.enumerated() {
      write(
        image, parameters: parameters,
        to: UnsafeMutableBufferPointer(rebasing: target[index * length..<(index + 1) * length]))
    }
  }

  /// Writes an image changed by `parameters`.
  func write(
    _ image: Image, parameters: Augmentation.Parameters, key: RandomKey = RandomKey(seed: 0),
    to target: UnsafeMutableBufferPointer<Float>
  ) {
    let size = preprocessing.size
    let (mode, scale) = (preprocessing.colours, preprocessing.scale)
    if parameters == Augmentation.Parameters() {
      ScaledPixels(size: size, mode: mode, scale: scale)
        .write(image, key: RandomKey(seed: 0), to: target)
    } else {
      AugmentedPixels(augmentation, size: size, mode: mode)
        .write(image, parameters: parameters, key: key, to: target)
      // Augmentation works in 0...1, which is the article's scale.
      if scale != 1 / 255 { for i in target.indices { target[i] *= scale * 255 } }
    }
    switch preprocessing.intensity {
    case .scaled: break
    case .standardized: standardize(target)
    case .levelled: level(target)
    case .flattened:
      flatten(target)
      level(target)
    }
  }

  /// Takes away what a plane says of the samples, by least squares.
  ///
  /// Their mean stays. The channels of a pixel lie on one plane.
  private func flatten(_ target: UnsafeMutableBufferPointer<Float>) {
    // Sums of one grey are not quite 0, and what they would leave of it would be ranked.
    if target.min() == target.max() { return }
    let (width, channels) = (preprocessing.size.width, preprocessing.colours.channels)
    /// From the centre of the film, in `-1...1` downwards and to the right.
    func place(_ index: Int, of count: Int) -> Float {
      2 * (Float(index) + 0.5) / Float(count) - 1
    }
    func row(_ index: Int) -> Float {
      place(index / (width * channels), of: preprocessing.size.height)
    }
    func column(_ index: Int) -> Float { place(index / channels % width, of: width) }
    // On a grid the two directions and the constant are orthogonal, so that each slope is found by itself.
    var (down, right): (Float, Float) = (0, 0)
    var (rows, columns): (Float, Float) = (0, 0)
    for i in target.indices {
      down += target[i] * row(i)
      right += target[i] * column(i)
      rows += row(i) * row(i)
      columns += column(i) * column(i)
    }
    // One row, or one column, has no slope.
    down = rows > 0 ? down / rows : 0
    right = columns > 0 ? right / columns : 0
    for i in target.indices { target[i] -= down * row(i) + right * column(i) }
  }

  /// Averages the standardized samples with their ranks.
  private func level(_ target: UnsafeMutableBufferPointer<Float>) {
    let shares = target.sharesBelow
    standardize(target)
    // Shares have mean 1/2 and, where no two are equal, a variance of 1/12.
    for i in target.indices {
      target[i] = 0.5 * (target[i] + (shares[i] - 0.5) * Float(12).squareRoot())
    }
  }

  /// Takes the mean away and divides by the deviation, or by 1/255 where that is less, as in a film of one grey;
  /// then cuts off what is beyond ±3, such as letters.
  private func standardize(_ target: UnsafeMutableBufferPointer<Float>) {
    let count = Float(target.count)
    let mean = target.reduce(0, +) / count
    let variance = target.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let factor = 1 / max(variance.squareRoot(), 1 / 255)
    for i in target.indices { target[i] = max(-3, min(3, (target[i] - mean) * factor)) }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// For every sample the share of samples below it, in `0...1`, equals counting half.
  fileprivate var sharesBelow: [Float] {
    let order = indices.sorted { self[$0] < self[$1] }
    var shares = [Float](repeating: 0, count: count)
    var first = 0
    while first < count {
      let value = self[order[first]]
      var end = first + 1
      while end < count && self[order[end]] == value { end += 1 }
      let share = Float(first + end) / Float(2 * count)
      for place in first..<end { shares[order[place]] = share }
      first = end
    }
    return shares
  }
}
