import Auditing
import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Audit: clues to the class")
struct ClueTests {
  private func property(_ name: String, in report: AuditReport) throws -> AuditReport.Property {
    try #require(report.properties.first { $0.name == name })
  }

  @Test("colour mode and size that give the class away, and their rules")
  func shortcuts() throws {
    try withTemporaryFolder { root in
      for (part, count) in [("Train", 20), ("Val", 20)] {
        for number in 0..<count {
          let seed = number + (part == "Val" ? 500 : 0)
          // One in twenty breaks the rule of colours.
          try root.write(
            "\(part)/Covid/\(URL.word(seed)).png",
            picture(seed, size: 60 + number % 5, mode: number == 0 ? .grey : .rgb))
          try root.write("\(part)/Normal/\(URL.word(seed + 100)).png", picture(seed + 100))
        }
      }
      let report = try root.audit()
      let colours = try property("colours", in: report)
      #expect(colours.rule == "rgb: Covid; grey: Normal")
      #expect(colours.scores.map(\.accuracy) == [Proportion(39, of: 40), Proportion(39, of: 40)])
      #expect(colours.overall == Proportion(78, of: 80))
      #expect(colours.scores[1].area == nil && colours.scores[1].note == nil)
      let width = try property("width", in: report)
      #expect(width.rule == "up to 54: Normal; above: Covid")
      #expect(width.overall == Proportion(80, of: 80))
      #expect(try property("format", in: report).rule == "always Covid")
      let finding = try #require(report.findings.first { $0.topic == .shortcut })
      #expect(finding.severity == .serious)
      #expect(finding.text.contains("100.0 % (80/80)") && finding.text.contains("colours"))
      let metadata = try #require(report.baselines.first)
      #expect(metadata.name == "metadata only")
      #expect(metadata.scores[1].accuracy == Proportion(40, of: 40))
      #expect(metadata.scores[1].area == 1)
      #expect(metadata.scores[1].areaInterval == nil && metadata.scores[1].note != nil)
    }
  }

  @Test("a bright border gives the class away to the model that sees borders")
  func border() throws {
    try withTemporaryFolder { root in
      for (part, offset) in [("Train", 0), ("Val", 500)] {
        for number in 0..<16 {
          for (label, name) in ["Covid", "Normal"].enumerated() {
            let seed = offset + 100 * label + number
            try root.write(
              "\(part)/\(name)/\(URL.word(seed)).png", framed(picture(seed), label == 1 ? 90 : 60))
          }
        }
      }
      let report = try root.audit()
      let border = try #require(report.baselines.first { $0.name.hasPrefix("border") })
      #expect(border.featureCount == 32 * 32 - 24 * 24)
      #expect(border.scores[1].accuracy.value == 1)
      let finding = try #require(report.findings.first { $0.topic == .baselines })
      #expect(finding.severity == .serious && finding.text.contains("border pixels only"))
    }
  }

  /// A picture with a frame of one grey, an eighth of its side wide.
  private func framed(_ image: Image, _ grey: UInt8) -> Image {
    var pixels = image.pixels.scalars
    let (size, width) = (image.height, image.height / 8)
    for index in pixels.indices {
      let (row, column) = (index / size, index % size)
      if min(row, column, size - 1 - row, size - 1 - column) < width { pixels[index] = grey }
    }
    return Image(Tensor(pixels, shape: image.pixels.shape))
  }

  @Test("without clues, nothing tells the classes apart and no model is called telling")
  func clean() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 20)
      let report = try root.audit()
      for topic in [AuditReport.Finding.Topic.shortcut, .baselines] {
        #expect(report.findings.first { $0.topic == topic }?.severity == .fine)
      }
      #expect(!report.findings.contains { $0.severity == .serious })
      #expect(report.verdict.hasPrefix("Nothing serious was found"))
      #expect(report.baselines.count == 4 && report.models.isEmpty)
    }
  }

  @Test("three classes: rules, models and the area of the positive class against the rest")
  func threeClasses() throws {
    try withTemporaryFolder { root in
      for (part, offset) in [("Train", 0), ("Val", 500)] {
        for number in 0..<10 {
          for (label, name) in ["a", "b", "c"].enumerated() {
            let seed = offset + 100 * label + number
            try root.write(
              "\(part)/\(name)/\(URL.word(seed)).png", picture(seed, size: 40 + 10 * label))
          }
        }
      }
      let report = try root.audit()
      #expect(report.classNames == ["a", "b", "c"] && report.positiveClass == "a")
      // One cut parts one class from the two others.
      #expect(try property("width", in: report).overall == Proportion(40, of: 60))
      let metadata = try #require(report.baselines.first)
      #expect(metadata.scores[1].accuracy == Proportion(30, of: 30))
      #expect(metadata.scores[1].area == 1)
    }
  }

  @Test("a part of one class has no area, and says why")
  func oneClassOutside() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      try FileManager.default.removeItem(at: root.appending(path: "Val/Normal"))
      let parts = try ["Train", "Val"].map {
        DatasetAudit.Part(
          name: $0,
          folder: try ImageFolder(
            at: root.appending(path: $0), classNames: ["Covid", "Normal"]))
      }
      let report = try DatasetAudit(parts: parts, positiveClass: "Covid").report()
      let score = try #require(report.baselines.first?.scores.last)
      #expect(score.accuracy.count == 6 && score.area == nil)
      #expect(score.note?.contains("all 6 samples are positive") == true)
      #expect(report.text.contains("undefined"))
    }
  }

  @Test("without a part to measure with, that is said, and nothing is claimed of models")
  func onePart() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      let part = DatasetAudit.Part(
        name: "images", folder: try ImageFolder(at: root.appending(path: "Train")))
      let report = try DatasetAudit(parts: [part], positiveClass: "Normal").report()
      #expect(report.findings.contains { $0.text.contains("no part to measure with") })
      #expect(!report.findings.contains { $0.topic == .baselines })
      #expect(report.baselines.allSatisfy { $0.scores.count == 1 })
    }
  }

  @Test("a report becomes JSON with all of its parts")
  func json() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 3)
      let data = try JSONEncoder().encode(root.audit())
      let json = try #require(
        try JSONSerialization.jsonObject(with: data) as? [String: Any])
      for key in ["parts", "leaks", "duplicates", "properties", "baselines", "findings"] {
        #expect(json[key] is [Any], "\(key)")
      }
    }
  }
}
