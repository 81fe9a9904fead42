import Foundation
import Tensor

#if !_endian(little)
  #error("The scalars of files are little-endian and copied as they are.")
#endif

/// A file, or bytes in memory, of which any part can be read and nothing beyond the end.
///
/// A file stays open while the source exists, so whoever replaces it in the meantime disturbs nobody. It is read, not
/// mapped: a mapped file that someone cuts short ends the program, a read one ends in an error.
final class ByteSource: Sendable {
  private enum Content {
    case file(descriptor: Int32)
    case memory([UInt8])
  }

  private let content: Content
  /// What messages call it: the path of a file.
  let path: String
  /// How many bytes there are.
  let count: Int

  /// The bytes of an array, called `name` in messages.
  init(_ bytes: [UInt8], name: String) {
    content = .memory(bytes)
    path = name
    count = bytes.count
  }

  /// The bytes of the regular file at `url`.
  init(contentsOf url: URL) throws {
    let path = try filePath(of: url)
    // A named pipe would otherwise wait for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CheckpointError(path: path, reason: "cannot be opened: \(systemReason())")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      close(descriptor)
      throw CheckpointError(
        path: path, reason: "is \(isDirectory ? "a directory" : "no regular file"), needs a file")
    }
    content = .file(descriptor: descriptor)
    count = Int(status.st_size)
    self.path = path
  }

  deinit {
    if case .file(let descriptor) = content { close(descriptor) }
  }

  /// An error about this file.
  func error(_ reason: String) -> CheckpointError { CheckpointError(path: path, reason: reason) }

  /// Fills `target` with the bytes from `offset` on.
  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, offset <= count, target.count <= count - offset else {
      throw error("ends after \(count) bytes, needs \(target.count) from byte \(offset) on")
    }
    switch content {
    case .memory(let bytes):
      target.copyBytes(from: bytes[offset..<offset + target.count])
    case .file(let descriptor):
      var filled = 0
      while filled < target.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
        let step = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
        if step < 0 && errno == EINTR { continue }
        guard step >= 0 else { throw error("cannot be read: \(systemReason())") }
        guard step > 0 else {
          throw error("was cut to \(offset + filled) bytes while it was read, had \(count)")
        }
        filled += step
      }
    }
  }

  /// The `count` bytes from `offset` on.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard count <= self.count - offset else {
      throw error("ends after \(self.count) bytes, needs \(count) from byte \(offset) on")
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      initializedCount = count
    }
  }

  /// The scalars from byte `offset` on, in row-major order.
  ///
  /// - Parameters:
  ///   - shape: Of a count that is known to be in the file.
  ///   - what: What messages call the tensor.
  func tensor<Scalar: TensorScalar>(
    shape: [Int], at offset: Int, as: Scalar.Type, _ what: String
  ) throws -> Tensor<Scalar> {
    try requireMemory(for: ShapeRules.count(shape) * MemoryLayout<Scalar>.stride, what)
    return try Tensor<Scalar>(shape: shape) { scalars in
      let bytes = UnsafeMutableRawBufferPointer(scalars)
      try read(into: bytes, at: offset)
      // A Bool of any other value is undefined behaviour, so it must not come to be.
      if Scalar.self == Bool.self, let wrong = bytes.first(where: { $0 > 1 }) {
        throw error("\(what) holds the byte \(wrong), expected Booleans, which are 0 or 1")
      }
    }
  }

  /// Throws where `byteCount` bytes would never fit: a file with holes can be larger than any memory.
  func requireMemory(for byteCount: Int, _ what: String) throws {
    let memory = ProcessInfo.processInfo.physicalMemory
    guard UInt64(byteCount) <= memory else {
      throw error("\(what) needs \(byteCount) bytes, this machine has \(memory) bytes of memory")
    }
  }
}

/// The path of a file that a URL names.
func filePath(of url: URL) throws -> String {
  let path = url.path(percentEncoded: false)
  guard url.isFileURL, !path.isEmpty, !path.utf8.contains(0) else {
    throw CheckpointError(path: url.absoluteString, reason: "is no path of a file")
  }
  return path
}

/// What the operating system says about its last failure.
func systemReason() -> String { String(cString: strerror(errno)) }
