import Auditing
import Evaluation
import Reporting

/// The parts of a page that an audit of the films fills: what is wrong with them, and how far one gets without lungs.
struct AuditSections {
  let audit: AuditReport
  /// What charts say below them.
  let caption: String?

  /// The verdict, which belongs beside every figure.
  var inShort: [HTMLReport.Block] { [.notice("Audit: \(audit.verdict)")] }

  /// What the audit found, in words and tables.
  var findings: [HTMLReport.Block] {
    var blocks = inShort
    blocks.append(
      .list(audit.findings.map { "\(Self.name(of: $0.severity)): \($0.text)" }))
    if !audit.leaks.isEmpty {
      blocks.append(
        .table(
          .init(
            "Images that are not independent of those trained on",
            columns: ["image", "part", "relation", "related to"],
            rows: audit.leaks.prefix(Self.maximumRows).map {
              [
                $0.path, $0.part, Self.name(of: $0.reason),
                $0.relatives.prefix(3).joined(separator: ", ")
                  + ($0.relatives.count > 3 ? ", …" : ""),
              ]
            })))
      blocks += rest(audit.leaks.count)
    }
    if !audit.nameSeries.isEmpty {
      blocks.append(
        .details(
          "\(audit.nameSeries.count) series of names across parts: a suspicion",
          [.list(audit.nameSeries.map { "\($0.pattern): \($0.paths.joined(separator: ", "))" })]))
    }
    if !audit.unreadable.isEmpty {
      blocks.append(
        .details("\(audit.unreadable.count) files that cannot be read", [.list(audit.unreadable)]))
    }
    return blocks
  }

  /// The network beside models that see no content, as charts and tables.
  ///
  /// - Parameter network: The network's own figures on a part, by the part's name.
  func baselines(network: (String) -> EvaluationSummary?) -> [HTMLReport.Block] {
    guard !audit.parts.isEmpty else { return [] }
    // What was not fitted on; with one part alone there is nothing but that.
    let index = min(1, audit.parts.count - 1)
    let part = audit.parts[index]
    let summary = network(part.name)
    var accuracy: [IntervalChart.Row] = []
    var area: [IntervalChart.Row] = []
    if let summary {
      accuracy.append(row("the network", summary[.accuracy]))
      area.append(row("the network", summary[.areaUnderROC]))
    }
    for model in audit.models where model.visibility != .whole {
      accuracy.append(row(Self.name(of: model.visibility), model.scores[index]))
      area.append(areaRow(Self.name(of: model.visibility), model.scores[index]))
    }
    for baseline in audit.baselines {
      accuracy.append(row(baseline.name, baseline.scores[index]))
      area.append(areaRow(baseline.name, baseline.scores[index]))
    }
    let best = audit.properties.sorted { share($0, index) > share($1, index) }.prefix(3)
    for property in best {
      accuracy.append(row("\(property.name), alone", property.scores[index]))
    }
    let label = caption == nil ? "" : "SYNTHETIC: "
    return [
      .paragraph(
        "How far one gets on the \(part.count) \(part.name) images without looking at lungs. A network is worth what it is "
          + "better than these, and nothing where it is not. \(audit.intervalsText)"),
      .charts([
        .init(
          IntervalChart(
            title: "\(label)Accuracy, \(part.name) images",
            axis: Axis("share right", format: .percent, range: 0...1), rows: accuracy,
            reference: 0.5, caption: caption)),
        .init(
          IntervalChart(
            title: "\(label)Area under the ROC curve, \(part.name) images",
            axis: Axis("area", range: 0...1), rows: area, reference: 0.5, caption: caption)),
      ]),
      .details(
        "What these models are",
        [
          .list(
            audit.baselines.map { "\($0.name): \($0.method), \($0.featureCount) numbers an image." }
              + audit.properties.map {
                "The file's \($0.name): \($0.rule). Right for \($0.overall) of all files."
              })
        ]),
    ]
  }

  private static let maximumRows = 40

  private func rest(_ count: Int) -> [HTMLReport.Block] {
    count > Self.maximumRows ? [.paragraph("… and \(count - Self.maximumRows) more.")] : []
  }

  private func share(_ property: AuditReport.Property, _ index: Int) -> Double {
    property.scores[index].accuracy.value ?? 0
  }

  private func row(_ name: String, _ metric: Metric?) -> IntervalChart.Row {
    .init(name, value: metric?.value, interval: metric?.interval)
  }

  private func row(_ name: String, _ score: AuditReport.Score) -> IntervalChart.Row {
    .init(name, value: score.accuracy.value, interval: score.accuracyInterval)
  }

  private func areaRow(_ name: String, _ score: AuditReport.Score) -> IntervalChart.Row {
    .init(name, value: score.area, interval: score.areaInterval)
  }

  private static func name(of severity: AuditReport.Finding.Severity) -> String {
    switch severity {
    case .serious: "Serious"
    case .warning: "Warning"
    case .fine: "Fine"
    }
  }

  private static func name(of reason: AuditReport.Leak.Reason) -> String {
    switch reason {
    case .sameFile: "the same file"
    case .samePicture: "the same picture"
    case .samePatient: "the same patient"
    }
  }

  private static func name(of visibility: Visibility) -> String {
    switch visibility {
    case .whole: "the network"
    case .withoutMiddle: "the network, lungs hidden"
    case .borderOnly: "the network, border only"
    }
  }
}
