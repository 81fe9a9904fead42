public import Foundation
public import Imaging
import Synchronization
import Tensor

/// The images of a folder as samples, all of one size, kept in memory once they have been decoded.
///
/// Decoding a film takes about ten milliseconds and its pixels at 224 × 224 take 150 kB, so the first pass over a dataset
/// is the only slow one. What does not fit into the cache is decoded again each time.
public struct LabeledImages: SampleSource {
  /// The files and their classes.
  public let folder: ImageFolder
  /// The size of every sample.
  public let size: ImageSize
  /// Whether samples are grey or RGB.
  public let mode: Image.ColourMode
  private let read: @Sendable (URL) throws -> Image
  private let cache: ImageCache

  /// The images of `folder`, resized.
  ///
  /// - Parameters:
  ///   - folder: The files and their classes.
  ///   - mode: Grey or RGB, whatever the files hold.
  ///   - size: The size of every sample.
  ///   - method: How to resize.
  ///   - limits: Bounds on what a file may ask for.
  ///   - cacheBytes: The most memory that decoded samples may take, 0 for none.
  public init(
    _ folder: ImageFolder, as mode: Image.ColourMode = .rgb, size: ImageSize,
    by method: ResizeMethod = .nearest, limits: ImageLimits = ImageLimits(),
    cacheBytes: Int = 1 << 30
  ) {
    self.init(folder, as: mode, size: size, cacheBytes: cacheBytes) {
      try Image(contentsOf: $0, as: mode, resizedTo: size, by: method, limits: limits)
    }
  }

  /// The images of `folder` as `read` makes them of their files: cropped, for instance.
  ///
  /// - Parameters:
  ///   - folder: The files and their classes.
  ///   - mode: Grey or RGB.
  ///   - size: The size of every sample.
  ///   - cacheBytes: The most memory that samples may take, 0 for none.
  ///   - read: Makes the sample of a file, of that mode and size, the same one every time; called on any thread.
  public init(
    _ folder: ImageFolder, as mode: Image.ColourMode, size: ImageSize, cacheBytes: Int = 1 << 30,
    reading read: @escaping @Sendable (URL) throws -> Image
  ) {
    self.folder = folder
    self.mode = mode
    self.size = size
    self.read = read
    cache = ImageCache(count: folder.files.count, limit: cacheBytes)
  }

  /// The name of every class; its place is its number.
  public var classNames: [String] { folder.classNames }
  /// The number of images.
  public var count: Int { folder.files.count }
  /// The class of an image.
  public func label(at index: Int) -> Int { folder.files[index].label }
  /// The path of an image from the folder on.
  public func name(at index: Int) -> String { folder.files[index].path }

  /// The image at `index`, from the cache or from its file.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func sample(at index: Int) throws -> Image {
    if let image = cache.image(at: index) { return image }
    let image = try read(folder.files[index].url)
    require(
      image.size == size && image.mode == mode,
      "LabeledImages: needs images of \(size), \(mode); reading gave \(image.size), \(image.mode)")
    cache.store(image, at: index)
    return image
  }

  /// The memory that decoded samples take now, in bytes.
  public var cachedBytes: Int { cache.byteCount }
}

/// Decoded images, up to a limit in bytes.
///
/// Nothing is thrown out: passes over a dataset come in a new order each time, and then no choice of what to drop is
/// better than keeping what is there.
private final class ImageCache: Sendable {
  private struct State {
    var images: [Image?]
    var byteCount = 0
  }

  private let state: Mutex<State>
  private let limit: Int

  init(count: Int, limit: Int) {
    state = Mutex(State(images: Array(repeating: nil, count: count)))
    self.limit = limit
  }

  var byteCount: Int { state.withLock { $0.byteCount } }

  func image(at index: Int) -> Image? { state.withLock { $0.images[index] } }

  func store(_ image: Image, at index: Int) {
    let size = image.pixels.count
    state.withLock { state in
      // Two threads may have decoded the same file.
      guard state.images[index] == nil, state.byteCount + size <= limit else { return }
      state.images[index] = image
      state.byteCount += size
    }
  }
}
