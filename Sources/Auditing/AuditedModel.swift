public import Imaging
import Tensor

/// A classifier to be audited: what it says of an image that is in memory.
public struct AuditedModel {
  /// The classes, in the order of the probabilities.
  public let classNames: [String]
  /// What the model calls the positive class from this probability on, `nil` where the most probable class counts.
  public let threshold: (classIndex: Int, probability: Double)?
  let probabilities: (Image) throws -> [Double]

  /// A classifier as a function.
  ///
  /// - Parameters:
  ///   - classNames: The classes, in the order of the probabilities.
  ///   - threshold: For a model of two classes, the class that counts from a probability on.
  ///   - probabilities: The probability of every class for an image, RGB in its full size. Whatever the model wants done to
  ///     the image first is its own business.
  public init(
    classNames: [String], threshold: (classIndex: Int, probability: Double)? = nil,
    probabilities: @escaping (Image) throws -> [Double]
  ) {
    require(
      threshold == nil || classNames.count == 2,
      "AuditedModel: a threshold needs two classes, got \(classNames)")
    self.classNames = classNames
    self.threshold = threshold
    self.probabilities = probabilities
  }
}

extension Visibility {
  /// The middle of a chest film, with both lungs in it: 80 % of the height and width.
  static let middle = (top: 0.1, bottom: 0.9, left: 0.1, right: 0.9)
  /// The inside of a border as wide as that of the baseline.
  static let inside = (top: 0.125, bottom: 0.875, left: 0.125, right: 0.875)

  /// What is left of an image, the rest being filled with `grey`.
  func shown(of image: Image, grey: UInt8) -> Image {
    let box: (top: Double, bottom: Double, left: Double, right: Double)
    switch self {
    case .whole: return image
    case .withoutMiddle: box = Self.middle
    case .borderOnly: box = Self.inside
    }
    func range(_ from: Double, _ to: Double, _ count: Int) -> Range<Int> {
      Int((from * Double(count)).rounded())..<Int((to * Double(count)).rounded())
    }
    let rows = range(box.top, box.bottom, image.height)
    let columns = range(box.left, box.right, image.width)
    let channels = image.channels
    return image.pixels.withUnsafeScalars { source in
      Image(size: image.size, mode: image.mode) { target in
        _ = target.initialize(from: source)
        for row in rows {
          let start = (row * image.width + columns.lowerBound) * channels
          target[start..<start + columns.count * channels].update(repeating: grey)
        }
      }
    }
  }
}
