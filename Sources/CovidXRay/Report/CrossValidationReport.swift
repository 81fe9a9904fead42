import Evaluation
import Foundation
import Reporting

extension CrossValidation.Result {
  /// All runs as one page of HTML that opens offline.
  ///
  /// - Parameters:
  ///   - title: What was trained, such as the recipe and the data.
  ///   - recipe: The recipe of all runs.
  public func html(title: String, recipe: TrainingRecipe) -> String {
    let sets = pooled.isEmpty ? runs.map(\.films) : pooled
    let sections = EvaluationSections(sets: Array(sets.prefix(1)), caption: nil)
    var parts = [
      HTMLReport.Section("In short", [.paragraph(summary)] + (sections.tiles.map { [$0] } ?? [])),
      HTMLReport.Section(
        "Spread over the runs",
        [
          spreads,
          .charts([
            .init(chart(.accuracy, "accuracy")),
            .init(chart(.areaUnderROC, "area under the ROC curve")),
          ]),
        ]),
      HTMLReport.Section(
        pooled.isEmpty ? "Figures of the first run" : "Figures of all folds together",
        [EvaluationSections(sets: sets, caption: nil).table, sections.notes]),
    ]
    if let first = sets.first {
      parts.append(
        HTMLReport.Section("Curves: \(first.films.name)", [sections.charts(of: first)]))
    }
    parts.append(
      HTMLReport.Section(
        "Recipe", [.preformatted((try? CanonicalJSON.text(recipe)) ?? "")]))
    return HTMLReport(
      title: title, subtitle: summary, notices: [RunReport.notice], sections: parts,
      footer: RunReport.footer
    ).html
  }

  private var summary: String {
    let seeds = Set(runs.map(\.seed)).count
    let folds = Set(runs.compactMap(\.fold)).count
    let films = pooled.first?.films.count ?? runs.first?.films.films.count ?? 0
    return "\(runs.count) runs: "
      + (folds > 0 ? "\(folds) folds, " : "")
      + "\(seeds) \(seeds == 1 ? "seed" : "seeds"), \(films) images"
      + (patientCount.map { " of \($0) patients" } ?? ", patients not known")
  }

  private var spreads: HTMLReport.Block {
    .table(
      .init(
        "How every figure varies between runs",
        columns: [
          "", "mean", "standard deviation", "lowest", "highest", "95 % interval of the mean",
          "runs",
        ],
        rows: evaluation.spreads.map { spread in
          func text(_ value: Double?) -> String {
            guard let value else { return "–" }
            return spread.kind.isShare
              ? String(format: "%.1f %%", 100 * value) : String(format: "%.3f", value)
          }
          return [
            spread.kind.name, text(spread.mean), text(spread.standardDeviation),
            text(spread.minimum), text(spread.maximum),
            spread.interval.map { "\(text($0.lower)) to \(text($0.upper))" } ?? "–",
            "\(spread.definedCount) of \(spread.runCount)",
          ]
        }))
  }

  private func chart(_ kind: MetricKind, _ title: String) -> IntervalChart {
    IntervalChart(
      title: "Every run: \(title)",
      axis: Axis(title, format: kind.isShare ? .percent : .number, range: 0...1),
      rows: runs.map {
        .init(
          $0.films.films.name, value: $0.films.summary[kind]?.value,
          interval: $0.films.summary[kind]?.interval)
      }, reference: 0.5)
  }
}
