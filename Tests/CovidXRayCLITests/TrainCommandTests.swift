import Foundation
import Testing

@Suite("covid-xray train", .serialized)
struct TrainCommandTests {
  private static let files: Set<String> = [
    "config.json", "history.csv", "loss.svg", "accuracy.svg", "confusion-matrix.svg",
    "model-card.md", "model.safetensors", "predictions.csv", "report.html",
  ]

  @Test("without data it trains on phantoms, and says SYNTHETIC wherever it says anything")
  func synthetic() throws {
    try Program.withTemporaryFolder { folder in
      let result = try Program.run(["train", "--phantoms", "4"] + Program.small, in: folder)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.hasPrefix("SYNTHETIC") && result.errors.hasPrefix("SYNTHETIC"))
      #expect(result.output.contains("training, 6 images, not augmented"))
      #expect(result.output.contains("validation, 2 images, not augmented"))
      #expect(result.output.contains("SYNTHETIC run written to runs/synthetic-seed42"))
      #expect(result.errors.contains("SYNTHETIC Epoch 1/1: loss"))
      // No terminal, no line that is written over.
      #expect(!result.errors.contains("\r") && !result.errors.contains("\u{1B}"))

      let run = folder.appending(path: "runs/synthetic-seed42")
      #expect(try Program.names(in: run) == Self.files)
      #expect(try Program.names(in: folder.appending(path: "runs")) == ["synthetic-seed42"])
      for name in Self.files where name != "history.csv" {
        let content = try Data(contentsOf: run.appending(path: name))
        #expect(content.range(of: Data("SYNTHETIC".utf8)) != nil, "\(name)")
      }
      let history = try String(contentsOf: run.appending(path: "history.csv"), encoding: .utf8)
      #expect(history.hasPrefix("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,"))

      // The next run of the same name does not touch the first.
      let second = try Program.run(
        ["train", "--phantoms", "4", "--quiet"] + Program.small, in: folder)
      #expect(second.status == 0 && second.errors.isEmpty)
      let names = try Program.names(in: folder.appending(path: "runs"))
      #expect(names == ["synthetic-seed42", "synthetic-seed42-2"])
      let models = try names.map {
        try Data(contentsOf: folder.appending(path: "runs/\($0)/model.safetensors"))
      }
      #expect(models[0] == models[1])
    }
  }

  @Test(
    "--recipe careful trains its networks, says what is known of patients, and other options change their part"
  )
  func careful() throws {
    try Program.withTemporaryFolder { folder in
      let result = try Program.run(
        ["train", "--recipe", "careful", "--phantoms", "10", "--ensemble", "2", "--views", "one"]
          + Program.small, in: folder)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("SYNTHETIC run written to runs/synthetic-careful-seed42"))
      #expect(result.errors.contains("Patients are not known"))
      #expect(result.errors.contains("SYNTHETIC Network 2/2, Epoch 1/1: loss"))
      let run = folder.appending(path: "runs/synthetic-careful-seed42")
      let text = try String(contentsOf: run.appending(path: "config.json"), encoding: .utf8)
      for part in [
        "\"augmentation\" : \"wide\"", "\"image_size\" : 24", "\"members\" : 2",
        "\"views\" : \"one\"",
        "\"target_sensitivity\" : 0.95",
      ] {
        #expect(text.contains(part), "\(part)")
      }
      let bad = try Program.run(["train", "--recipe", "careful", "--ensemble", "0"], in: folder)
      #expect(bad.status == 64 && bad.errors.contains("--ensemble needs a whole number"))
      let unknown = try Program.run(["train", "--recipe", "reckless"], in: folder)
      #expect(unknown.status == 64)
    }
  }

  @Test("--json prints records and nothing else, from which both parts can be read")
  func json() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      let result = try Program.run(
        ["train", "--data", "Data", "--out", "run", "--json"] + Program.small, in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let records = try result.records()
      #expect(
        records.map { $0["event"] as? String }
          == ["start", "epoch", "evaluation", "evaluation", "end"])
      #expect(records.allSatisfy { $0["synthetic"] as? Bool == false })
      #expect(records[2]["split"] as? String == "training")
      #expect(records[3]["split"] as? String == "validation" && records[3]["count"] as? Int == 4)
      let accuracy = try #require(records[3]["accuracy"] as? [String: Any])
      #expect(accuracy["count"] as? Int == 4 && accuracy["lower"] is Double)
      #expect(records[4]["output"] as? String == "run")
      #expect(!result.errors.contains("SYNTHETIC"))
      for name in Self.files {
        let content = try Data(contentsOf: folder.appending(path: "run/\(name)"))
        #expect(content.range(of: Data("SYNTHETIC".utf8)) == nil, "\(name)")
      }
    }
  }

  @Test("every option reaches the run")
  func options() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      let result = try Program.run(
        [
          "train", "--data", "Data", "--out", "run", "--seed", "7", "--threads", "1", "--workers",
          "0",
          "--epochs", "2", "--steps-per-epoch", "1", "--batch-size", "3", "--learning-rate", "0.01",
          "--image-size", "25", "--augmentation", "careful", "--on-unreadable", "skip", "--quiet",
        ], in: folder)
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      let data = try Data(contentsOf: folder.appending(path: "run/config.json"))
      let config = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      let recipe = try #require(config["recipe"] as? [String: Any])
      #expect(config["threads"] as? Int == 1 && config["workers"] as? Int == 0)
      #expect(config["on_unreadable"] as? String == "skip" && config["data"] as? String == "Data")
      #expect(recipe["seed"] as? Int == 7 && recipe["epochs"] as? Int == 2)
      #expect(recipe["steps_per_epoch"] as? Int == 1 && recipe["batch_size"] as? Int == 3)
      #expect(recipe["learning_rate"] as? Double == 0.01 && recipe["image_size"] as? Int == 25)
      #expect(recipe["augmentation"] as? String == "careful")
      let history = try String(
        contentsOf: folder.appending(path: "run/history.csv"), encoding: .utf8)
      #expect(history.split(separator: "\n").count == 3)
    }
  }

  @Test("a run is not replaced unasked")
  func overwrite() throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      let arguments = ["train", "--data", "Data", "--out", "run", "--quiet"] + Program.small
      #expect(try Program.run(arguments, in: folder).status == 0)
      let model = try Data(contentsOf: folder.appending(path: "run/model.safetensors"))

      let refused = try Program.run(arguments + ["--seed", "1"], in: folder)
      #expect(refused.status == 73 && refused.errors.contains("--overwrite"))
      #expect(try Data(contentsOf: folder.appending(path: "run/model.safetensors")) == model)

      let replaced = try Program.run(arguments + ["--seed", "1", "--overwrite"], in: folder)
      #expect(replaced.status == 0, "\(replaced.errors)")
      #expect(try Data(contentsOf: folder.appending(path: "run/model.safetensors")) != model)
      #expect(try Program.names(in: folder) == ["Data", "run"])
    }
  }

  @Test("a run that is interrupted leaves nothing", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    try Program.withTemporaryFolder { folder in
      let arguments =
        ["train", "--phantoms", "4"] + Program.small
        + ["--epochs", "1000000", "--out", "some/where/run"]
      let result = try Program.run(arguments, in: folder) { process in
        // The folder is there before training begins.
        let deadline = Date(timeIntervalSinceNow: 30)
        while try Program.names(in: folder).isEmpty, Date() < deadline { usleep(20_000) }
        #expect(try !Program.names(in: folder).isEmpty)
        usleep(300_000)
        kill(process.processIdentifier, signal)
      }
      #expect(result.status == 128 + signal)
      #expect(try Program.names(in: folder).isEmpty)
    }
  }
}
