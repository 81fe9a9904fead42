import Evaluation
import Foundation
import Reporting

/// The parts of a page that show how a classifier does on sets of films.
struct EvaluationSections {
  /// The sets, the one that matters most first.
  let sets: [FilmEvaluation]
  /// What is said at every chart and table, such as that the films are SYNTHETIC.
  let caption: String?

  /// The few figures that matter, of the first set.
  var tiles: HTMLReport.Block? {
    guard let set = sets.first else { return nil }
    let kinds: [MetricKind] = [
      .accuracy, .sensitivity, .specificity, .areaUnderROC, .brierScore, .expectedCalibrationError,
    ]
    return .tiles(
      kinds.compactMap { kind in
        set.summary[kind].map { metric in
          HTMLReport.Tile(
            kind == .sensitivity ? "sensitivity to \(set.films.positiveClass)" : metric.name,
            metric.value == nil ? "undefined" : metric.valueDescription,
            note: metric.intervalDescription.map { "95 % interval \($0)" } ?? metric.reason ?? "")
        }
      })
  }

  /// All figures of all sets in one table.
  var table: HTMLReport.Block {
    let metrics = sets.first?.summary.metrics ?? []
    let rows = metrics.indices.map { index -> [String] in
      [metrics[index].name] + sets.map { $0.summary.metrics[index].description }
    }
    let lossRow = ["cross-entropy (as in training)"] + sets.map { number($0.films.loss) }
    return .table(
      .init(
        titled("All figures with their 95 % intervals"),
        columns: [""] + sets.map { $0.summary.title(samples: "images", groups: "patients") },
        rows: rows + [lossRow]))
  }

  /// What has to be known to read the figures.
  var notes: HTMLReport.Block {
    var notes = [
      "Sensitivity, specificity and the curves are about \(sets.first?.films.positiveClass ?? ""). "
        + "Where images are taken as independent, rates have exact intervals (Clopper and Pearson), areas under the "
        + "ROC curve those of DeLong, all others come from the bootstrap. Where patients are known, all come from the "
        + "bootstrap by patient, or from the number of patients where that sees no variation; those of rates and areas are "
        + "never narrower than for independent images.",
      "A calibration error is biased upwards where bins hold few images: its bootstrap interval can lie above it.",
    ]
    for set in sets {
      let own = set.summary.notes(samples: "images", groups: "patients")
      notes += own.map { sets.count > 1 ? "\(set.films.name): \($0)" : $0 }
    }
    if sets.contains(where: { $0.patients == nil }) {
      notes.append(
        "Where patients are not known, images are taken as independent; several of a patient make such intervals too narrow."
      )
    }
    return .list(notes)
  }

  /// The charts of one set.
  func charts(of set: FilmEvaluation) -> HTMLReport.Block {
    let films = set.films
    let scores = films.predictions.binaryScores(ofClass: films.positiveIndex)
    let threshold = set.summary.threshold?.value
    let name = "\(films.name), \(films.count) images"
    return .charts([
      .init(
        ConfusionMatrixChart(
          set.summary.confusionMatrix, title: titled("Confusion matrix: \(name)"), caption: caption)
      ),
      .init(
        ROCChart(
          title: titled("ROC curve: \(name)"),
          curves: [
            .init(
              films.positiveClass, scores: scores, threshold: threshold,
              interval: set.summary[.areaUnderROC]?.interval)
          ],
          caption: caption)),
      .init(
        PrecisionRecallChart(
          title: titled("Precision and sensitivity: \(name)"),
          curves: [.init(films.positiveClass, scores: scores, threshold: threshold)],
          caption: caption)),
      .init(
        ReliabilityChart(
          title: titled("Stated and observed: \(name)"),
          calibration: films.predictions.calibration(
            ofClass: films.positiveIndex, binCount: set.summary.settings.binCount),
          outcome: films.positiveClass, caption: caption)),
    ])
  }

  /// What temperature scaling does, as a table.
  func table(of recalibrations: [Recalibration]) -> [HTMLReport.Block] {
    recalibrations.map { item in
      guard let temperature = item.temperature else {
        return .paragraph("\(item.name): no temperature, \(item.reason ?? "unknown").")
      }
      let place =
        item.isFittedHere ? "these very images, so it looks better than it is" : item.fittedOn
      return .table(
        .init(
          titled("\(item.name): temperature \(number(temperature)), fitted on \(place)"),
          columns: ["", "before", "after"],
          rows: zip(item.before, item.after).map { [$0.name, $0.description, $1.description] }))
    }
  }

  /// Two models on the same films, as a table.
  func table(of comparison: ModelComparison) -> [HTMLReport.Block] {
    let rows = comparison.differences.map { item -> [String] in
      guard let first = item.first, let second = item.second, let value = item.value else {
        return [item.kind.name, "undefined", "", "", item.reason ?? ""]
      }
      let interval = item.interval.map {
        String(format: "%+.3f to %+.3f", $0.lower, $0.upper)
      }
      return [
        item.kind.name, String(format: "%.3f", first), String(format: "%.3f", second),
        String(format: "%+.3f", value) + (interval.map { " (\($0))" } ?? ""),
        item.pValue.map { $0 < 0.001 ? "< 0.001" : String(format: "%.3f", $0) }
          ?? item.reason ?? "",
      ]
    }
    return [
      .paragraph(
        "\(comparison.name): right only with \(comparison.firstName) \(comparison.onlyFirstCorrect) images, only with "
          + "\(comparison.secondName) \(comparison.onlySecondCorrect). McNemar's exact p "
          + "\(String(format: "%.3f", comparison.mcNemarPValue))"
          + (comparison.groupCount == nil ? "." : ", as if images were independent.")),
      .table(
        .init(
          titled("\(comparison.name): \(comparison.firstName) less \(comparison.secondName)"),
          columns: [
            "", comparison.firstName, comparison.secondName, "difference (95 % interval)", "p",
          ], rows: rows)),
    ]
  }

  private func titled(_ title: String) -> String {
    caption == nil ? title : "SYNTHETIC: \(title)"
  }

  private func number(_ value: Double) -> String { String(format: "%.4g", value) }
}
