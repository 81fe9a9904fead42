import Foundation
import Imaging
import Testing

/// Input that cannot work: one message that names the file or option, the documented exit code, and nothing left behind.
@Suite("covid-xray on bad input", .serialized)
struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    let status: Int32
    /// All of these are in the message.
    let message: [String]
    /// Changes the folder, in which a good data set `Data` is.
    var prepare: @Sendable (URL) throws -> Void = { _ in }

    var testDescription: String { name }
  }

  private static let cases: [Case] = [
    Case(
      name: "missing folder", arguments: ["--data", "Nowhere"], status: 65,
      message: ["Nowhere", "no such folder"]),
    Case(
      name: "file for a folder", arguments: ["--data", "file"], status: 65,
      message: ["file", "expected a folder"], prepare: { try write("x", $0, "file") }),
    Case(
      name: "empty class", arguments: ["--data", "Data"], status: 65,
      message: ["Data/Train/Covid", "no images"],
      prepare: { try removeFiles(in: $0.appending(path: "Data/Train/Covid")) }),
    Case(
      name: "one class only", arguments: ["--data", "Data"], status: 65,
      message: ["Data/Train", "one class only"],
      prepare: { try FileManager.default.removeItem(at: $0.appending(path: "Data/Train/Covid")) }),
    Case(
      name: "no validation", arguments: ["--data", "Data"], status: 65, message: ["Data", "Val"],
      prepare: { try FileManager.default.removeItem(at: $0.appending(path: "Data/Val")) }),
    Case(
      name: "text named .jpg", arguments: ["--data", "Data"], status: 65,
      message: ["Data/Train/Covid/0.jpg"],
      prepare: { try write("no image", $0, "Data/Train/Covid/0.jpg") }),
    Case(
      name: "truncated file", arguments: ["--data", "Data"], status: 65,
      message: ["Data/Val/Normal/1.png"],
      prepare: {
        let url = $0.appending(path: "Data/Val/Normal/1.png")
        try Data(contentsOf: url).dropLast(200).write(to: url)
      }),
    Case(
      name: "65,500 × 65,500 pixels", arguments: ["--data", "Data"], status: 65,
      message: ["Data/Train/Normal/huge.png", "65500"],
      prepare: {
        try hugePNG().write(to: $0.appending(path: "Data/Train/Normal/huge.png"))
      }),
    Case(
      name: "file in the place of the output", arguments: ["--data", "Data", "--out", "file"],
      status: 73, message: ["file"], prepare: { try write("x", $0, "file") }),
    Case(
      name: "file on the way to the output", arguments: ["--data", "Data", "--out", "file/run"],
      status: 73, message: ["file/run"], prepare: { try write("x", $0, "file") }),
    Case(
      name: "output full of other things", arguments: ["--data", "Data", "--out", "Data"],
      status: 73, message: ["Data", "Train"]),
    Case(
      name: "output full of other things, to be replaced",
      arguments: ["--data", "Data", "--out", "Data", "--overwrite"], status: 73,
      message: ["Data", "Train"]),
    Case(name: "no epochs", arguments: ["--epochs", "0"], status: 64, message: ["--epochs", "0"]),
    Case(
      name: "negative epochs", arguments: ["--epochs", "-3"], status: 64,
      message: ["--epochs", "-3"]),
    Case(
      name: "epochs in words", arguments: ["--epochs", "ten"], status: 64,
      message: ["--epochs", "ten"]),
    Case(
      name: "no steps", arguments: ["--steps-per-epoch", "0"], status: 64,
      message: ["--steps-per-epoch", "0"]),
    Case(
      name: "negative batch", arguments: ["--batch-size", "-1"], status: 64,
      message: ["--batch-size", "-1"]),
    Case(
      name: "largest batch", arguments: ["--batch-size", "\(Int.max)"], status: 64,
      message: ["--batch-size"]),
    Case(
      name: "no learning rate", arguments: ["--learning-rate", "0"], status: 64,
      message: ["--learning-rate"]),
    Case(
      name: "infinite learning rate", arguments: ["--learning-rate", "inf"], status: 64,
      message: ["--learning-rate"]),
    Case(
      name: "small images", arguments: ["--image-size", "10"], status: 64,
      message: ["--image-size", "24", "10"]),
    Case(
      name: "large images", arguments: ["--image-size", "100000"], status: 64,
      message: ["--image-size", "1024"]),
    Case(
      name: "negative seed", arguments: ["--seed", "-1"], status: 64, message: ["--seed", "-1"]),
    Case(
      name: "no threads", arguments: ["--threads", "0"], status: 64, message: ["--threads", "0"]),
    Case(
      name: "negative workers", arguments: ["--workers", "-1"], status: 64,
      message: ["--workers", "-1"]),
    Case(
      name: "unknown augmentation", arguments: ["--augmentation", "wild"], status: 64,
      message: ["--augmentation", "wild"]),
    Case(
      name: "too few phantoms", arguments: ["--phantoms", "1"], status: 64,
      message: ["--phantoms"]),
    Case(
      name: "phantoms among images", arguments: ["--phantoms", "9", "--data", "Data"], status: 64,
      message: ["--phantoms", "--data"]),
    Case(name: "no path", arguments: ["--data", ""], status: 64, message: ["--data"]),
  ]

  @Test("train", arguments: cases)
  func train(bad: Case) throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      try bad.prepare(folder)
      let before = try paths(in: folder)
      // The bad option comes last, and so takes the place of a good one.
      let result = try Program.run(["train"] + Program.small + bad.arguments, in: folder)
      #expect(result.status == bad.status, "\(result.errors)")
      try check(result, bad.message)
      #expect(try paths(in: folder) == before)
    }
  }

  @Test("a folder that may not be written, and a disk that is full")
  func unwritable() throws {
    try Program.withTemporaryFolder { folder in
      // The kernel refuses new folders there to everyone, root too.
      let result = try Program.run(
        ["train", "--out", "/proc/run"] + Program.small + ["--phantoms", "4"], in: folder)
      #expect(result.status == 73)
      try check(result, ["/proc/run"])
      let full = try Program.run(
        ["summary"], in: folder, output: FileHandle(forWritingTo: URL(filePath: "/dev/full")))
      #expect(full.status == 73)
      try check(full, ["standard output"])
    }
  }

  private func check(_ result: Outcome, _ message: [String]) throws {
    #expect(result.output.isEmpty)
    let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
    #expect(errors.count == 1, "\(result.errors)")
    for part in message {
      #expect(errors.first?.contains(part) == true, "\(part) in \(result.errors)")
    }
  }

  @Test("kernels that this processor lacks are refused by their name, before anything is computed")
  func unknownKernels() throws {
    let folder = FileManager.default.temporaryDirectory
    let result = try Program.run(
      ["summary"], in: folder, environment: ["TENSOR_KERNELS": "avx1024"])
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.errors.contains("TENSOR_KERNELS=avx1024: no such kernels"))
  }

  private func paths(in folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path(percentEncoded: false)).sorted()
  }
}

private func write(_ text: String, _ folder: URL, _ path: String) throws {
  try Data(text.utf8).write(to: folder.appending(path: path))
}

private func removeFiles(in folder: URL) throws {
  for name in try Program.names(in: folder) {
    try FileManager.default.removeItem(at: folder.appending(path: name))
  }
}

/// A PNG that promises 65,500 × 65,500 pixels and ends there.
private func hugePNG() -> Data {
  var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
  let header: [UInt8] = Array("IHDR".utf8) + [0, 0, 0xFF, 0xDC, 0, 0, 0xFF, 0xDC, 8, 2, 0, 0, 0]
  var checksum: UInt32 = 0xFFFF_FFFF
  for byte in header {
    checksum ^= UInt32(byte)
    for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 0 ? 0 : 0xEDB8_8320) }
  }
  checksum ^= 0xFFFF_FFFF
  bytes += header
  bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: checksum >> $0) }
  // The decoder wants to see pixels begin.
  bytes += [0, 0, 0, 0] + Array("IDAT".utf8) + [0x35, 0xAF, 0x06, 0x1E]
  return Data(bytes)
}
