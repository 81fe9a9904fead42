import Evaluation
import Foundation

extension AuditReport {
  /// The whole report for a terminal, the verdict last.
  public var text: String {
    var sections = [overview, relationsText]
    sections.append(propertiesText)
    sections.append(baselinesText)
    if !models.isEmpty { sections.append(modelsText) }
    sections.append(intervalsText.wrapped(first: "", others: "  "))
    sections.append(verdictText)
    return sections.joined(separator: "\n\n")
  }

  /// How the intervals were found, in a sentence or two.
  ///
  /// By whole patients where they are known and some have several images, else as if images were independent.
  public var intervalsText: String {
    let byPatient = parts.compactMap { part in
      part.patientCount.map { "\(part.name) (\(part.count) images of \($0) patients)" }
    }
    let independent = parts.filter { $0.patientCount == nil }.map(\.name)
    let exact = "exact (Clopper and Pearson) for rates, DeLong's for areas"
    var sentences: [String] = []
    if !byPatient.isEmpty {
      sentences.append(
        "Intervals by patient, from a bootstrap over whole patients and never narrower than by image: "
          + "\(byPatient.joined(separator: ", ")).")
    }
    if !independent.isEmpty {
      sentences.append(
        "Intervals by image, \(exact): \(independent.joined(separator: ", ")). "
          + (patients == nil
            ? "Patients are not known; where some have several images, these intervals are too "
              + "narrow."
            : "No two images there are known to be of one patient."))
    }
    return sentences.joined(separator: " ")
  }

  private var overview: String {
    let lines = parts.map { part in
      let counts = zip(classNames, part.counts).map { "\($1) \($0)" }
      return "  \(part.name): \(counts.joined(separator: ", "))"
    }
    let unread = unreadable.map { "  left out: \($0)" }
    return (["Images"] + lines + unread).joined(separator: "\n")
  }

  private var relationsText: String {
    var lines = ["Pictures and patients"]
    if let patients {
      lines.append(
        "  \(patients.count) known patients; "
          + (patients.unknown.count == 1
            ? "1 image without a known one"
            : "\(patients.unknown.count) images without a known one")
          + (patients.absentCount == 0
            ? "" : "; the table names \(patients.absentCount) files that are not here"))
    } else {
      lines.append("  patients are not known")
    }
    lines.append("  related across parts: " + (leaks.isEmpty ? "none found" : "\(leaks.count)"))
    for leak in leaks {
      lines.append("    \(leak.path)")
      lines += leak.relatives.map { "      \(leak.reason.phrase) \($0)" }
    }
    let repeats = duplicates.filter { !$0.crossesParts }
    lines.append(
      "  the same picture twice in one part: "
        + (repeats.isEmpty ? "none found" : "\(repeats.count)"))
    lines += repeats.map { pair in
      "    \(pair.paths.joined(separator: " = ")) "
        + (pair.isExact ? "(same file)" : "(\(pair.distance) of 256 bits differ)")
    }
    let contradictions = duplicates.filter(\.isContradiction)
    if !contradictions.isEmpty {
      lines.append("  the same picture in two classes: \(contradictions.count)")
      lines += contradictions.map { "    \($0.paths.joined(separator: " = "))" }
    }
    if !nameSeries.isEmpty {
      lines.append("  suspected by name, series across parts: \(nameSeries.count)")
      for series in nameSeries {
        lines.append("    \(series.pattern)")
        lines += series.paths.map { "      \($0)" }
      }
    }
    return lines.joined(separator: "\n")
  }

  private var propertiesText: String {
    let names = parts.map(\.name)
    var rows = [["property", "rule"] + names + ["all"]]
    for property in properties {
      rows.append(
        [property.name, property.rule] + property.scores.map(brief)
          + [property.overall.description])
    }
    return "Each property as the only clue, its rule learnt from \(names[0]) images: accuracy, "
      + "95 % interval\n"
      + table(rows, leading: 2)
  }

  private var baselinesText: String {
    "Simple models, fitted on \(parts[0].name) images\n"
      + scoreTable(
        "sees", baselines.map { ("\($0.name), \($0.method)", $0.scores) })
  }

  private var modelsText: String {
    "The network\n" + scoreTable("sees", models.map { ($0.visibility.phrase, $0.scores) })
  }

  private var verdictText: String {
    let lines = findings.map {
      "[\($0.severity.rawValue)] \($0.text)".wrapped(first: "  ", others: "    ")
    }
    return (["Verdict", verdict.wrapped(first: "  ", others: "  ")] + lines).joined(separator: "\n")
  }

  private func scoreTable(_ title: String, _ rows: [(name: String, scores: [Score])]) -> String {
    var table = [[title] + parts.flatMap { [$0.name, "95 % interval", "AUC"] }]
    for row in rows {
      table.append(
        [row.name]
          + row.scores.flatMap { score in
            [
              score.accuracy.description, score.accuracyInterval.percentDescription,
              score.area.map { String(format: "%.3f", $0) } ?? "undefined",
            ]
          })
    }
    // Intervals of areas are not shown, so only what is missing itself needs a reason.
    let notes = rows.flatMap { row in row.scores.filter { $0.area == nil }.compactMap(\.note) }
      .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return self.table(table, leading: 1)
      + notes.map { "\n  note: \($0)" }.joined()
  }

  /// The accuracy with its interval, as in `97.3 % (94.3–99.0)`.
  private func brief(_ score: Score) -> String {
    guard let value = score.accuracy.value else { return "undefined" }
    let interval = score.accuracyInterval
    return String(
      format: "%.1f %% (%.1f–%.1f)", 100 * value, 100 * interval.lower, 100 * interval.upper)
  }

  /// Columns side by side, the first ones to the left and numbers to the right.
  private func table(_ rows: [[String]], leading: Int) -> String {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        cell.padded(to: widths[column], onTheLeft: column >= leading)
      }
      return "  " + cells.joined(separator: "  ").trimmingSuffix
    }.joined(separator: "\n")
  }
}

extension String {
  /// This text without spaces at its end.
  fileprivate var trimmingSuffix: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }

  /// This text in lines of at most 100 characters, as far as its words allow.
  fileprivate func wrapped(first: String, others: String) -> String {
    var lines = [first]
    for (index, word) in split(separator: " ").enumerated() {
      let line = lines[lines.count - 1]
      if index > 0 && line.count + 1 + word.count > 100 {
        lines.append(others + word)
      } else {
        lines[lines.count - 1] += (index > 0 ? " " : "") + word
      }
    }
    return lines.joined(separator: "\n")
  }
}
