import Foundation
import Testing

@Suite("covid-xray crossvalidate", .serialized)
struct CrossValidateCommandTests {
  private static let small = Program.small + ["--quiet"]

  @Test("each fold is a line, then comes the spread, then all folds together; files hold all of it")
  func folds() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      let table = ["Train", "Val"].flatMap { part in
        ["Covid", "Normal"].flatMap { name in
          (0..<2).map { "\(part)/\(name)/\($0).png,\(part)-\(name)" }
        }
      }
      try Data(("file,patient\n" + table.joined(separator: "\n")).utf8)
        .write(to: folder.appending(path: "patients.csv"))
      let arguments =
        ["crossvalidate", "--data", "Data", "--folds", "2", "--patients", "patients.csv"]
        + Self.small
      let result = try Program.run(
        arguments + ["--predictions", "films.csv", "--report", "page.html"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      for part in [
        "fold 1, seed 42, 4 images of 2 patients: accuracy", "fold 2, seed 42, 4 images",
        "2 runs, 1 seed, 2 folds", "interval of the mean",
        "all folds, seed 42, 8 images of 4 patients",
      ] {
        #expect(result.output.contains(part), "\(part) in\n\(result.output)")
      }
      let rows = try String(contentsOf: folder.appending(path: "films.csv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(rows.count == 9 && rows[1].hasPrefix("\"fold 1, seed 42\","))
      let page = try String(contentsOf: folder.appending(path: "page.html"), encoding: .utf8)
      #expect(page.contains("Cross-validation on Data") && page.contains("of 4 patients"))
      let records = try Program.run(arguments + ["--json"], in: folder).records()
      #expect(
        records.map { $0["event"] as? String } == ["run", "run", "crossvalidation"])
      #expect((records.last?["spreads"] as? [Any])?.isEmpty == false)
    }
  }

  @Test("too many folds, and options out of range, are refused")
  func refusals() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      for (arguments, status, message) in [
        (["--folds", "5"], Int32(65), "too few for 5 parts"), (["--folds", "1"], 64, "--folds"),
        (["--seeds", "0"], 64, "--seeds"), (["--epochs", "0"], 64, "--epochs"),
        (["--seed", "\(UInt64.max)"], 64, "--seed"),
      ] {
        let result = try Program.run(
          ["crossvalidate", "--data", "Data", "--quiet"] + arguments, in: folder)
        #expect(result.status == status, "\(arguments): \(result.errors)")
        #expect(result.errors.contains(message) && result.output.isEmpty, "\(result.errors)")
      }
    }
  }
}
