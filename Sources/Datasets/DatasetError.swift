/// A dataset that cannot be used as it is: where, and why.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Reason: Hashable, Sendable {
    /// There is nothing at the path.
    case missing
    /// There is something else than a folder at the path.
    case notAFolder
    /// The folder cannot be listed.
    case inaccessible
    /// The folder has no folder in it that could be a class.
    case noClasses
    /// A class has no image.
    case emptyClass
    /// Only one class has images, where two are needed.
    case oneClass
    /// A class has too few samples or groups for what is wanted of them.
    case tooFew
    /// A folder is named like none of the expected classes.
    case unknownClass
    /// A folder contains itself through a symbolic link.
    case loop
    /// Of all the samples, none can be read.
    case nothingReadable
  }

  /// What kind of trouble it is.
  public let reason: Reason
  /// The path of the folder at fault, or the name of the dataset.
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
