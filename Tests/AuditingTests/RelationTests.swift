import Auditing
import Datasets
import Foundation
import Imaging
import Testing

@Suite("Audit: pictures and patients")
struct RelationTests {
  @Test("pictures without any relation are not accused")
  func clean() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      let report = try root.audit()
      #expect(report.leaks.isEmpty && report.duplicates.isEmpty && report.nameSeries.isEmpty)
      #expect(report.parts.map(\.counts) == [[6, 6], [6, 6]])
      #expect(report.patients == nil)
      #expect(!report.findings.contains { $0.topic == .leakage && $0.severity == .serious })
      #expect(report.findings.contains { $0.topic == .leakage && $0.severity == .warning })
    }
  }

  @Test("the same file, and the same picture in another size, are found across parts")
  func duplicates() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      try root.write("Train/Covid/first.png", picture(900))
      try root.write("Val/Covid/second.png", picture(900))
      try root.write("Train/Normal/third.png", picture(901))
      try root.write("Val/Normal/fourth.png", picture(901, size: 90, mode: .rgb))
      let report = try root.audit()
      #expect(report.leaks.map(\.path) == ["Val/Covid/second.png", "Val/Normal/fourth.png"])
      #expect(report.leaks.map(\.reason) == [.sameFile, .samePicture])
      #expect(
        report.leaks.map(\.relatives) == [["Train/Covid/first.png"], ["Train/Normal/third.png"]])
      #expect(report.duplicates.map(\.isExact).sorted { $0 && !$1 } == [true, false])
      #expect(report.duplicates.allSatisfy { $0.crossesParts && !$0.isContradiction })
      let finding = try #require(report.findings.first)
      #expect(finding.severity == .serious && finding.topic == .leakage)
      #expect(
        finding.text.hasPrefix(
          "2 of 14 validation images are not independent of those in an earlier part: 1 is the "
            + "same picture in another file, 1 is the same file."))
      #expect(report.verdict.contains("images or patients in two parts"))
    }
  }

  @Test("a picture that is twice in one part, and one with two labels")
  func repeats() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      try root.write("Val/Covid/first.png", picture(900))
      try root.write("Val/Covid/second.png", picture(900))
      try root.write("Train/Covid/third.png", picture(901))
      try root.write("Train/Normal/fourth.png", picture(901))
      let report = try root.audit()
      #expect(report.leaks.isEmpty)
      #expect(report.duplicates.map(\.crossesParts) == [false, false])
      #expect(report.duplicates.map(\.isContradiction) == [true, false])
      #expect(report.findings.contains { $0.topic == .labels && $0.severity == .serious })
      #expect(report.findings.contains { $0.topic == .repeats && $0.severity == .warning })
      #expect(report.text.contains("Train/Covid/third.png = Train/Normal/fourth.png"))
    }
  }

  @Test("patients in two parts, from a table that names files by path or by name")
  func patients() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset()
      for path in ["Train/Covid/one.png", "Val/Covid/two.png", "Val/Normal/three.png"] {
        try root.write(path, picture(path.count + path.utf8.reduce(0) { $0 + Int($1) }))
      }
      let table = """
        file,patient
        Train/Covid/one.png,p-1
        two.png,p-1
        Val/Normal/three.png,p-2
        Val/Normal/absent.png,p-1
        """
      let report = try root.audit(patients: table)
      let patients = try #require(report.patients)
      #expect(patients.count == 2 && patients.absentCount == 1 && patients.unknown.count == 24)
      #expect(patients.shared.map(\.patient) == ["p-1"])
      #expect(patients.shared.map(\.paths) == [["Train/Covid/one.png", "Val/Covid/two.png"]])
      #expect(report.leaks.map(\.path) == ["Val/Covid/two.png"])
      #expect(report.leaks.first?.reason == .samePatient)
      #expect(report.leaks.first?.relatives == ["Train/Covid/one.png"])
    }
  }

  @Test(
    "names of one series in two parts raise a suspicion",
    arguments: [
      ("case-a-2020_01_28.png", "case-c-2020_01_28.png", true),
      ("extubation-1.png", "extubation-13.png", true),
      ("doc.fig1a.png", "doc.fig1b.png", true),
      ("doc.fig5-day0.png", "doc.fig5-day10.png", true),
      ("IM-0491-0001.png", "IM-0491-0001-0002.png", true),
      ("16654_1_1.png", "16654_2_1.png", true),
      ("film-2020_01.png", "slide-2020_01.png", false),
      ("IM-0491-0001.png", "IM-0492-0001.png", false),
      ("a.png", "b.png", false), ("1.png", "2.png", false),
    ])
  func names(first: String, second: String, areSeries: Bool) throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 3)
      try root.write("Train/Covid/\(first)", picture(900))
      try root.write("Val/Covid/\(second)", picture(901))
      let report = try root.audit()
      #expect(report.leaks.isEmpty)
      #expect(
        report.nameSeries.map(\.paths)
          == (areSeries ? [["Train/Covid/\(first)", "Val/Covid/\(second)"]] : []))
      // Known patients leave nothing to suspect.
      let known = try root.audit(patients: "file,patient\n\(first),p1\n\(second),p2\n")
      #expect(known.nameSeries.isEmpty && known.leaks.isEmpty)
    }
  }

  @Test("a pattern of many files is a naming scheme, not a series")
  func scheme() throws {
    try withTemporaryFolder { root in
      try root.writePlainDataset(count: 3)
      for number in 1...9 {
        try root.write(
          "\(number < 6 ? "Train" : "Val")/Covid/pneumonia-\(number).png", picture(900 + number))
      }
      #expect(try root.audit().nameSeries.isEmpty)
    }
  }
}
