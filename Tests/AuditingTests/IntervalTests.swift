import Auditing
import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Audit: intervals")
struct IntervalTests {
  private static let count = 12

  /// Films whose width tells the class, save one in six, and the paths of all of them.
  private func write(to root: URL) throws -> [String] {
    var paths: [String] = []
    for (part, offset) in [("Train", 0), ("Val", 500)] {
      for (label, name) in ["Covid", "Normal"].enumerated() {
        for number in 0..<Self.count {
          let seed = offset + 100 * label + number
          let isWide = (label == 0) != (number % 6 == 0)
          paths.append("\(part)/\(name)/\(URL.word(seed)).png")
          try root.write(paths[paths.count - 1], picture(seed, size: isWide ? 60 : 48))
        }
      }
    }
    return paths
  }

  /// A table that gives `size` films in a row to one patient, none of them in two classes or parts.
  private func table(_ paths: [String], filmsEach size: Int) -> String {
    paths.enumerated().reduce("file,patient\n") { text, entry in
      text + "\(entry.element),p-\(entry.offset / size)\n"
    }
  }

  private func width(in report: AuditReport) throws -> AuditReport.Property {
    try #require(report.properties.first { $0.name == "width" })
  }

  @Test("without patients, and with one film each, films are independent, and the text says so")
  func byImage() throws {
    try withTemporaryFolder { root in
      let paths = try write(to: root)
      let unknown = try root.audit()
      let single = try root.audit(patients: table(paths, filmsEach: 1))
      for report in [unknown, single] {
        let score = try width(in: report).scores[1]
        #expect(score.accuracy == Proportion(20, of: 24))
        #expect(score.accuracyInterval == score.accuracy.clopperPearsonInterval())
        #expect(score.accuracyIntervalMethod == .exact)
        #expect(score.areaIntervalMethod == nil)
        #expect(report.parts.map(\.patientCount) == [nil, nil])
        let model = report.baselines[2].scores[1]
        #expect(model.areaInterval != nil && model.areaIntervalMethod == .deLong)
        #expect(report.intervalsText.hasPrefix("Intervals by image, exact"))
      }
      #expect(unknown.text.contains("Patients are not known; where some have several images"))
      #expect(single.text.contains("No two images there are known to be of one patient."))
    }
  }

  @Test("with several films a patient, whole patients are drawn, and the text says so")
  func byPatient() throws {
    try withTemporaryFolder { root in
      let paths = try write(to: root)
      let report = try root.audit(patients: table(paths, filmsEach: 4))
      #expect(report.parts.map(\.patientCount) == [6, 6])
      let score = try width(in: report).scores[1]
      // One in six breaks the rule: films 0 and 6 of each class, so the first and second patients of three have one each.
      let isCorrect = (0..<24).map { $0 % 6 != 0 }
      let expected = Bootstrap(seed: 0).estimate(
        sampleCount: 24, groups: (0..<24).map { $0 / 4 }
      ) { drawn in Double(drawn.count { isCorrect[$0] }) / Double(drawn.count) }
      let exact = score.accuracy.clopperPearsonInterval()
      let drawn = try #require(expected.value?.interval)
      #expect(score.accuracyInterval.lower == min(drawn.lower, exact.lower))
      #expect(score.accuracyInterval.upper == max(drawn.upper, exact.upper))
      #expect(score.accuracyIntervalMethod == .groupedBootstrap)
      let model = report.baselines[2].scores[1]
      #expect(model.areaInterval != nil && model.areaIntervalMethod == .groupedBootstrap)
      let independent = try root.audit().baselines[2].scores[1]
      #expect(model.area == independent.area)
      let (wide, narrow) = (
        try #require(model.areaInterval), try #require(independent.areaInterval)
      )
      #expect(wide.lower <= narrow.lower && wide.upper >= narrow.upper)
      #expect(
        report.text.replacing(/\s+/, with: " ").contains(
          "Intervals by patient, from a bootstrap over whole patients and never narrower than by image: training (24 images of 6 "
            + "patients), validation (24 images of 6 patients)."))
    }
  }

  @Test("an area by patient agrees with drawing patients and computing it anew")
  func area() throws {
    try withTemporaryFolder { root in
      let paths = try write(to: root)
      let model = AuditedModel(classNames: ["Covid", "Normal"]) { image in
        let value = Double(image.pixels.scalars[0]) / 255
        return [value, 1 - value]
      }
      let report = try root.audit(patients: table(paths, filmsEach: 3), model: model)
      let scores = try paths.dropFirst(24).map { path in
        Double(try Image(contentsOf: root.appending(path: path)).pixels.scalars[0]) / 255
      }
      // Files are read in the order of their names, so that the order of patients, and with it the draws, is not that here.
      let order = (0..<24).sorted { paths[24 + $0] < paths[24 + $1] }
      let expected = Bootstrap(seed: 0).estimate(
        sampleCount: 24, groups: order.map { $0 / 3 }
      ) { drawn in
        let places = drawn.map { order[$0] }
        return (try? BinaryScores(places.map { scores[$0] }, isPositive: places.map { $0 < 12 }))?
          .areaUnderROC().value?.value
      }
      let interval = try #require(report.models[0].scores[1].areaInterval)
      let drawn = try #require(expected.value?.interval)
      let deLong = try #require(root.audit(model: model).models[0].scores[1].areaInterval)
      #expect(interval.lower == min(drawn.lower, deLong.lower))
      #expect(interval.upper == max(drawn.upper, deLong.upper))
    }
  }

  @Test("twelve films of one patient are no more evidence than one")
  func onePatientAClass() throws {
    try withTemporaryFolder { root in
      for (part, offset) in [("Train", 0), ("Val", 500)] {
        for (label, name) in ["Covid", "Normal"].enumerated() {
          for number in 0..<Self.count {
            let seed = offset + 100 * label + number
            try root.write(
              "\(part)/\(name)/\(URL.word(seed)).png", picture(seed, size: 48 + 12 * label))
          }
        }
      }
      let paths = try ["Train", "Val"].flatMap { part in
        try ImageFolder(at: root.appending(path: part)).files.map { "\(part)/\($0.path)" }
      }
      func finding(_ report: AuditReport) -> AuditReport.Finding? {
        report.findings.first { $0.topic == .shortcut }
      }
      #expect(finding(try root.audit())?.severity == .serious)
      let report = try root.audit(patients: table(paths, filmsEach: Self.count))
      let score = try width(in: report).scores[1]
      #expect(score.accuracy == Proportion(24, of: 24))
      #expect(score.accuracyIntervalMethod == .exactOverGroups)
      #expect(score.accuracyInterval == Proportion(2, of: 2).clopperPearsonInterval())
      #expect(finding(report)?.severity == .fine)
      #expect(finding(report)?.text.contains("as far as so many images show") == true)
    }
  }

  @Test("a network is compared with a blind model by patient too")
  func comparison() throws {
    try withTemporaryFolder { root in
      let paths = try write(to: root)
      let model = AuditedModel(classNames: ["Covid", "Normal"]) { image in
        image.width > 50 ? [0.9, 0.1] : [0.1, 0.9]
      }
      func test(_ report: AuditReport) -> String {
        report.findings.first { $0.text.hasPrefix("The network is right on") }?.text ?? ""
      }
      #expect(test(try root.audit(model: model)).contains("(McNemar's test, p = "))
      #expect(
        test(try root.audit(patients: table(paths, filmsEach: 4), model: model))
          .contains("(bootstrap by patient, p = "))
    }
  }
}
