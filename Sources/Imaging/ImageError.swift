/// A picture that could not be read or written: which one, and why.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Reason: Hashable, Sendable {
    /// The file cannot be opened, read or written, or is no regular file.
    case inaccessible
    /// Neither JPEG nor PNG, whatever its name says.
    case unknownFormat
    /// It ends too early, or breaks the rules of its format.
    case damaged
    /// A valid file of a kind that is not handled, such as a JPEG of 12 bits.
    case unsupported
    /// Beyond a limit in `ImageLimits`, or more than memory holds.
    case tooLarge
  }

  /// What kind of trouble it is.
  public let reason: Reason
  /// The path of the file, or the name that the caller gave the bytes.
  public let path: String
  /// The trouble in words.
  public let detail: String

  package init(_ reason: Reason, path: String, _ detail: String) {
    self.reason = reason
    self.path = path
    self.detail = detail
  }

  /// The path and the trouble, on one line.
  public var description: String { "\(path): \(detail)" }
}
