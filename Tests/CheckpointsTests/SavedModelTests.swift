import Autograd
import Checkpoints
import Foundation
import Tensor
import Testing

@Suite("Saved models")
struct SavedModelTests {
  static let metadata = SavedModel.Metadata(
    architecture: "dense(2)\nrelu", preprocessing: "{\"size\":[224,224],\"scale\":0.00392}",
    classNames: ["sick", "well, \"so to speak\""], positiveClass: "sick", threshold: 0.1 + 0.2,
    temperature: 1.25, training: ["seed": "42", "epochs": "10"],
    card: "# Card\n\nNot for patients. 🩻",
    additional: ["format": "pt"])

  /// The texts of a written model, by key.
  private static func texts(_ metadata: SavedModel.Metadata = metadata) throws -> [String: String] {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try SavedModel.write(Model<Float>(), metadata, to: url)
      return try Safetensors(contentsOf: url).metadata
    }
  }

  /// What reading a file with these texts throws.
  private static func failure(_ texts: [String: String]) throws -> String? {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try Model<Float>().save(to: url, metadata: texts)
      let text = message { _ = try SavedModel(contentsOf: url) }
      #expect(text == message { _ = try SavedModel.metadata(at: url) })
      #expect(text?.hasPrefix(url.path(percentEncoded: false)) ?? true)
      return text
    }
  }

  @Test("weights and all that goes with them come back as they were")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let model = Model<Float>(phase: 3)
      try SavedModel.write(model, Self.metadata, to: url)
      let saved = try SavedModel(contentsOf: url)
      #expect(saved.metadata == Self.metadata)
      #expect(try SavedModel.metadata(at: url) == Self.metadata)
      var loaded = Model<Float>()
      try saved.restore(&loaded)
      #expect(loaded.parameterValues == model.parameterValues)
    }
  }

  @Test("what is optional may be absent")
  func optionalParts() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      let metadata = SavedModel.Metadata(
        architecture: "", preprocessing: "", classNames: ["a", "b", "c"])
      try SavedModel.write(Model<Double>(), metadata, to: url)
      #expect(try SavedModel.metadata(at: url) == metadata)
    }
  }

  @Test("the keys are those that the documentation names")
  func keys() throws {
    #expect(
      try Self.texts() == [
        "roentgen.formatVersion": "1", "roentgen.architecture": "dense(2)\nrelu",
        "roentgen.preprocessing": "{\"size\":[224,224],\"scale\":0.00392}",
        "roentgen.classNames": "[\"sick\",\"well, \\\"so to speak\\\"\"]",
        "roentgen.positiveClass": "sick", "roentgen.threshold": "0.30000000000000004",
        "roentgen.temperature": "1.25",
        "roentgen.training": "{\"epochs\":\"10\",\"seed\":\"42\"}",
        "roentgen.card": "# Card\n\nNot for patients. 🩻", "format": "pt",
      ])
  }

  @Test("equal models give equal files")
  func deterministicBytes() throws {
    try withTemporaryFolder { folder in
      let urls = ["a", "b"].map { folder.appending(path: $0) }
      for url in urls { try SavedModel.write(Model<Float>(), Self.metadata, to: url) }
      #expect(try bytes(of: urls[0]) == bytes(of: urls[1]))
    }
  }

  @Test("weights of another architecture are refused with all differences")
  func otherArchitecture() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      try SavedModel.write(Model<Float>(), Self.metadata, to: url)
      var model = Model<Float>([[2, 3], [3, 1, 2], [1]], phase: 5)
      let before = model.parameterValues
      let mismatch = #expect(throws: StateMismatch.self) {
        try SavedModel(contentsOf: url).restore(&model)
      }
      #expect(mismatch?.missing == ["2.mean", "2.weight"])
      #expect(model.parameterValues == before)
    }
  }

  @Test("a file of weights alone is no saved model")
  func weightsOnly() throws {
    let text = try Self.failure(["format": "pt"])
    #expect(text?.contains("is no saved model: has no text \"roentgen.formatVersion\"") == true)
  }

  @Test("a newer format is refused by its version, whatever its keys")
  func newerVersion() throws {
    let text = try Self.failure(["roentgen.formatVersion": "2", "roentgen.ensemble": "5"])
    #expect(text?.contains("has format version 2, this program reads up to 1") == true)
    for wrong in ["", "one", "0", "-1", "1.5", "99999999999999999999"] {
      #expect(
        try Self.failure(["roentgen.formatVersion": wrong])?
          .contains("format version \"\(wrong)\"") == true)
    }
  }

  @Test("keys that are missing and keys that are unknown are named together")
  func wrongKeys() throws {
    var texts = try Self.texts()
    texts["roentgen.card"] = nil
    texts["roentgen.architecture"] = nil
    texts["roentgen.calibration"] = "T = 1.5"
    texts["calibration"] = "may be ignored"
    let text = try Self.failure(texts) ?? ""
    #expect(text.contains("misses \"roentgen.architecture\", \"roentgen.card\""))
    #expect(text.contains("has \"roentgen.calibration\", unknown to this program"))
  }

  @Test(
    "texts that make no sense are refused, with the reason",
    arguments: [
      ("classNames", "", "\"roentgen.classNames\" at byte 0: expected '['"),
      ("classNames", "[]", "it names no classes"),
      ("classNames", "[\"sick\",1]", "at byte 8: expected '\"', found '1'"),
      ("classNames", "[\"sick\"] x", "expected the end, found 'x'"),
      ("classNames", "[\"sick\",\"sick\"]", "have the same name"),
      ("classNames", "[\"a\",\"b\"]", "the positive class \"sick\" is none of [\"a\",\"b\"]"),
      ("positiveClass", "ill", "the positive class \"ill\" is none of"),
      ("threshold", "half", "threshold \"half\", expected a number"),
      ("threshold", "1.5", "the threshold is 1.5, expected a probability"),
      ("threshold", "nan", "the threshold is nan, expected a probability"),
      ("temperature", "warm", "temperature \"warm\", expected a number"),
      ("temperature", "0", "the temperature is 0.0, expected a positive number"),
      ("training", "[]", "\"roentgen.training\" at byte 0: expected '{'"),
      ("training", "{\"a\":{}}", "expected '\"', found '{'"),
    ])
  func wrongTexts(key: String, value: String, reason: String) throws {
    var texts = try Self.texts()
    texts["roentgen.\(key)"] = value
    #expect(try Self.failure(texts)?.contains(reason) == true)
  }

  @Test("what contradicts itself is not written")
  func contradictions() throws {
    var cases: [(SavedModel.Metadata, String)] = []
    func add(_ reason: String, _ change: (inout SavedModel.Metadata) -> Void) {
      var metadata = Self.metadata
      change(&metadata)
      cases.append((metadata, reason))
    }
    add("it names no classes") { $0.classNames = [] }
    add("the same name") { $0.classNames += ["sick"] }
    add("none of") { $0.positiveClass = "ill" }
    add("there is a threshold, but no positive class") { $0.positiveClass = nil }
    add("expected a probability") { $0.threshold = -0.1 }
    add("expected a probability") { $0.threshold = .nan }
    add("expected a positive number") { $0.temperature = .infinity }
    add("the additional key \"roentgen.x\"") { $0.additional["roentgen.x"] = "" }
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      for (metadata, reason) in cases {
        let text = message { try SavedModel.write(Model<Float>(), metadata, to: url) }
        #expect(text?.contains("model.safetensors: cannot be written, ") == true)
        #expect(text?.contains(reason) == true)
      }
      let left = try fileNames(in: folder)
      #expect(left.isEmpty)
    }
  }
}
