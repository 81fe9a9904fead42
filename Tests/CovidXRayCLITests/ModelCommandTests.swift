import Checkpoints
import CovidXRay
import Foundation
import Tensor
import Testing

/// The commands that take a model, made by one run that all tests share.
@Suite("covid-xray evaluate, predict, summary", .serialized)
struct ModelCommandTests {
  /// A folder with a data set `Data` and a run on it.
  private static func withRun(_ body: (URL) throws -> Void) throws {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      try model.get().write(to: folder.appending(path: "model.safetensors"))
      try body(folder)
    }
  }

  private static let model = Result<Data, any Error> {
    try Program.withTemporaryFolder { folder in
      try Program.writeDataset(to: folder.appending(path: "Data"))
      _ = try Program.run(
        ["train", "--data", "Data", "--out", "run"] + Program.small, in: folder)
      return try Data(contentsOf: folder.appending(path: "run/model.safetensors"))
    }
  }

  @Test("predictions name file, class and probability, and agree with the library")
  func predict() throws {
    try Self.withRun { folder in
      let files = ["Data/Val/Covid/0.png", "Data/Val/Normal/1.png"]
      let text = try Program.run(["predict", "model.safetensors"] + files, in: folder)
      #expect(text.status == 0 && text.errors.isEmpty)
      let lines = text.output.split(separator: "\n")
      let json = try Program.run(["predict", "model.safetensors", "--json"] + files, in: folder)
      let records = try json.records()
      let classifier = try CovidClassifier(
        contentsOf: folder.appending(path: "model.safetensors"))
      for (index, file) in files.enumerated() {
        let expected = try classifier.predict(imageAt: folder.appending(path: file))
        let probability = try expected.probability(of: "Covid")
        let probabilities = try #require(records[index]["probabilities"] as? [String: Double])
        #expect(probabilities["Covid"] == probability)
        #expect(records[index]["file"] as? String == file)
        #expect(records[index]["predicted_class"] as? String == expected.predictedClass)
        let rounded = String(format: "%.4f", probability)
        #expect(
          lines[index] == "\(file): \(expected.predictedClass), probability of Covid \(rounded)")
      }
    }
  }

  @Test("a bad file among good ones is reported, and the good ones are predicted")
  func badFile() throws {
    try Self.withRun { folder in
      try Data("no image".utf8).write(to: folder.appending(path: "bad.jpg"))
      let files = ["Data/Val/Covid/0.png", "bad.jpg", "none.png", "Data", "Data/Val/Covid/1.png"]
      let result = try Program.run(["predict", "model.safetensors"] + files, in: folder)
      #expect(result.status == 65)
      #expect(result.output.split(separator: "\n").count == 2)
      let errors = result.errors.split(separator: "\n")
      #expect(errors.count == 3 && errors.allSatisfy { $0.hasPrefix("Error: ") })
      for (error, file) in zip(errors, files[1...3]) { #expect(error.contains(file)) }
      let json = try Program.run(["predict", "model.safetensors", "--json"] + files, in: folder)
      #expect(json.status == 65)
      #expect(
        try json.records().map { $0["event"] as? String }
          == ["prediction", "failure", "failure", "failure", "prediction"])
    }
  }

  @Test("a reader that goes away ends the program quietly")
  func closedPipe() throws {
    try Self.withRun { folder in
      let pipe = Pipe()
      try pipe.fileHandleForReading.close()
      let result = try Program.run(
        ["predict", "model.safetensors", "Data/Val/Covid/0.png"], in: folder,
        output: pipe.fileHandleForWriting)
      #expect(result.status == 128 + SIGPIPE && result.errors.isEmpty)
    }
  }

  @Test("both parts are measured and named, and so is a folder of classes")
  func evaluate() throws {
    try Self.withRun { folder in
      let both = try Program.run(["evaluate", "model.safetensors", "Data"], in: folder)
      #expect(both.status == 0 && both.errors.isEmpty)
      #expect(
        both.output.contains("training, 4 images") && both.output.contains("validation, 4 images"))
      #expect(both.output.contains("sensitivity") && both.output.contains("%"))
      let one = try Program.run(
        ["evaluate", "model.safetensors", "Data/Val", "--json"], in: folder)
      let records = try one.records()
      #expect(records.count == 1 && records[0]["split"] as? String == "Val")
      let matrix = try #require(records[0]["confusion_matrix"] as? [String: Any])
      let counts = try #require(matrix["counts"] as? [[Int]])
      #expect(counts.map { $0.reduce(0, +) } == [2, 2])
    }
  }

  @Test("unreadable files stop the evaluation, or are left out and listed")
  func unreadable() throws {
    try Self.withRun { folder in
      try Data("no image".utf8).write(to: folder.appending(path: "Data/Val/Covid/bad.jpg"))
      let stopped = try Program.run(["evaluate", "model.safetensors", "Data/Val"], in: folder)
      #expect(stopped.status == 65 && stopped.errors.contains("Covid/bad.jpg"))
      #expect(stopped.output.isEmpty)
      let skipped = try Program.run(
        ["evaluate", "model.safetensors", "Data/Val", "--on-unreadable", "skip", "--quiet"],
        in: folder)
      #expect(skipped.status == 0 && skipped.output.contains("Val, 4 images"))
      #expect(skipped.errors.contains("Skipped:") && skipped.errors.contains("Covid/bad.jpg"))
    }
  }

  @Test("models that are none, or of another kind, are refused by every command")
  func badModels() throws {
    try Self.withRun { folder in
      let url = folder.appending(path: "model.safetensors")
      var metadata = try SavedModel.metadata(at: url)
      let network = try CovidClassifier(contentsOf: url).network
      try SavedModel.write(
        network[..<3], metadata, to: folder.appending(path: "part.safetensors"))
      metadata.architecture = #"{"kind":"Sequential","layers":[],"options":{}}"#
      try SavedModel.write(network, metadata, to: folder.appending(path: "other.safetensors"))
      try network.save(to: folder.appending(path: "weights.safetensors"))
      try Data("text".utf8).write(to: folder.appending(path: "text.safetensors"))
      let expected = [
        "part.safetensors": "15.weight", "other.safetensors": "another architecture",
        "weights.safetensors": "no saved model", "text.safetensors": "safetensors",
        "none.safetensors": "none.safetensors",
      ]
      for (file, message) in expected {
        for arguments in [
          ["predict", file, "Data/Val/Covid/0.png"], ["evaluate", file, "Data"], ["summary", file],
        ] {
          let result = try Program.run(arguments, in: folder)
          #expect(result.status == 65 && result.output.isEmpty, "\(arguments): \(result.errors)")
          #expect(result.errors.hasPrefix("Error: ") && result.errors.contains(file))
          #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        }
      }
    }
  }

  @Test("the summary is that of the article's network, or of a model with its card")
  func summary() throws {
    try Self.withRun { folder in
      let article = try Program.run(["summary"], in: folder)
      #expect(article.status == 0 && article.output.contains("Total params: 5,723,457 (21.83 MB)"))
      #expect(article.output.contains("(None, 222, 222, 32)"))
      let records = try Program.run(["summary", "--json"], in: folder).records()
      #expect(records.first?["parameters"] as? Int == 5_723_457)
      let model = try Program.run(["summary", "model.safetensors"], in: folder)
      #expect(model.output.contains("(None, 22, 22, 32)") && model.output.contains("Intended use"))
      let wrong = try Program.run(
        ["summary", "model.safetensors", "--image-size", "64"], in: folder)
      #expect(wrong.status == 64 && wrong.errors.contains("--image-size is 64"))
    }
  }

  @Test("help names the commands and the exit codes, and the version is there")
  func help() throws {
    try Program.withTemporaryFolder { folder in
      let help = try Program.run(["--help"], in: folder)
      #expect(help.status == 0)
      for text in ["train", "evaluate", "predict", "summary", "64", "65", "73"] {
        #expect(help.output.contains(text))
      }
      #expect(try Program.run(["--version"], in: folder).output == "0.1.0\n")
      #expect(try Program.run(["predict"], in: folder).status == 64)
      #expect(try Program.run(["frobnicate"], in: folder).status == 64)
    }
  }
}
