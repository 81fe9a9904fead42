public import Auditing
public import Evaluation
public import Foundation
import Reporting

/// A model measured on one or more folders of films, as one page of HTML that opens offline.
public struct EvaluationReport: Sendable {
  /// A folder of films with what the model said of them.
  public struct Films: Sendable {
    /// The figures.
    public let evaluation: FilmEvaluation
    /// The folder that the films' names begin in.
    public let folder: URL

    /// A folder with the figures of its films.
    public init(_ evaluation: FilmEvaluation, folder: URL) {
      self.evaluation = evaluation
      self.folder = folder
    }
  }

  /// The model.
  public let model: CovidClassifier
  /// What the model is called, such as its path.
  public let modelName: String
  /// The sets, in the order in which they were measured.
  public let sets: [Films]
  /// What a temperature does to the probabilities.
  public let recalibrations: [Recalibration]
  /// The model beside another one.
  public let comparisons: [ModelComparison]
  /// What an audit of the first folders found.
  public let audit: AuditReport?
  /// Files that were left out, because they cannot be read.
  public let skipped: [String]

  /// What is to be on the page.
  public init(
    model: CovidClassifier, named modelName: String, sets: [Films],
    recalibrations: [Recalibration] = [], comparisons: [ModelComparison] = [],
    audit: AuditReport? = nil, skipped: [String] = []
  ) {
    self.model = model
    self.modelName = modelName
    self.sets = sets
    self.recalibrations = recalibrations
    self.comparisons = comparisons
    self.audit = audit
    self.skipped = skipped
  }

  /// The set that matters most: the last that the model was not trained on, so far as its name tells.
  private var main: Films? {
    sets.last { $0.evaluation.films.name != XRayDataset.Split.training.rawValue } ?? sets.last
  }

  /// The page as a file.
  ///
  /// - Parameter caseCount: How many films are shown at most.
  public func html(caseCount: Int = CaseStudy.maximumCount) -> String {
    let isSynthetic = model.isSynthetic
    let caption = isSynthetic ? "SYNTHETIC model." : nil
    let ordered =
      (main.map { [$0] } ?? [])
      + sets.filter {
        $0.evaluation.films.name != main?.evaluation.films.name
      }
    let evaluation = EvaluationSections(sets: ordered.map(\.evaluation), caption: caption)
    var sections = [
      HTMLReport.Section(
        "In short",
        [
          .paragraph(
            "\(modelName) on \(main?.evaluation.summary.title(samples: "images", groups: "patients") ?? "no images"):"
          )
        ] + (evaluation.tiles.map { [$0] } ?? [])
          + (audit.map { AuditSections(audit: $0, caption: caption).inShort } ?? [])),
      HTMLReport.Section("Figures", [evaluation.table, evaluation.notes]),
    ]
    for set in ordered {
      sections.append(
        HTMLReport.Section(
          "Images: \(set.evaluation.films.name)", [evaluation.charts(of: set.evaluation)]))
    }
    if !recalibrations.isEmpty {
      sections.append(
        HTMLReport.Section("Calibration", evaluation.table(of: recalibrations)))
    }
    if !comparisons.isEmpty {
      sections.append(
        HTMLReport.Section(
          "Beside another model", comparisons.flatMap { evaluation.table(of: $0) }))
    }
    if let audit {
      let blocks = AuditSections(audit: audit, caption: caption)
      sections.append(
        HTMLReport.Section(
          "Beside simple models",
          blocks.baselines { name in
            sets.first { $0.evaluation.films.name == name }?.evaluation.summary
          }))
      sections.append(HTMLReport.Section("Audit of the images", blocks.findings))
    }
    if let main {
      let names = main.evaluation.films.sampleNames
      let cases = CaseStudies(of: main.evaluation, by: model, limit: caseCount) { index in
        try model.preprocessing.prepare(imageAt: main.folder.appending(path: names[index]))
      }
      let blocks = cases.blocks(of: main.evaluation.films.name)
      if !blocks.isEmpty { sections.append(HTMLReport.Section("Cases", blocks)) }
    }
    if !skipped.isEmpty {
      sections.append(HTMLReport.Section("Files that were left out", [.list(skipped)]))
    }
    sections.append(HTMLReport.Section("Model card", [.markdown(model.card)]))
    return HTMLReport(
      title: "\(model.classNames.joined(separator: " or ")): a model measured",
      subtitle: modelName, label: isSynthetic ? "SYNTHETIC" : nil,
      notices: (isSynthetic ? ["Model: \(SyntheticChest.notice)."] : []) + [RunReport.notice],
      sections: sections, footer: RunReport.footer
    ).html
  }
}
