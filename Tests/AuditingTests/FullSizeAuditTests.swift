import Auditing
import Datasets
import Evaluation
import Foundation
import Testing

/// The films of the article, which are not part of this project: what is true of them has to be found.
///
/// In release, since pixels of 131 MB of films pass through Swift: `swift test -c release --filter FullSize`.
@Suite(
  "Full-size audit of the article's films",
  .enabled(if: folder != nil, "COVID_DATASET is not set, or this is a debug build"), .serialized)
struct FullSizeAuditTests {
  private func audit(patients: PatientTable?) throws -> AuditReport {
    let root = try #require(folder)
    let parts = try [("training", "Train"), ("validation", "Val")].map { name, folder in
      DatasetAudit.Part(name: name, folder: try ImageFolder(at: root.appending(path: folder)))
    }
    return try DatasetAudit(parts: parts, positiveClass: "Covid", patients: patients).report()
  }

  @Test("without patients: the picture under another name, and a series of names")
  func withoutPatients() throws {
    let report = try audit(patients: nil)
    #expect(report.parts.map(\.counts) == [[112, 112], [29, 30]])
    #expect(report.leaks.count == 1)
    let leak = try #require(report.leaks.first)
    #expect(leak.path == "Val/Covid/4-x-day1.jpg" && leak.reason == .samePicture)
    #expect(leak.relatives == ["Train/Covid/extubation-1.jpg"])
    #expect(report.duplicates.allSatisfy { $0.distance <= 15 })
    #expect(report.nameSeries.count == 1)
    #expect(report.nameSeries.first?.pattern.hasPrefix("auntminnie-*-2020") == true)
    #expect(report.nameSeries.first?.paths.count == 4)
  }

  @Test("with patients: five leaking images")
  func withPatients() throws {
    let table = try #require(folder).appending(path: "../CovidPatients.csv").standardizedFileURL
    let report = try audit(patients: PatientTable(contentsOf: table))
    #expect(report.leaks.count { $0.reason == .samePatient } == 4)
    #expect(report.leaks.count { $0.reason == .samePicture } == 1)
    #expect(report.leaks.allSatisfy { $0.part == "validation" })
    #expect(report.nameSeries.isEmpty)
    #expect(report.patients?.unknown == ["Val/Covid/4-x-day1.jpg"])
    #expect(report.findings.first?.text.hasPrefix("5 of 59 validation images") == true)
  }

  @Test("greyness alone, and borders alone, tell the classes apart")
  func clues() throws {
    let report = try audit(patients: nil)
    let colours = try #require(report.properties.first { $0.name == "colours" })
    #expect(colours.overall.successes == 271 && colours.overall.count == 283)
    let border = try #require(report.baselines.first { $0.name == "border pixels only" })
    #expect(border.scores[1].accuracy.successes == 56)
    #expect(abs((border.scores[1].area ?? 0) - 0.984) < 5e-4)
    #expect(report.verdict.hasPrefix("A good score on these images is no evidence"))
  }
}

private let folder: URL? = {
  #if DEBUG
    return nil
  #else
    let path = ProcessInfo.processInfo.environment["COVID_DATASET"] ?? ""
    return path.isEmpty ? nil : URL(filePath: path)
  #endif
}()
