public import Datasets
public import Imaging
import Synchronization
import Tensor

/// A data set of SYNTHETIC chest phantoms, drawn when they are first asked for and kept in memory.
///
/// All films of the default data sets take 43 MB.
public struct SyntheticChests: SampleSource {
  /// The seed of all phantoms.
  public let seed: UInt64
  /// The part of the data set.
  public let split: SyntheticChest.Split
  /// How many phantoms each class has.
  public let countPerClass: Int
  /// The size of every picture.
  public let size: ImageSize
  /// Whether pictures are grey or RGB.
  public let mode: Image.ColourMode
  private let drawn: DrawnFilms

  /// A data set.
  ///
  /// - Parameters:
  ///   - split: The part of the data set.
  ///   - seed: The seed of all phantoms.
  ///   - countPerClass: How many phantoms each class has; as many as the article's data set, 112 and 30, by default.
  ///   - size: The size of every picture.
  ///   - mode: Grey, or RGB with three equal channels.
  public init(
    _ split: SyntheticChest.Split, seed: UInt64, countPerClass: Int? = nil,
    size: ImageSize = ImageSize(height: 224, width: 224), mode: Image.ColourMode = .rgb
  ) {
    let countPerClass = countPerClass ?? (split == .training ? 112 : 30)
    require(
      countPerClass >= 1,
      "SyntheticChests: needs 1 phantom of each class or more, got \(countPerClass)")
    self.seed = seed
    self.split = split
    self.countPerClass = countPerClass
    self.size = size
    self.mode = mode
    drawn = DrawnFilms(count: SyntheticChest.classNames.count * countPerClass)
  }

  /// The name of every class; its place is its number.
  public var classNames: [String] { SyntheticChest.classNames }
  /// The number of phantoms, of both classes.
  public var count: Int { classNames.count * countPerClass }
  /// The class of a phantom.
  public func label(at index: Int) -> Int { finding(at: index).rawValue }
  /// What messages call a phantom, such as `"SYNTHETIC/Train/Covid/7"`.
  public func name(at index: Int) -> String {
    "SYNTHETIC/\(split.name)/\(finding(at: index).name)/\(index % countPerClass)"
  }

  /// A phantom.
  public func sample(at index: Int) -> Image {
    let finding = finding(at: index)
    return drawn.film(at: index) {
      SyntheticChest.image(
        seed: seed, split: split, index: index % countPerClass, finding: finding, size: size,
        mode: mode)
    }
  }

  /// Class by class, as a folder lists its files.
  private func finding(at index: Int) -> SyntheticChest.Finding {
    require(
      index >= 0 && index < count, "SyntheticChests: needs an index in 0..<\(count), got \(index)")
    return index < countPerClass ? .covid : .normal
  }
}

/// The films that have been drawn.
private final class DrawnFilms: Sendable {
  private let films: Mutex<[Image?]>

  init(count: Int) { films = Mutex(Array(repeating: nil, count: count)) }

  /// The film at `index`, which `draw` draws the first time.
  func film(at index: Int, _ draw: () -> Image) -> Image {
    if let film = films.withLock({ $0[index] }) { return film }
    // Another thread may draw it too, and draws the same.
    let film = draw()
    films.withLock { $0[index] = film }
    return film
  }
}
