/// Bounds on what a file may ask for.
///
/// A few hundred bytes can promise four billion pixels, or a thousand scans over them. Limits are checked before memory is
/// taken; a file beyond one of them throws an `ImageError` with the reason `tooLarge`.
public struct ImageLimits: Hashable, Sendable {
  /// The largest height · width.
  ///
  /// Decoding takes up to 8 bytes a pixel beside the result for a progressive JPEG, 4 for an interlaced PNG, and a few
  /// rows for all others.
  public var maximumPixels: Int
  /// The largest file, in bytes.
  public var maximumFileBytes: Int
  /// The most scans of a JPEG, of which ordinary progressive files have about ten.
  public var maximumScans: Int

  /// Limits that hold for ordinary films, and keep hostile files from filling memory.
  public init(
    maximumPixels: Int = 100_000_000, maximumFileBytes: Int = 256 << 20, maximumScans: Int = 100
  ) {
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
    self.maximumScans = maximumScans
  }
}
