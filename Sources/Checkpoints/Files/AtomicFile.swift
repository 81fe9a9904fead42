package import Foundation

/// A file that appears complete or not at all.
///
/// The bytes go to a hidden temporary file in the same folder, which reaches the disk before it takes the place of the old
/// file in one step. A failure removes it. Only a process that is killed in between leaves one behind (`.<digits>.partial`),
/// and the old file is untouched then too.
package struct AtomicFile {
  private let descriptor: Int32
  /// As the caller gave it, for messages.
  private let path: String
  /// Where it shall stand in the end, and where it grows.
  private let finalPath: String
  private let temporaryPath: String
  private let folder: String

  /// Writes the file at `url` with what `body` appends.
  ///
  /// - Throws: What `body` throws; ``CheckpointError`` where there is no such folder, where something other than a file is
  ///   in the way, or where the system cannot write. The old file, if there is one, is then as it was.
  package static func create(at url: URL, _ body: (AtomicFile) throws -> Void) throws {
    let file = try AtomicFile(replacing: url)
    defer { close(file.descriptor) }
    do {
      try body(file)
      try file.commit()
    } catch {
      unlink(file.temporaryPath)
      throw error
    }
  }

  /// Appends bytes.
  package func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let step = write(descriptor, rest.baseAddress, rest.count)
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { throw failure("cannot be written: \(systemReason())") }
      rest = UnsafeRawBufferPointer(rebasing: rest[step...])
    }
  }

  /// Appends bytes.
  package func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  private init(replacing url: URL) throws {
    path = try filePath(of: url)
    // Behind a link, it is the file at its end that is replaced.
    let target = url.resolvingSymlinksInPath()
    finalPath = try filePath(of: target)
    let folderPath = try filePath(of: target.deletingLastPathComponent())
    // With a slash at its end the system follows it, and calls a file in its place an absent folder.
    folder =
      folderPath.count > 1 && folderPath.hasSuffix("/") ? String(folderPath.dropLast()) : folderPath
    try Self.requireFolder(folder, for: path)
    let permissions = try Self.permissionsOfFile(at: finalPath, for: path)
    let name = ".\(UInt64.random(in: .min ... .max)).partial"
    temporaryPath = "\(folder)/\(name)"
    descriptor = open(
      temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions ?? 0o666)
    guard descriptor >= 0 else { throw failure("cannot be written: \(systemReason())") }
    // Who could not read the old file shall not read the new one, and the other way round.
    if let permissions { fchmod(descriptor, permissions) }
  }

  private static func requireFolder(_ folder: String, for path: String) throws {
    var status = stat()
    guard stat(folder, &status) == 0 else {
      throw CheckpointError(
        path: path, reason: "cannot be written, folder \(folder): \(systemReason())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw CheckpointError(
        path: path, reason: "cannot be written, \(folder) is a file, needs a folder")
    }
  }

  /// The permissions of the file that is to be replaced, `nil` where there is none.
  private static func permissionsOfFile(at finalPath: String, for path: String) throws -> mode_t? {
    var status = stat()
    guard stat(finalPath, &status) == 0 else { return nil }
    // Renaming onto a device such as /dev/null would remove it from the system.
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      throw CheckpointError(
        path: path,
        reason: "cannot be written, is \(isDirectory ? "a directory" : "no regular file")")
    }
    return status.st_mode & 0o777
  }

  private func commit() throws {
    guard fsync(descriptor) == 0 else {
      throw failure("cannot be written to the disk: \(systemReason())")
    }
    guard rename(temporaryPath, finalPath) == 0 else {
      throw failure("cannot be replaced: \(systemReason())")
    }
    // The new name outlives a power cut from here on. Some file systems refuse this on folders; the file is complete then too.
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private func failure(_ reason: String) -> CheckpointError {
    CheckpointError(path: path, reason: reason)
  }
}
