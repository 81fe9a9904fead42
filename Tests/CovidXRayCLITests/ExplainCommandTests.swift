import CovidXRay
import Explanation
import Foundation
import Imaging
import Tensor
import Testing

@Suite("covid-xray explain", .serialized)
struct ExplainCommandTests {
  /// A folder with a data set `Data` and a model trained on it.
  private static func withModel(_ body: (URL) throws -> Void) throws {
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

  @Test("a picture for each file and method, larger than the film by its colour bar, and a line")
  func pictures() throws {
    try Self.withModel { folder in
      let files = ["Data/Val/Covid/0.png", "Data/Val/Normal/1.png"]
      let result = try Program.run(
        ["explain", "model.safetensors", "--out", "maps", "--method", "grad-cam,saliency"] + files,
        in: folder)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("not where disease is"))
      let names = try Program.names(in: folder.appending(path: "maps"))
      #expect(names == ["0-grad-cam.png", "0-saliency.png", "1-grad-cam.png", "1-saliency.png"])
      for name in names {
        let picture = try Image(contentsOf: folder.appending(path: "maps/\(name)"))
        #expect(picture.width > 32 && picture.height >= 32)
      }
      let lines = result.output.split(separator: "\n")
      #expect(lines.count == 2)
      for (line, file) in zip(lines, files) {
        #expect(line.hasPrefix("\(file): ") && line.contains("probability of Covid"))
        #expect(line.contains("outside the lung box") && line.contains("saliency"))
      }
    }
  }

  @Test("records agree with the library, and say what a heat map is")
  func records() throws {
    try Self.withModel { folder in
      let file = "Data/Val/Covid/0.png"
      let result = try Program.run(
        [
          "explain", "model.safetensors", file, "--out", "maps", "--json", "--quiet", "--class",
          "Normal", "--method", "integrated-gradients", "--lung-box", "0.2,0.1,0.7,0.9",
        ], in: folder)
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      let record = try #require(try result.records().first)
      #expect((record["notice"] as? String ?? "").contains("not where disease is"))
      let maps = try #require(record["explanations"] as? [[String: Any]])
      #expect(maps.count == 1 && maps[0]["explained_class"] as? String == "Normal")
      #expect(maps[0]["picture"] as? String == "maps/0-integrated-gradients.png")
      let classifier = try CovidClassifier(contentsOf: folder.appending(path: "model.safetensors"))
      let film = try classifier.preprocessing.prepare(imageAt: folder.appending(path: file))
      let expected = try classifier.explain(
        film, by: .integratedGradients, class: "Normal",
        lungBox: .init(top: 0.2, left: 0.1, bottom: 0.7, right: 0.9))
      let share = try #require(maps[0]["share_outside_lungs"] as? Double)
      #expect(abs(share - (expected.shareOutsideLungs ?? -1)) < 1e-6)
      #expect(abs((maps[0]["even_share_outside_lungs"] as? Double ?? 0) - 0.6) < 1e-12)
    }
  }

  @Test("films of the same name get pictures of their own, and bad files are reported")
  func names() throws {
    try Self.withModel { folder in
      try Data("no image".utf8).write(to: folder.appending(path: "bad.jpg"))
      let files = ["Data/Val/Covid/0.png", "bad.jpg", "Data/Val/Normal/0.png", "none.png"]
      let result = try Program.run(
        ["explain", "model.safetensors", "--out", "deep/maps"] + files, in: folder)
      #expect(result.status == 65)
      #expect(result.output.split(separator: "\n").count == 2)
      #expect(result.errors.contains("bad.jpg") && result.errors.contains("none.png"))
      let names = try Program.names(in: folder.appending(path: "deep/maps"))
      #expect(names == ["0-grad-cam.png", "0-2-grad-cam.png"])
    }
  }

  @Test("wrong options and places that cannot be written to end with their codes")
  func failures() throws {
    try Self.withModel { folder in
      func run(_ arguments: String...) throws -> Outcome {
        try Program.run(
          ["explain", "model.safetensors", "Data/Val/Covid/0.png"] + arguments, in: folder)
      }
      for options in [
        ["--method", "magic"], ["--method", ""], ["--method", "saliency,saliency"],
        ["--lung-box", "0,0,1"], ["--lung-box", "0.5,0,0.4,1"], ["--lung-box", "0,0,1,2"],
        ["--class", "Influenza"], ["--threads", "0"],
      ] {
        let result = try run("--out", "maps", options[0], options[1])
        #expect(result.status == 64 && result.errors.contains(options[0]), "\(result.errors)")
      }
      #expect(try run().status == 64)
      try Data().write(to: folder.appending(path: "file"))
      let result = try run("--out", "file")
      #expect(result.status == 73 && result.errors.contains("file"), "\(result.errors)")
      try FileManager.default.createDirectory(
        at: folder.appending(path: "taken/0-grad-cam.png"), withIntermediateDirectories: true)
      let taken = try run("--out", "taken")
      #expect(taken.status == 73 && taken.errors.contains("0-grad-cam.png"), "\(taken.errors)")
    }
  }
}
