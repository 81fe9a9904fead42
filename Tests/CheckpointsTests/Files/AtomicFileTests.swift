import Checkpoints
import Foundation
import Tensor
import Testing

@Suite("Writing files")
struct AtomicFileTests {
  private struct Interruption: Error {}

  @Test("a failure halfway leaves the old file as it was, and nothing else")
  func failureHalfway() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      for old in [nil, Array("old".utf8)] as [[UInt8]?] {
        if let old { try Data(old).write(to: url) }
        #expect(throws: Interruption.self) {
          try AtomicFile.create(at: url) { file in
            try file.append([1, 2, 3])
            throw Interruption()
          }
        }
        #expect(try fileNames(in: folder) == (old == nil ? [] : ["model.safetensors"]))
        if let old { #expect(try bytes(of: url) == old) }
      }
    }
  }

  @Test("a disk that takes no more leaves the old file as it was, and nothing else")
  func fullDisk() async throws {
    try await inTemporaryFolder { folder in
      let url = URL(filePath: folder).appending(path: "model.safetensors")
      try Safetensors.write(["x": Tensor<Float>(1)], to: url)
      let old = try bytes(of: url)
      await #expect(processExitsWith: .success) { [folder = folder as String] in
        // A limit on the size of files plays the full disk, in a process of its own.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
        #if canImport(Glibc)
          setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
          setrlimit(RLIMIT_FSIZE, &limit)
        #endif
        let url = URL(filePath: folder).appending(path: "model.safetensors")
        let text = message {
          try Safetensors.write(["x": Tensor<Float>.zeros([5000])], to: url)
        }
        #expect(text == "\(folder)/model.safetensors: cannot be written: File too large")
        if text?.hasSuffix("File too large") != true { exit(1) }
      }
      #expect(try bytes(of: url) == old)
      #expect(try fileNames(in: URL(filePath: folder)) == ["model.safetensors"])
    }
  }

  @Test("a process that is killed while it writes leaves the old file as it was")
  func killed() async throws {
    try await inTemporaryFolder { folder in
      let url = URL(filePath: folder).appending(path: "model.safetensors")
      try Safetensors.write(["x": Tensor<Float>(1)], to: url)
      await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
        try AtomicFile.create(at: URL(filePath: folder).appending(path: "model.safetensors")) {
          try $0.append([1, 2, 3])
          kill(getpid(), SIGKILL)
        }
      }
      #expect(try Safetensors(contentsOf: url).tensor("x", as: Float.self).item() == 1)
      try Safetensors.write(["x": Tensor<Float>(2)], to: url)
      #expect(try Safetensors(contentsOf: url).tensor("x", as: Float.self).item() == 2)
    }
  }

  /// As `withTemporaryFolder`, for tests that wait.
  private func inTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "Checkpoints-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path(percentEncoded: false))
  }

  @Test("where no file can stand, the message says why and names the path")
  func wrongPlaces() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data("old".utf8).write(to: file)
      let below = folder.appending(path: "folder")
      try FileManager.default.createDirectory(at: below, withIntermediateDirectories: true)
      let cases: [(URL, String)] = [
        (below, "cannot be written, is a directory"),
        (file.appending(path: "model"), "file is a file, needs a folder"),
        (folder.appending(path: "absent/model"), "absent: No such file or directory"),
        (URL(filePath: "/dev/null"), "cannot be written, is no regular file"),
        (URL(filePath: "/proc/model"), "cannot be written: "),
        (folder.appending(path: String(repeating: "n", count: 300)), "File name too long"),
      ]
      for (url, reason) in cases {
        let text = try #require(
          message { try Safetensors.write(["x": Tensor<Float>(1)], to: url) }, "\(url)")
        #expect(text.hasPrefix(url.path(percentEncoded: false)) && text.contains(reason))
      }
      #expect(try fileNames(in: folder) == ["file", "folder"])
      #expect(try fileNames(in: below) == [])
      #expect(try bytes(of: file) == Array("old".utf8))
      #expect(access("/dev/null", W_OK) == 0)
    }
  }

  @Test("behind a link, the file at its end is replaced")
  func symbolicLink() throws {
    try withTemporaryFolder { folder in
      let link = folder.appending(path: "latest.safetensors")
      let target = folder.appending(path: "first.safetensors")
      try Safetensors.write(["x": Tensor<Float>(1)], to: target)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      try Safetensors.write(["x": Tensor<Float>(2)], to: link)
      #expect(try Safetensors(contentsOf: target).tensor("x", as: Float.self).item() == 2)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(
          atPath: link.path(percentEncoded: false)
        ).hasSuffix("first.safetensors"))
    }
  }

  @Test("a replaced file keeps its permissions, a new one has the usual ones")
  func permissions() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let path = url.path(percentEncoded: false)
      func mode() -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
      }
      try Safetensors.write(["x": Tensor<Float>(1)], to: url)
      let usual = folder.appending(path: "usual")
      close(open(usual.path(percentEncoded: false), O_CREAT | O_WRONLY, 0o666))
      var status = stat()
      #expect(stat(usual.path(percentEncoded: false), &status) == 0)
      #expect(mode() == status.st_mode & 0o777)
      for permissions in [0o600, 0o664] as [mode_t] {
        #expect(chmod(path, permissions) == 0)
        try Safetensors.write(["x": Tensor<Float>(2)], to: url)
        #expect(mode() == permissions)
      }
    }
  }

  @Test("a path relative to the working directory is as good as any")
  func relativePath() throws {
    let name = "Checkpoints-\(UUID()).safetensors"
    let url = URL(filePath: name)
    defer { try? FileManager.default.removeItem(at: url) }
    try Safetensors.write(["x": Tensor<Float>(3)], to: url)
    #expect(
      try Safetensors(contentsOf: URL(filePath: name)).tensor("x", as: Float.self).item() == 3)
  }
}
