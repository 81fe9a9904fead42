import Checkpoints
import Foundation
import Tensor
import Testing

@Suite("Reading files")
struct ReadingTests {
  @Test("what is no file is refused with path and reason")
  func notFiles() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "pipe")
      #expect(mkfifo(pipe.path(percentEncoded: false), 0o600) == 0)
      let empty = folder.appending(path: "empty")
      try Data().write(to: empty)
      let picture = folder.appending(path: "picture.png")
      try Data([0x89] + Array("PNG\r\n\u{1A}\n, and so on".utf8)).write(to: picture)
      let cases: [(URL, String)] = [
        (folder, "is a directory, needs a file"),
        (pipe, "is no regular file"),
        (URL(filePath: "/dev/zero"), "is no regular file"),
        (empty, "no safetensors file: has 0 bytes, needs 8"),
        (picture, "no safetensors file: a header of"),
        (folder.appending(path: "absent"), "cannot be opened: No such file or directory"),
        (empty.appending(path: "below"), "cannot be opened: Not a directory"),
        (folder.appending(path: "a\0b"), "is no path of a file"),
      ]
      for (url, reason) in cases {
        let text = try #require(message { _ = try Safetensors(contentsOf: url) })
        #expect(text.contains(reason))
        if !reason.contains("no path") {
          #expect(text.hasPrefix(url.path(percentEncoded: false)))
        }
      }
      let remote = try #require(URL(string: "https://example.org/a.safetensors"))
      #expect(
        message { _ = try Safetensors(contentsOf: remote) }?.contains("is no path of a file")
          == true)
    }
  }

  @Test("a file that is cut short while it is open ends in an error, not in a crash")
  func cutWhileOpen() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.safetensors")
      try Safetensors.write(["x": Tensor<Float>.ones([5000])], to: url)
      let file = try Safetensors(contentsOf: url)
      #expect(truncate(url.path(percentEncoded: false), 1000) == 0)
      let text = message { _ = try file.tensor("x", as: Float.self) }
      #expect(text?.contains("a.safetensors: was cut to 1000 bytes while it was read") == true)
    }
  }

  @Test("a file with a hole larger than the memory is refused before memory is asked for")
  func hole() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "hole.safetensors")
      let count = 1 << 43
      let header =
        "{\"x\":{\"dtype\":\"U8\",\"shape\":[\(count)],\"data_offsets\":[0,\(count)]}}"
      try Data(safetensors(header)).write(to: url)
      try #require(
        truncate(url.path(percentEncoded: false), 8 + header.utf8.count + count) == 0,
        "the file system has no files of 8 TiB")
      let file = try Safetensors(contentsOf: url)
      for text in [message { _ = try file.tensor("x") }, message { _ = try file.tensors() }] {
        #expect(text?.contains("needs \(count) bytes, this machine has") == true)
      }
    }
  }
}
