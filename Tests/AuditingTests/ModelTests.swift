import Auditing
import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Audit: a network")
struct ModelTests {
  /// Films whose class is the brightness of one place: the middle, or the border.
  private func write(to root: URL, clueInMiddle: Bool) throws {
    for (part, offset) in [("Train", 0), ("Val", 500)] {
      for number in 0..<12 {
        for (label, name) in ["Covid", "Normal"].enumerated() {
          let seed = offset + 100 * label + number
          try root.write(
            "\(part)/\(name)/\(URL.word(seed)).png",
            marked(picture(seed), inMiddle: clueInMiddle, label == 1 ? 140 : 110))
        }
      }
    }
  }

  /// A picture with one grey in its middle, or along its border.
  private func marked(_ image: Image, inMiddle: Bool, _ grey: UInt8) -> Image {
    var pixels = image.pixels.scalars
    let size = image.height
    let width = inMiddle ? size / 3 : size / 24
    for index in pixels.indices {
      let (row, column) = (index / size, index % size)
      let distance = min(row, column, size - 1 - row, size - 1 - column)
      if inMiddle ? distance >= width : distance < width { pixels[index] = grey }
    }
    return Image(Tensor(pixels, shape: image.pixels.shape))
  }

  /// A model that looks at one pixel.
  private func model(row: Int, column: Int) -> AuditedModel {
    AuditedModel(classNames: ["Normal", "Covid"]) { image in
      let value = image.pixels.scalars[(row * image.width + column) * image.channels]
      return value >= 125 ? [0.9, 0.1] : [0.2, 0.8]
    }
  }

  @Test("a model that looks at the border needs no content, and is told so")
  func border() throws {
    try withTemporaryFolder { root in
      try write(to: root, clueInMiddle: false)
      let report = try root.audit(model: model(row: 0, column: 5))
      #expect(report.models.map(\.visibility) == [.whole, .withoutMiddle, .borderOnly])
      for model in report.models {
        #expect(model.scores.map(\.accuracy) == Array(repeating: Proportion(24, of: 24), count: 2))
        #expect(model.scores[1].area == 1)
      }
      let findings = report.findings.filter { $0.topic == .network }
      #expect(findings.map(\.severity) == [.serious, .serious])
      #expect(findings[0].text.contains("not better beyond chance"))
      #expect(findings[1].text.contains("lungs masked out 100.0 % (24/24)"))
      #expect(report.verdict.contains("a network that does not need the content"))
    }
  }

  @Test("a model that looks at the middle is lost without it, and better than blind ones")
  func middle() throws {
    try withTemporaryFolder { root in
      try write(to: root, clueInMiddle: true)
      let report = try root.audit(model: model(row: 24, column: 24))
      #expect(report.models[0].scores[1].accuracy == Proportion(24, of: 24))
      for model in report.models.dropFirst() {
        // One grey in all films leaves one answer.
        #expect(model.scores[1].accuracy == Proportion(12, of: 24))
        #expect(model.scores[1].area == 0.5)
      }
      let findings = report.findings.filter { $0.topic == .network }
      #expect(findings.contains { $0.severity == .fine && $0.text.contains("much worse") })
    }
  }

  @Test("a model that calls all hidden films one class, but in the right order, is found out")
  func order() throws {
    try withTemporaryFolder { root in
      try write(to: root, clueInMiddle: false)
      let model = AuditedModel(classNames: ["Covid", "Normal"]) { image in
        let (pixels, channels) = (image.pixels.scalars, image.channels)
        let border = Double(pixels[5 * channels]) / 255
        let middle = (20..<28).map { pixels[(24 * image.width + $0) * channels] }
        let isWhole = Set(middle).count > 1
        let normal = isWhole ? border : 0.9 + border / 100
        return [1 - normal, normal]
      }
      let report = try root.audit(model: model)
      let hidden = report.models[1].scores[1]
      #expect(hidden.accuracy == Proportion(12, of: 24) && hidden.area == 1)
      let finding = try #require(
        report.findings.first { $0.text.contains("without their content") })
      #expect(finding.severity == .serious)
      #expect(finding.text.contains("lungs masked out 50.0 % (12/24), AUC 1.000"))
      #expect(finding.text.contains("their order still gives the class away"))
    }
  }

  @Test("a threshold decides where a model has one")
  func threshold() throws {
    try withTemporaryFolder { root in
      try write(to: root, clueInMiddle: true)
      let always = AuditedModel(
        classNames: ["Covid", "Normal"], threshold: (classIndex: 0, probability: 0.1)
      ) { _ in [0.2, 0.8] }
      let report = try root.audit(model: always)
      #expect(report.models[0].scores[1].accuracy == Proportion(12, of: 24))
      let never = AuditedModel(classNames: ["Covid", "Normal"]) { _ in [0.2, 0.8] }
      let score = try root.audit(model: never).models[0].scores[1]
      #expect(score.accuracy == Proportion(12, of: 24) && score.area == 0.5)
    }
  }

  @Test("a model of other classes, and one whose answers are no probabilities, throw")
  func badModels() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 2)
      let other = AuditedModel(classNames: ["Covid", "Pneumonia"]) { _ in [0.5, 0.5] }
      let error = try #require(
        #expect(throws: DatasetError.self) { _ = try root.audit(model: other) })
      #expect(error.reason == .unknownClass && error.description.contains("Pneumonia"))
      let broken = AuditedModel(classNames: ["Covid", "Normal"]) { _ in [.nan, .nan] }
      #expect(throws: InvalidScores.self) { _ = try root.audit(model: broken) }
    }
  }

  @Test("what the audit is doing is told")
  func progress() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 2)
      let part = DatasetAudit.Part(
        name: "images", folder: try ImageFolder(at: root.appending(path: "Train")))
      var steps: [DatasetAudit.Progress] = []
      let model = AuditedModel(classNames: ["Covid", "Normal"]) { _ in [0.5, 0.5] }
      _ = try DatasetAudit(parts: [part], positiveClass: "Covid").report(model: model) {
        steps.append($0)
      }
      #expect(
        steps == [.reading, .fitting] + (1...4).map { .asking(done: $0, count: 4) })
    }
  }
}

@Suite("Audit: bad input")
struct BadInputTests {
  @Test("a file that cannot be read stops the audit, or is left out and listed")
  func unreadable() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 3)
      try Data("no image".utf8).write(to: root.appending(path: "Val/Covid/bad.png"))
      let error = try #require(#expect(throws: ImageError.self) { _ = try root.audit() })
      #expect(error.path.hasSuffix("Val/Covid/bad.png"))
      let parts = try ["Train", "Val"].map {
        DatasetAudit.Part(name: $0, folder: try ImageFolder(at: root.appending(path: $0)))
      }
      let audit = try DatasetAudit(parts: parts, positiveClass: "Covid")
      let report = try audit.report(unreadable: .skip)
      #expect(report.unreadable.count == 1 && report.parts[1].counts == [3, 3])
      #expect(report.text.contains("bad.png"))
      for name in try FileManager.default.contentsOfDirectory(
        atPath: root.appending(path: "Train/Normal").path(percentEncoded: false))
      {
        try Data("no image".utf8).write(to: root.appending(path: "Train/Normal/\(name)"))
      }
      #expect(throws: DatasetError.self) { _ = try audit.report(unreadable: .skip) }
    }
  }

  @Test("one class only, other classes, and an unknown positive class throw")
  func classes() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 2)
      let training = DatasetAudit.Part(
        name: "training", folder: try ImageFolder(at: root.appending(path: "Train")))
      #expect(throws: DatasetError.self) {
        _ = try DatasetAudit(parts: [training], positiveClass: "Flu")
      }
      try root.write("Other/Covid/x.png", picture(1))
      let other = DatasetAudit.Part(
        name: "other", folder: try ImageFolder(at: root.appending(path: "Other")))
      #expect(throws: DatasetError.self) {
        _ = try DatasetAudit(parts: [training, other], positiveClass: "Covid")
      }
      #expect(throws: DatasetError.self) {
        _ = try DatasetAudit(parts: [other], positiveClass: "Covid")
      }
    }
  }
}
