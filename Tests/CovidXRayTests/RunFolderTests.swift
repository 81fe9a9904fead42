import Checkpoints
import CovidXRay
import Foundation
import Testing

@Suite("Folder of a run")
struct RunFolderTests {
  private static let configuration = RunConfiguration(
    recipe: Sample.recipe, data: nil, onUnreadable: "stop", threads: 2, workers: 1)

  private static func names(in folder: URL) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
  }

  @Test("all files are there in the end, and nothing beside them")
  func publish() throws {
    try Sample.withTemporaryFolder { root in
      let url = root.appending(path: "a/b/run")
      let folder = try RunFolder(at: url)
      #expect(!FileManager.default.fileExists(atPath: url.path(percentEncoded: false)))
      let run = try Sample.syntheticRun.get()
      try folder.publish(run, configuration: Self.configuration)
      #expect(try Self.names(in: url) == RunFolder.fileNames)
      #expect(try Self.names(in: root.appending(path: "a/b")) == ["run"])
      folder.discard()
      #expect(try Self.names(in: url) == RunFolder.fileNames)

      let history = try String(contentsOf: url.appending(path: "history.csv"), encoding: .utf8)
      #expect(history.hasPrefix("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,"))
      let data = try Data(contentsOf: url.appending(path: "config.json"))
      let config = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      let recipe = try #require(config["recipe"] as? [String: Any])
      #expect(recipe["steps_per_epoch"] as? Int == 3 && recipe["learning_rate"] as? Double == 1e-3)
      #expect((config["data"] as? String)?.hasPrefix("SYNTHETIC") == true)
      let model = try CovidClassifier(contentsOf: url.appending(path: "model.safetensors"))
      #expect(model.card == run.model.card)
    }
  }

  @Test("what is discarded leaves nothing, not even the folders on the way")
  func discard() throws {
    try Sample.withTemporaryFolder { root in
      let folder = try RunFolder(at: root.appending(path: "a/b/run"))
      #expect(
        try Self.names(in: root.appending(path: "a/b")) == [folder.partialURL.lastPathComponent])
      folder.discard()
      #expect(try Self.names(in: root).isEmpty)
    }
  }

  @Test("a run is replaced only where that is wanted, and nothing but a run ever is")
  func replace() throws {
    try Sample.withTemporaryFolder { root in
      let url = root.appending(path: "run")
      let run = try Sample.syntheticRun.get()
      try RunFolder(at: url).publish(run, configuration: Self.configuration)
      #expect(throws: RunFolder.Occupied.self) { try RunFolder(at: url) }

      try Data("old".utf8).write(to: url.appending(path: "config.json"))
      try RunFolder(at: url, replacingRun: true).publish(run, configuration: Self.configuration)
      let config = try Data(contentsOf: url.appending(path: "config.json"))
      #expect(config != Data("old".utf8))
      #expect(try Self.names(in: root) == ["run"])

      try Data("mine".utf8).write(to: url.appending(path: "notes.txt"))
      let error = #expect(throws: CheckpointError.self) {
        try RunFolder(at: url, replacingRun: true)
      }
      #expect(error?.reason.contains("notes.txt") == true)
      #expect(try Self.names(in: url).count == RunFolder.fileNames.count + 1)
    }
  }

  @Test("a folder that fills up while the run goes on is kept, and the run is not half there")
  func race() throws {
    try Sample.withTemporaryFolder { root in
      let url = root.appending(path: "run")
      let folder = try RunFolder(at: url)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      try Data("mine".utf8).write(to: url.appending(path: "notes.txt"))
      let run = try Sample.syntheticRun.get()
      #expect(throws: CheckpointError.self) {
        try folder.publish(run, configuration: Self.configuration)
      }
      #expect(try Self.names(in: url) == ["notes.txt"] && Self.names(in: root) == ["run"])
    }
  }

  @Test("where no folder can be, the message names it, and nothing is left")
  func impossible() throws {
    try Sample.withTemporaryFolder { root in
      try Data("file".utf8).write(to: root.appending(path: "file"))
      for path in ["file", "file/run", "file/a/run", String(repeating: "x", count: 300)] {
        let url = root.appending(path: path)
        let error = #expect(throws: CheckpointError.self) { try RunFolder(at: url) }
        #expect(error?.path == url.path(percentEncoded: false))
      }
      // An exabyte, which no disk has.
      #expect(throws: CheckpointError.self) {
        try RunFolder(at: root.appending(path: "run"), byteCount: 1 << 60)
      }
      #expect(throws: CheckpointError.self) { try RunFolder(at: URL(filePath: "/")) }
      #expect(try Self.names(in: root) == ["file"])
    }
  }
}
