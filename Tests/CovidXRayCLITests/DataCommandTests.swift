import Foundation
import Imaging
import Tensor
import Testing

@Suite("covid-xray prepare and audit", .serialized)
struct DataCommandTests {
  /// Writes Cohen's table and films of `count` patients, and twice as many normal ones, every film another.
  private static func writeCollections(_ count: Int, to folder: URL) throws {
    var random = RandomGenerator(seed: 3)
    func write(_ path: String) throws {
      let url = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      let pixels = (0..<24 * 24).map { _ in UInt8.random(in: 0...255, using: &random) }
      try Image(Tensor(pixels, shape: [24, 24, 1])).writePNG(to: url)
    }
    var rows = [
      "Patientid,offset,sex,age,finding,survival,view,date,location,filename,doi, url,license,notes"
    ]
    for number in 0..<count {
      rows.append("\(number),0,M,50,COVID-19,,PA,,,c\(number).png,,,CC0,")
      try write("cohen/images/c\(number).png")
    }
    rows.append("\(count),0,M,50,COVID-19,,AP,,,a.png,,,,")
    try Data(rows.joined(separator: "\n").utf8).write(
      to: folder.appending(path: "cohen/metadata.csv"))
    for number in 0..<2 * count { try write("normals/IM-\(1000 + number)-0001.png") }
  }

  private let good = ["--cohen", "cohen", "--normals", "normals", "--out", "out"]

  @Test("a prepared folder is trained on, audited with its manifest, and audited with the model")
  func workflow() throws {
    try Program.withTemporaryFolder { folder in
      try Self.writeCollections(12, to: folder)
      let prepared = try Program.run(["prepare"] + good, in: folder)
      #expect(prepared.status == 0 && prepared.errors == "Wrote out\n", "\(prepared.errors)")
      #expect(prepared.output.contains("  1 × view AP; wanted PA"))
      #expect(prepared.output.contains("  12 × normal film that was not drawn"))
      let trained = try Program.run(
        ["train", "--data", "out", "--out", "run"] + Program.small, in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      let audited = try Program.run(
        [
          "audit", "out", "--patients", "out/manifest.csv", "--model", "run/model.safetensors",
          "--json",
        ], in: folder)
      #expect(audited.status == 0 && audited.errors.isEmpty, "\(audited.errors)")
      let record = try #require(try audited.records().first)
      #expect(record["event"] as? String == "audit" && record["synthetic"] as? Bool == false)
      let report = try #require(record["report"] as? [String: Any])
      #expect((report["parts"] as? [Any])?.count == 3)
      #expect((report["models"] as? [Any])?.count == 3)
      #expect((report["leaks"] as? [Any])?.isEmpty == true)
      let text = try Program.run(["audit", "out"], in: folder)
      #expect(text.status == 0)
      for part in ["Images", "test: ", "Simple models", "Verdict", "patients are not known"] {
        #expect(text.output.contains(part), "\(part)")
      }
    }
  }

  @Test("folds are data sets, and records of what was dropped")
  func folds() throws {
    try Program.withTemporaryFolder { folder in
      try Self.writeCollections(6, to: folder)
      let result = try Program.run(
        ["prepare"] + good + ["--folds", "3", "--seed", "7", "--json"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let records = try result.records()
      #expect(records.last?["event"] as? String == "prepared")
      #expect(records.count { $0["event"] as? String == "dropped" } == records.count - 1)
      let counts = try #require(records.last?["counts"] as? [String: [String: Int]])
      #expect(Set(counts.keys) == ["fold-1", "fold-2", "fold-3"])
      let audit = try Program.run(
        ["audit", "out/fold-2", "--patients", "out/manifest.csv"], in: folder)
      #expect(audit.status == 0, "\(audit.errors)")
      #expect(audit.output.contains("18 known") || audit.output.contains("12 known patients"))
      #expect(audit.output.contains("related across parts: none found"))
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let status: Int32
    let message: [String]
    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let bad: [Case] = [
    Case(
      arguments: ["prepare", "--normals", "normals", "--out", "out"], status: 64,
      message: ["--cohen", "--covid"]),
    Case(
      arguments: ["prepare", "--cohen", "cohen", "--covid", "x", "--normals", "n", "--out", "o"],
      status: 64, message: ["one of --cohen and --covid"]),
    Case(
      arguments: ["prepare", "--cohen", "cohen", "--normals", "normals", "--out", "cohen"],
      status: 73, message: ["cohen", "images"]),
    Case(
      arguments: ["prepare", "--cohen", "normals", "--normals", "normals", "--out", "out"],
      status: 65, message: ["normals/metadata.csv"]),
    Case(
      arguments: [
        "prepare", "--cohen", "cohen", "--normals", "normals", "--out", "out", "--split", "1,x",
      ], status: 64, message: ["--split", "1,x"]),
    Case(
      arguments: [
        "prepare", "--cohen", "cohen", "--normals", "normals", "--out", "out", "--folds", "1",
      ], status: 64, message: ["--folds", "2 to 1000"]),
    Case(
      arguments: [
        "prepare", "--cohen", "cohen", "--normals", "normals", "--out", "out", "--normal-count",
        "0",
      ], status: 64, message: ["--normal-count"]),
    Case(
      arguments: [
        "prepare", "--cohen", "cohen", "--normals", "normals", "--out", "out", "--folds", "9",
      ], status: 65, message: ["6 patients with films of class Covid"]),
    Case(arguments: ["audit", "nowhere"], status: 65, message: ["nowhere", "no such folder"]),
    Case(arguments: ["audit", "cohen"], status: 65, message: ["cohen", "no folder Train"]),
    Case(
      arguments: ["audit", "cohen", "--threads", "0"], status: 64, message: ["--threads"]),
    Case(
      arguments: ["audit", "cohen", "--model", "cohen/metadata.csv"], status: 65,
      message: ["cohen/metadata.csv"]),
  ]

  @Test("bad input is named, with its exit code, and nothing is left behind", arguments: bad)
  func badInput(bad: Case) throws {
    try Program.withTemporaryFolder { folder in
      try Self.writeCollections(6, to: folder)
      let result = try Program.run(bad.arguments, in: folder)
      #expect(result.status == bad.status, "\(result.errors)")
      #expect(result.output.isEmpty)
      let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
      #expect(errors.count == 1, "\(result.errors)")
      for part in bad.message {
        #expect(errors.first?.contains(part) == true, "\(part) in \(result.errors)")
      }
      #expect(try Program.names(in: folder) == ["cohen", "normals"])
    }
  }

  @Test("a table of patients that is none stops the audit with its line")
  func badPatients() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      try Data("file,patient\n0.png,a\n0.png,b\n".utf8).write(
        to: folder.appending(path: "patients.csv"))
      let result = try Program.run(
        ["audit", "Data", "--patients", "patients.csv"], in: folder)
      #expect(result.status == 65)
      #expect(result.errors.contains("patients.csv:3:2: gives 0.png the patient \"b\""))
    }
  }
}
