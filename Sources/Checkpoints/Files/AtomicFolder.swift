package import Foundation

/// A folder that appears complete or not at all.
///
/// Files grow in a hidden folder beside it, `.NAME.<digits>.partial`, that takes its place in one step when all are there.
/// Making one checks that this will be possible, so that long work does not end at a full disk or a file in the way.
package final class AtomicFolder: Sendable {
  /// Where the folder shall stand.
  package let url: URL
  /// Where it grows.
  package let partialURL: URL
  private let replaces: Bool
  private let check: @Sendable (_ names: [String]) throws -> Void
  /// Folders on the way to it that were made for it, the outermost first.
  private let madeFolders: [String]

  /// Makes room for a folder.
  ///
  /// - Parameters:
  ///   - url: Where the folder shall stand.
  ///   - replaces: Whether a folder that is there already goes when this one comes.
  ///   - byteCount: About how much will be written.
  ///   - check: Throws where a folder may not come in the place of one that holds files of these names, one or more, in
  ///     their order. An empty folder never stands in the way.
  /// - Throws: ``CheckpointError`` where the folder could not take its place in the end; what `check` throws.
  package init(
    at url: URL, replacing replaces: Bool = false, byteCount: Int = 0,
    check: @escaping @Sendable (_ names: [String]) throws -> Void
  ) throws {
    self.url = url
    self.replaces = replaces
    self.check = check
    let target = url.standardizedFileURL
    guard target.pathComponents.count > 1 else {
      throw CheckpointError(path: Self.path(url), reason: "cannot be made, is the root")
    }
    try Self.checkPlace(url, check)
    let parent = target.deletingLastPathComponent()
    partialURL = parent.appending(
      path: ".\(target.lastPathComponent).\(UInt32.random(in: .min ... .max)).partial")
    madeFolders = try Self.makeFolder(parent, for: url)
    do {
      try Self.system(mkdir(Self.path(partialURL), 0o777), "cannot be made", url)
      if let free = try? FileManager.default.attributesOfFileSystem(forPath: Self.path(parent))[
        .systemFreeSize] as? Int, free < byteCount
      {
        throw CheckpointError(
          path: Self.path(url),
          reason: "cannot be written, needs \(byteCount >> 20) MiB, the disk has \(free >> 20) free"
        )
      }
    } catch {
      discard()
      throw error
    }
  }

  /// Puts the folder in its place after `body` has filled it.
  ///
  /// - Parameter body: Receives the place where it grows.
  /// - Throws: What `body` throws; ``CheckpointError`` where the folder cannot be put in its place. Nothing is left then,
  ///   and an earlier folder is as it was.
  package func publish(_ body: (URL) throws -> Void) throws {
    do {
      try body(partialURL)
      try moveIntoPlace()
    } catch let error as CheckpointError {
      discard()
      // The reader knows the folder by the name that it was given.
      throw CheckpointError(path: Self.path(url), reason: error.reason)
    } catch {
      discard()
      throw error
    }
  }

  /// Removes what has been written, and the folders that were made for it.
  ///
  /// May be called at any time, and again.
  package func discard() {
    try? FileManager.default.removeItem(at: partialURL)
    // Only those that are empty go.
    for folder in madeFolders.reversed() { rmdir(folder) }
  }

  private func moveIntoPlace() throws {
    try Self.checkPlace(url, check)
    let path = Self.path(url)
    let aside = Self.path(partialURL) + ".replaced"
    let isReplacing = replaces && FileManager.default.fileExists(atPath: path)
    if isReplacing { try Self.system(rename(path, aside), "cannot be replaced", url) }
    do {
      try Self.system(rename(Self.path(partialURL), path), "cannot be put in its place", url)
    } catch {
      if isReplacing { rename(aside, path) }
      throw error
    }
    if isReplacing { try? FileManager.default.removeItem(atPath: aside) }
  }

  /// Throws unless a folder may stand at `url`.
  private static func checkPlace(
    _ url: URL, _ check: (_ names: [String]) throws -> Void
  ) throws {
    let path = path(url)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else {
      throw CheckpointError(path: path, reason: "cannot be written, a file is in its place")
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw CheckpointError(path: path, reason: "cannot be listed")
    }
    if !names.isEmpty { try check(names.sorted()) }
  }

  /// Makes a folder and those on the way to it, and returns the ones that were not there.
  private static func makeFolder(_ folder: URL, for url: URL) throws -> [String] {
    var missing: [URL] = []
    var ancestor = folder
    while !FileManager.default.fileExists(atPath: path(ancestor)), ancestor.pathComponents.count > 1
    {
      missing.append(ancestor)
      ancestor.deleteLastPathComponent()
    }
    var made: [String] = []
    for folder in missing.reversed() {
      do {
        try system(mkdir(path(folder), 0o777), "cannot be made", url)
      } catch {
        for folder in made.reversed() { rmdir(folder) }
        throw error
      }
      made.append(path(folder))
    }
    return made
  }

  private static func system(_ result: Int32, _ failure: String, _ url: URL) throws {
    guard result != 0 else { return }
    throw CheckpointError(
      path: path(url), reason: "\(failure): \(String(cString: strerror(errno)))")
  }

  /// The path without a slash at its end, which the system would follow.
  package static func path(_ url: URL) -> String {
    let path = url.path(percentEncoded: false)
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
