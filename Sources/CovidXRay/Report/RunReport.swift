import Auditing
import Datasets
import Evaluation
import Foundation
import Reporting

/// A training run as one page: what was asked, on which films, what came out, and what it is worth.
struct RunReport {
  let run: TrainingRun
  let configuration: RunConfiguration
  /// The validation films, with all figures.
  let validation: FilmEvaluation
  /// The films that were trained on, with all figures.
  let training: FilmEvaluation
  /// What an audit of the films found, or why there is none.
  let audit: Result<AuditReport, any Error>?
  /// Films to be looked at.
  let cases: CaseStudies

  /// The page as a file.
  var html: String {
    let isSynthetic = run.model.isSynthetic
    let names = run.model.classNames.joined(separator: " or ")
    return HTMLReport(
      title: "\(names): a training run",
      subtitle: "\(run.recipe.epochs) epochs, seed \(run.recipe.seed), validated on "
        + "\(run.validation.count) images",
      label: isSynthetic ? "SYNTHETIC" : nil,
      notices: (isSynthetic ? ["\(SyntheticChest.notice)."] : []) + [Self.notice],
      sections: sections,
      footer: Self.footer
    ).html
  }

  static let notice =
    "This is no medical device, and nothing in it is a medical statement. Figures speak of images like those measured, "
    + "from the same sources, and of no others."
  static let footer = "Written by Roentgen. This file loads nothing and runs nothing."

  private var caption: String? { run.model.isSynthetic ? "\(SyntheticChest.notice)." : nil }

  private var sections: [HTMLReport.Section] {
    let evaluation = EvaluationSections(sets: [validation, training], caption: caption)
    var sections = [
      HTMLReport.Section(
        "In short",
        [
          .paragraph(
            "How the finished network does on \(run.validation.count) images that it was not trained on:"
          )
        ] + (evaluation.tiles.map { [$0] } ?? []) + auditInShort
          + [
            .paragraph(
              "The figures of the training images, below, say how well the network remembers them, and nothing about other "
                + "images.")
          ]),
      HTMLReport.Section("Figures", [evaluation.table, evaluation.notes]),
      HTMLReport.Section("Validation images", [evaluation.charts(of: validation)]),
      HTMLReport.Section(
        "Training", [.charts([.init(run.lossLines), .init(run.accuracyLines)])]),
    ]
    if case .success(let audit) = audit {
      let blocks = AuditSections(audit: audit, caption: caption).baselines { name in
        [validation, training].first { $0.films.name == name }?.summary
      }
      sections.append(HTMLReport.Section("Beside simple models", blocks))
    }
    let caseBlocks = cases.blocks(of: run.validation.name)
    if !caseBlocks.isEmpty { sections.append(HTMLReport.Section("Cases", caseBlocks)) }
    sections.append(HTMLReport.Section("Data", dataBlocks))
    sections.append(HTMLReport.Section("Configuration", configurationBlocks))
    sections.append(HTMLReport.Section("Model card", [.markdown(run.model.card)]))
    return sections
  }

  /// What the audit makes of such figures, so that nobody reads them without it.
  private var auditInShort: [HTMLReport.Block] {
    if case .success(let audit) = audit {
      return AuditSections(audit: audit, caption: caption).inShort
    }
    return run.model.isSynthetic
      ? [] : [.notice("The images were not audited: what these figures are worth is not known.")]
  }

  private var dataBlocks: [HTMLReport.Block] {
    let names = run.model.classNames
    func counts(_ evaluation: SplitEvaluation) -> String {
      let matrix = evaluation.confusionMatrix
      return names.indices.map { "\(matrix.actualCount(ofClass: $0)) \(names[$0])" }
        .joined(separator: ", ")
    }
    var blocks: [HTMLReport.Block] = [
      .facts([
        .init("source", configuration.data), .init("training images", counts(run.training)),
        .init("validation images", counts(run.validation)),
        .init("left out", run.skipped.isEmpty ? "none" : "\(run.skipped.count) files"),
        .init("unreadable files", configuration.onUnreadable == "skip" ? "left out" : "stop a run"),
      ])
    ]
    if !run.skipped.isEmpty {
      blocks.append(.details("Files that were left out", [.list(run.skipped.map(\.description))]))
    }
    switch audit {
    case .success(let audit): blocks += AuditSections(audit: audit, caption: caption).findings
    case .failure(let error): blocks.append(.notice("Audit: not done. \(error)"))
    case nil: break
    }
    return blocks
  }

  private var configurationBlocks: [HTMLReport.Block] {
    let recipe = run.recipe
    let json = (try? configuration.json) ?? ""
    return [
      .facts([
        .init("epochs", "\(recipe.epochs) of \(recipe.stepsPerEpoch) steps"),
        .init("batch", "\(recipe.batchSize) images"),
        .init(
          "optimizer",
          "Adam, learning rate \(recipe.learningRate), β₁ \(recipe.beta1), β₂ \(recipe.beta2), ε \(recipe.epsilon)"
        ),
        .init("augmentation", recipe.augmentation.rawValue),
        .init("image size", "\(recipe.imageSize) × \(recipe.imageSize)"),
        .init("seed", "\(recipe.seed)"),
        .init("threshold", "\(recipe.threshold) for \(run.model.positiveClass)"),
        .init("threads", "\(configuration.threads), \(configuration.workers) workers"),
      ]), .details("config.json", [.preformatted(json)]),
    ]
  }
}
