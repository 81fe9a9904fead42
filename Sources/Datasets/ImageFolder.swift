public import Foundation

/// A folder with one folder of images for each class.
///
///     Train/Covid/a.jpg      class 0
///     Train/Covid/b.png      class 0
///     Train/Normal/c.jpeg    class 1
///
/// Classes are numbered in the order of their names' code points, and files are listed in that order too, folder by folder,
/// as Keras' `flow_from_directory` does. A class may have folders inside, whose images count for it. Files and folders
/// whose name begins with a dot are passed over; what is no image by its name is listed in `ignored`. Symbolic links to
/// files are followed, and so is a class that is one; links to folders inside a class are not, so that no walk is endless.
///
/// Making one lists files and opens none of them.
public struct ImageFolder: Sendable {
  /// One image file and its class.
  public struct File: Hashable, Sendable {
    /// Where the file is.
    public let url: URL
    /// Its path from the folder on, such as `"Covid/a.jpg"`.
    public let path: String
    /// The number of its class.
    public let label: Int
  }

  /// The ends of names, after a dot and in any case, that mark an image.
  public static let extensions: Set<String> = ["jpg", "jpeg", "png"]

  /// The folder itself.
  public let url: URL
  /// The name of every class; its place is its number.
  public let classNames: [String]
  /// All images, class by class.
  public let files: [File]
  /// The paths, from the folder on, of files that are no images by their name, and of links that were not followed.
  public let ignored: [String]

  /// Lists the images of a folder.
  ///
  /// - Parameters:
  ///   - url: A folder with a folder for each class.
  ///   - classNames: The classes in their order, where it is given, as by a model that knows them. Then a folder of
  ///     another name throws, and a class may be without folder. By default, every folder is a class.
  /// - Throws: `DatasetError` where the folder is missing or cannot be listed, has no classes, or has a class folder
  ///   without images.
  public init(at url: URL, classNames: [String]? = nil) throws {
    let path = url.path(percentEncoded: false)
    let root = FolderWalk(root: url)
    let entries = try root.entries(of: url, path: path)
    let folders = entries.filter(\.leadsToFolder).map(\.name)
    guard !folders.isEmpty else {
      throw DatasetError(
        .noClasses, path: path, "no folders in it; expected one folder of images for each class")
    }
    let names = classNames ?? folders
    if let unknown = folders.first(where: { !names.contains($0) }) {
      throw DatasetError(
        .unknownClass, path: path,
        "a folder \"\(unknown)\" in it; expected \(names.joined(separator: ", "))")
    }

    var files: [File] = []
    var ignored = entries.filter { !$0.leadsToFolder }.map(\.name)
    for (label, name) in names.enumerated() where folders.contains(name) {
      let found = try root.files(ofClass: name)
      guard !found.images.isEmpty else {
        throw DatasetError(
          .emptyClass, path: url.appending(path: name).path(percentEncoded: false),
          "no images in this class; expected files ending in .jpg, .jpeg or .png")
      }
      files += found.images.map { File(url: url.appending(path: $0), path: $0, label: label) }
      ignored += found.ignored
    }
    self.url = url
    self.classNames = names
    self.files = files
    self.ignored = ignored
  }

  init(url: URL, classNames: [String], files: [File], ignored: [String]) {
    self.url = url
    self.classNames = classNames
    self.files = files
    self.ignored = ignored
  }

  /// How many images each class has.
  public var counts: [Int] {
    files.reduce(into: [Int](repeating: 0, count: classNames.count)) { $0[$1.label] += 1 }
  }

  /// Throws unless at least two classes have images: with one, there is nothing to tell apart.
  public func requireTwoClasses() throws {
    let present = zip(classNames, counts).filter { $0.1 > 0 }.map(\.0)
    guard present.count < 2 else { return }
    throw DatasetError(
      .oneClass, path: url.path(percentEncoded: false),
      "images of one class only, \(present.first ?? "none"); expected two or more")
  }
}

/// The walk through an image folder.
private struct FolderWalk {
  let root: URL

  struct Entry {
    let name: String
    let isLink: Bool
    /// Whether it is a folder, or a link to one.
    let leadsToFolder: Bool
  }

  /// What is in a folder, in the order of names, without what is hidden.
  func entries(of folder: URL, path: String) throws -> [Entry] {
    let names = try FolderListing.names(at: path)
    return names.filter { !$0.hasPrefix(".") }.sorted(by: precedes).map { name in
      let child = folder.appending(path: name)
      var leadsToFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: child.path(percentEncoded: false), isDirectory: &leadsToFolder)
      let values = try? child.resourceValues(forKeys: [.isSymbolicLinkKey])
      return Entry(
        name: name, isLink: values?.isSymbolicLink ?? false,
        leadsToFolder: exists && leadsToFolder.boolValue)
    }
  }

  /// The paths of the images of a class and of what is none, folder by folder.
  func files(ofClass name: String) throws -> (images: [String], ignored: [String]) {
    let real = resolvedPath(root.appending(path: name))
    guard !(resolvedPath(root) + "/").hasPrefix(real + "/") else {
      throw DatasetError(
        .loop, path: root.appending(path: name).path(percentEncoded: false),
        "a link to a folder that contains it")
    }
    var images: [(folder: String, name: String)] = []
    var ignored: [String] = []
    var waiting = [name]
    while let folder = waiting.popLast() {
      let url = root.appending(path: folder)
      for entry in try entries(of: url, path: url.path(percentEncoded: false)) {
        let path = "\(folder)/\(entry.name)"
        if entry.leadsToFolder && !entry.isLink {
          waiting.append(path)
        } else if !entry.leadsToFolder && isImageName(entry.name) {
          images.append((folder, entry.name))
        } else {
          ignored.append(path)
        }
      }
    }
    images.sort {
      $0.folder == $1.folder ? precedes($0.name, $1.name) : precedes($0.folder, $1.folder)
    }
    return (images.map { "\($0.folder)/\($0.name)" }, ignored.sorted(by: precedes))
  }

  private func resolvedPath(_ url: URL) -> String {
    let path = url.resolvingSymlinksInPath().path(percentEncoded: false)
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func isImageName(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return ImageFolder.extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// The order of code points, which is that of the bytes, whatever the language of the user.
  private func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
