import Foundation
import Testing

/// What `evaluate` says beyond the plain figures, with one model that all tests share.
@Suite("covid-xray evaluate: intervals, thresholds, other folders, other models", .serialized)
struct EvaluateCommandTests {
  private static let model = Result<Data, any Error> {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      _ = try Program.run(
        ["train", "--data", "Data", "--out", "run", "--no-audit"] + Program.small, in: folder)
      return try Data(contentsOf: folder.appending(path: "run/model.safetensors"))
    }
  }

  private static func withModel(_ body: (URL) throws -> Void) throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      try model.get().write(to: folder.appending(path: "model.safetensors"))
      try body(folder)
    }
  }

  private static func evaluate(_ arguments: [String], in folder: URL) throws -> Outcome {
    try Program.run(
      ["evaluate", "model.safetensors", "Data", "--quiet", "--resamples", "100"] + arguments,
      in: folder)
  }

  @Test("a second folder of one class stands beside the first, and what it does not define is said")
  func external() throws {
    try Self.withModel { folder in
      try FileManager.default.createDirectory(
        at: folder.appending(path: "Other"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: folder.appending(path: "Data/Val/Normal"), to: folder.appending(path: "Other/Normal"))
      let result = try Self.evaluate(["--external", "Other"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      for part in [
        "training, 4 images", "validation, 4 images", "Other, 2 images", "95 % interval",
        "sensitivity               undefined: no sample is of class Covid",
        "ROC AUC                   undefined: area under the ROC curve: none of the 2 samples is positive",
      ] {
        #expect(result.output.contains(part), "\(part) in\n\(result.output)")
      }
      let records = try Self.evaluate(["--external", "Other", "--json"], in: folder).records()
      #expect(records.map { $0["split"] as? String } == ["training", "validation", "Other"])
      let summary = try #require(records[2]["summary"] as? [String: Any])
      let classes = try #require(summary["classes"] as? [[String: Any]])
      let metrics = try #require(classes.first?["metrics"] as? [[String: Any]])
      let area = try #require(metrics.first { $0["kind"] as? String == "areaUnderROC" })
      #expect(area["value"] == nil && area["reason"] is String)
    }
  }

  @Test("a threshold is chosen on one named set, and that set's figures say so")
  func threshold() throws {
    try Self.withModel { folder in
      let here = "The threshold was chosen on these very images"
      func parts(_ arguments: [String]) throws -> [Substring] {
        let result = try Self.evaluate(["--threshold"] + arguments, in: folder)
        #expect(result.status == 0, "\(result.errors)")
        return result.output.split(separator: "\n\n")
      }
      for rule in ["sensitivity=0.9", "sensitivity=1"] {
        let sets = try parts([rule])
        #expect(!sets[0].contains(here) && sets[1].contains(here))
        #expect(sets[0].contains("chosen by \(ThresholdText.name(of: rule)) on validation"))
      }
      let other = try parts(["sensitivity=0.9", "--choose-on", "training"])
      #expect(other[0].contains(here) && !other[1].contains(here))
      let fixed = try parts(["0.25"])
      #expect(fixed.allSatisfy { !$0.contains(here) && $0.contains("a probability of 0.25 on.") })
      for (arguments, message) in [
        (["--threshold", "best"], "best"), (["--threshold", "1.5"], "1.5"),
        (["--threshold", "youden", "--choose-on", "test"], "no set \"test\""),
        (["--choose-on", "training"], "--threshold"), (["--calibrate", "x"], "no set \"x\""),
        (["--resamples", "7"], "--resamples"),
      ] {
        let result = try Program.run(
          ["evaluate", "model.safetensors", "Data"] + arguments, in: folder)
        #expect(result.status == 64 && result.errors.contains(message), "\(result.errors)")
      }
    }
  }

  private enum ThresholdText {
    /// As the program writes a rule.
    static func name(of rule: String) -> String {
      rule == "sensitivity=1" ? "sensitivity=1.0" : rule
    }
  }

  @Test("patients, a second model and a temperature")
  func comparisons() throws {
    try Self.withModel { folder in
      let table =
        "file,patient\nTrain/Covid/0.png,a\nTrain/Covid/1.png,a\nVal/Normal/0.png,b\nVal/Normal/1.png,b\n"
      try Data(table.utf8).write(to: folder.appending(path: "patients.csv"))
      let result = try Self.evaluate(
        [
          "--patients", "patients.csv", "--compare", "model.safetensors", "--calibrate", "training",
        ], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      for part in [
        "training, 4 images of 3 patients", "validation, 4 images", "McNemar's exact p 1.000",
        "temperature",
      ] {
        #expect(result.output.contains(part), "\(part) in\n\(result.output)")
      }
      let records = try Self.evaluate(
        ["--compare", "model.safetensors", "--calibrate", "training", "--json"], in: folder
      ).records()
      #expect(
        records.map { $0["event"] as? String } == [
          "evaluation", "evaluation", "recalibration", "recalibration", "comparison", "comparison",
        ])
      try Data("file\nx\n".utf8).write(to: folder.appending(path: "bad.csv"))
      for name in ["bad.csv", "none.csv"] {
        let bad = try Self.evaluate(["--patients", name], in: folder)
        #expect(bad.status == 65 && bad.errors.contains(name) && bad.output.isEmpty)
      }
    }
  }

  @Test("a table and a page are written, complete or not at all")
  func files() throws {
    try Self.withModel { folder in
      let result = try Self.evaluate(
        ["--predictions", "films.csv", "--report", "page.html"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let rows = try String(
        contentsOf: folder.appending(path: "films.csv"), encoding: .utf8
      ).split(separator: "\n")
      #expect(rows.count == 9 && rows[0].hasPrefix("set,file,patient,actual,predicted,probability"))
      let page = try String(contentsOf: folder.appending(path: "page.html"), encoding: .utf8)
      #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("Images: validation"))
      #expect(page.contains("Audit of the images") && page.contains("Beside simple models"))
      for option in ["--predictions", "--report"] {
        let failed = try Self.evaluate([option, "none/file"], in: folder)
        #expect(failed.status == 73 && failed.errors.contains("none/file"))
      }
    }
  }
}
