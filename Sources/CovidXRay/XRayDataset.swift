public import Datasets
public import Foundation
public import Imaging
import Synchronization
import Tensor

/// Films of two classes, parted into those to learn from and those to measure with.
///
///     DIR/Train/Covid/….jpg      DIR/Val/Covid/….jpg
///     DIR/Train/Normal/….jpg     DIR/Val/Normal/….jpg
///
/// The names of the classes are those of the folders, in the order of their code points. `Train` may be written in any case,
/// and so may `Val`, `Valid` or `Validation`.
public struct XRayDataset: Sendable {
  /// A part of a data set.
  public enum Split: String, Sendable, CaseIterable, Codable {
    /// Films to learn from.
    case training
    /// Films to measure with.
    case validation

    /// The names that a folder of this part may have, in lower case.
    var folderNames: Set<String> {
      self == .training ? ["train", "training"] : ["val", "valid", "validation"]
    }
  }

  /// Where films come from.
  public enum Origin: Sendable {
    /// Folders of image files.
    case folders(training: ImageFolder, validation: ImageFolder)
    /// Phantoms drawn in code, so many of each class.
    case synthetic(seed: UInt64, training: Int, validation: Int)
  }

  /// Where films come from.
  public let origin: Origin
  /// The two classes; the place of a name is its number.
  public let classNames: [String]

  /// Lists the films of a folder, without opening one.
  ///
  /// - Throws: `DatasetError` where a folder is missing, a class is empty, there are not just two classes, or the parts do
  ///   not have the same ones.
  public init(at url: URL) throws {
    let training = try ImageFolder(at: Self.folder(of: .training, in: url))
    try training.requireTwoClasses()
    guard training.classNames.count == 2 else {
      throw DatasetError(
        .unknownClass, path: training.url.path(percentEncoded: false),
        "\(training.classNames.count) classes, \(training.classNames.joined(separator: ", ")); "
          + "expected two")
    }
    let validation = try ImageFolder(
      at: Self.folder(of: .validation, in: url), classNames: training.classNames)
    try validation.requireTwoClasses()
    origin = .folders(training: training, validation: validation)
    classNames = training.classNames
  }

  /// SYNTHETIC chest phantoms, drawn as they are asked for: as many as the article's data set has films, by default.
  ///
  /// - Parameters:
  ///   - seed: The seed of all phantoms.
  ///   - training: How many of each class to learn from, 1 or more.
  ///   - validation: How many of each class to measure with, 1 or more.
  public static func synthetic(
    seed: UInt64 = 0, training: Int = 112, validation: Int = 30
  ) -> XRayDataset {
    require(
      training >= 1 && validation >= 1,
      "XRayDataset.synthetic: needs 1 phantom a class or more, got \(training) and \(validation)")
    return XRayDataset(
      origin: .synthetic(seed: seed, training: training, validation: validation),
      classNames: SyntheticChest.classNames)
  }

  /// Films that have been listed and parted before.
  ///
  /// - Precondition: Both parts have the same two classes.
  init(training: ImageFolder, validation: ImageFolder) {
    require(
      training.classNames.count == 2 && training.classNames == validation.classNames,
      "XRayDataset: needs two classes, the same in both parts, got \(training.classNames) and "
        + "\(validation.classNames)")
    self.init(
      origin: .folders(training: training, validation: validation),
      classNames: training.classNames)
  }

  private init(origin: Origin, classNames: [String]) {
    self.origin = origin
    self.classNames = classNames
  }

  /// Whether the films are drawn in code, and say nothing about patients.
  public var isSynthetic: Bool {
    if case .synthetic = origin { true } else { false }
  }

  /// How many films each class has in a part.
  public func counts(_ split: Split) -> [Int] {
    switch origin {
    case .folders(let training, let validation):
      split == .training ? training.counts : validation.counts
    case .synthetic(_, let training, let validation):
      classNames.map { _ in split == .training ? training : validation }
    }
  }

  /// The films of a part as a network with this preprocessing takes them, before the last step.
  public func samples(
    _ split: Split, for preprocessing: Preprocessing
  ) -> any SampleSource<Image> {
    switch origin {
    case .folders(let training, let validation):
      return preprocessing.images(in: split == .training ? training : validation)
    case .synthetic(let seed, let training, let validation):
      func chests(_ size: ImageSize) -> SyntheticChests {
        SyntheticChests(
          split == .training ? .training : .validation, seed: seed,
          countPerClass: split == .training ? training : validation, size: size,
          mode: preprocessing.colours)
      }
      if preprocessing.showsAll { return chests(preprocessing.size) }
      // As large as a film of which a part is to be looked at.
      let size = preprocessing.size
      return FittedFilms(
        chests(ImageSize(height: 2 * size.height, width: 2 * size.width)), preprocessing)
    }
  }

  /// The patients of all films of whom there is one, by the paths of the films.
  ///
  /// - Parameter patient: Who is on a film, by its path from the folder of the data set on.
  public func patients(_ patient: (String) -> String?) -> [String: String] {
    guard case .folders(let training, let validation) = origin else { return [:] }
    var patients: [String: String] = [:]
    for (split, folder) in [(Split.training, training), (.validation, validation)] {
      for file in folder.files {
        let path = path(of: file.path, in: split)
        patients[path] = patient(path) ?? patient(file.path)
      }
    }
    return patients
  }

  /// The path of a film from the folder of the data set on, by its name in a part.
  func path(of name: String, in split: Split) -> String {
    guard case .folders(let training, let validation) = origin else { return name }
    let folder = split == .training ? training : validation
    return "\(folder.url.standardizedFileURL.lastPathComponent)/\(name)"
  }

  /// The folder of a part in a data set, `nil` where there is none.
  ///
  /// - Throws: `DatasetError` where there are several, or the data set is no folder.
  public static func folderIfPresent(of split: Split, in url: URL) throws -> URL? {
    let path = url.path(percentEncoded: false)
    let names = try FolderListing.names(at: path)
    let matching = names.sorted().filter { split.folderNames.contains($0.lowercased()) }
    guard matching.count <= 1 else {
      throw DatasetError(
        .unknownClass, path: path,
        "several folders of \(split.rawValue) films, \(matching.joined(separator: ", "))")
    }
    return matching.first.map { url.appending(path: $0) }
  }

  private static func folder(of split: Split, in url: URL) throws -> URL {
    if let folder = try folderIfPresent(of: split, in: url) { return folder }
    let path = url.path(percentEncoded: false)
    throw DatasetError(
      .missing, path: path,
      "no folder \(split == .training ? "Train" : "Val") in it; expected Train and Val, each with "
        + "one folder of images for each class")
  }
}

/// Films of a source as a network with some preprocessing takes them, made once and kept in memory.
private struct FittedFilms<Base: SampleSource<Image>>: SampleSource {
  let base: Base
  private let images: [Result<Image, any Error>]

  init(_ base: Base, _ preprocessing: Preprocessing) {
    self.base = base
    let made = Mutex([Int: Result<Image, any Error>]())
    Parallel.forEach(base.count) { index in
      let image = Result { preprocessing.fitted(try base.sample(at: index)) }
      made.withLock { $0[index] = image }
    }
    images = made.withLock { made in (0..<base.count).compactMap { made[$0] } }
  }

  var count: Int { base.count }
  func label(at index: Int) -> Int { base.label(at: index) }
  func name(at index: Int) -> String { base.name(at: index) }
  func sample(at index: Int) throws -> Image { try images[index].get() }
}
