import Auditing
import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor
import Testing

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  @Test("landing page: images are audited, and a model beside them")
  func landingPage() throws {
    try withTemporaryFolder { url in
      try url.writePlainDataset(count: 3)
      try Data("file,patient\n".utf8).write(to: url.appending(path: "patients.csv"))

      let parts = try [("training", "Train"), ("validation", "Val")].map { name, folder in
        DatasetAudit.Part(name: name, folder: try ImageFolder(at: url.appending(path: folder)))
      }
      let patients = try PatientTable(contentsOf: url.appending(path: "patients.csv"))
      let audit = try DatasetAudit(parts: parts, positiveClass: "Covid", patients: patients)
      let report = try audit.report()
      #expect(report.text.contains("Verdict\n  \(report.verdict.prefix(40))"))

      let model = AuditedModel(classNames: ["Covid", "Normal"]) { image in
        let probability = Double(image.pixels.scalars[0]) / 255
        return [probability, 1 - probability]
      }
      let judged = try audit.report(model: model)
      #expect(judged.models[0].scores[1].accuracy.count == 6)
    }
  }
}
