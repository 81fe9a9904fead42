import Evaluation
import Foundation

/// What follows from the numbers of an audit.
enum Verdict {
  struct Evidence {
    let partNames: [String]
    /// Images of each class in each part.
    let counts: [[Int]]
    let relations: Relations
    let properties: [Scorer.PropertyAnswers]
    let baselines: [Scorer.BaselineAnswers]
    let models: [Scorer.ModelAnswers]
    let scorer: Scorer

    /// What is outside the part to learn from, such as `"validation"`.
    var outside: String { partNames.dropFirst().joined(separator: " and ") }
    var hasOutside: Bool { partNames.count > 1 }

    /// The accuracy that is halfway between always naming the most common class and always being right.
    ///
    /// What is surely above it tells classes apart; what is surely above chance alone may do so a little.
    var halfway: Double {
      let relevant = hasOutside ? Array(counts.dropFirst()) : counts
      let sums = (counts.first ?? []).indices.map { label in
        relevant.reduce(0) { $0 + $1[label] }
      }
      let total = sums.reduce(0, +)
      return total == 0 ? 1 : (Double(sums.max() ?? 0) / Double(total) + 1) / 2
    }

    func tellsClasses(_ rate: Intervals.Rate) -> Bool { rate.interval.lower > halfway }

    /// Whether scores rank the classes, whatever the threshold: the area is surely above the middle between chance and 1.
    func ranksClasses(_ scores: [AuditReport.Score]) -> Bool {
      scores.dropFirst().contains { score in
        if let interval = score.areaInterval { return interval.lower > 0.75 }
        // Without a mistake there is no interval; of twenty images it would be no accident.
        return score.area == 1 && score.accuracy.count >= 20
      }
    }
  }

  /// The gist of a report.
  static func summary(of report: AuditReport) -> String {
    let serious = report.findings.filter { $0.severity == .serious }
    if !serious.isEmpty {
      return "A good score on these images is no evidence that a model sees what the classes are "
        + "about. Serious: " + serious.map(\.topic.phrase).uniqued.joined(separator: "; ") + "."
    }
    let warnings = report.findings.filter { $0.severity == .warning }
    if !warnings.isEmpty {
      return "Nothing serious was found, but a score on these images may be too good: "
        + warnings.map(\.topic.phrase).uniqued.joined(separator: "; ") + "."
    }
    return "Nothing was found that would make a score on these images too good, "
      + "which does not prove that there is nothing."
  }

  /// All findings, the gravest first.
  static func findings(from evidence: Evidence) -> [AuditReport.Finding] {
    let all =
      leakage(evidence) + labels(evidence) + repeats(evidence) + shortcuts(evidence)
      + simpleModels(evidence) + network(evidence)
    return AuditReport.Finding.Severity.allCases.flatMap { severity in
      all.filter { $0.severity == severity }
    }
  }

  private static func leakage(_ evidence: Evidence) -> [AuditReport.Finding] {
    guard evidence.hasOutside else {
      return [
        AuditReport.Finding(
          .warning, .leakage, "There is no part to measure with, so leaks cannot be looked for.")
      ]
    }
    let (relations, outside) = (evidence.relations, evidence.outside)
    var findings: [AuditReport.Finding] = []
    let total = evidence.counts.dropFirst().reduce(0) { $0 + $1.reduce(0, +) }
    if !relations.leaks.isEmpty {
      let clauses = AuditReport.Leak.Reason.allCases.reversed().compactMap { reason -> String? in
        let count = relations.leaks.count { $0.reason == reason }
        return count == 0 ? nil : reason.clause(count)
      }
      findings.append(
        AuditReport.Finding(
          .serious, .leakage,
          "\(relations.leaks.count) of \(total) \(outside) images "
            + "\(relations.leaks.count == 1 ? "is" : "are") not independent of those in an "
            + "earlier part: \(clauses.joined(separator: ", ")). A score on them rewards memory."))
    }
    if !relations.suspectedPaths.isEmpty {
      let (images, verb) =
        relations.suspectedPaths.count == 1 ? ("image", "belongs") : ("images", "belong")
      findings.append(
        AuditReport.Finding(
          .warning, .leakage,
          "By their names, \(relations.suspectedPaths.count) more \(outside) \(images) may \(verb) to "
            + "series in earlier parts, and so to their patients."
        ))
    }
    let unknown = relations.patients?.unknown.count
    if unknown == nil {
      findings.append(
        AuditReport.Finding(
          .warning, .leakage,
          "Patients are not known, so nobody can say that none is in two parts. A table of patients "
            + "would tell."))
    } else if findings.isEmpty {
      let rest = unknown == 0 ? "" : ", as far as patients are known (\(unknown ?? 0) are not)"
      findings.append(
        AuditReport.Finding(
          .fine, .leakage, "No patient and no picture is in two parts\(rest)."))
    }
    return findings
  }

  private static func labels(_ evidence: Evidence) -> [AuditReport.Finding] {
    let count = evidence.relations.duplicates.count { $0.isContradiction }
    guard count > 0 else { return [] }
    return [
      AuditReport.Finding(
        .serious, .labels,
        "\(pairs(count)) of files of different classes show the same picture: one label of each is "
          + "wrong.")
    ]
  }

  private static func repeats(_ evidence: Evidence) -> [AuditReport.Finding] {
    let count = evidence.relations.duplicates.count { !$0.crossesParts }
    guard count > 0 else { return [] }
    return [
      AuditReport.Finding(
        .warning, .repeats,
        "\(pairs(count)) of files within a part show the same picture, which counts twice.")
    ]
  }

  private static func pairs(_ count: Int) -> String { count == 1 ? "1 pair" : "\(count) pairs" }

  private static func shortcuts(_ evidence: Evidence) -> [AuditReport.Finding] {
    let telling = evidence.properties.filter { evidence.tellsClasses($0.rate) }.map(\.property)
    guard
      let best = telling.max(by: { ($0.overall.value ?? 0) < ($1.overall.value ?? 0) })
    else {
      return [
        AuditReport.Finding(
          .fine, .shortcut,
          "No property of files tells the classes apart by itself, as far as so many images show.")
      ]
    }
    let rest = telling.map(\.name).filter { $0 != best.name }
    return [
      AuditReport.Finding(
        .serious, .shortcut,
        "One property of files, \(best.name) (\(best.rule)), alone gives the right class of "
          + "\(best.overall) of all images."
          + (rest.isEmpty
            ? "" : " Less well, but surely, so does: \(rest.joined(separator: ", ")).")
          + " A network can learn that in place of the content.")
    ]
  }

  private static func simpleModels(_ evidence: Evidence) -> [AuditReport.Finding] {
    guard evidence.hasOutside else { return [] }
    let blind = evidence.baselines.filter { !$0.seesContent }
    let telling = blind.filter {
      evidence.tellsClasses($0.rate) || evidence.ranksClasses($0.baseline.scores)
    }
    guard !telling.isEmpty else {
      return [
        AuditReport.Finding(
          .fine, .baselines,
          "No simple model that is blind to content tells the classes apart, as far as so many images "
            + "show.")
      ]
    }
    let list = telling.map {
      "\($0.baseline.name) \($0.rate.share)\(area($0.baseline.scores))"
    }.joined(separator: "; ")
    return [
      AuditReport.Finding(
        .serious, .baselines,
        "Simple models that see nothing of the content are right on \(evidence.outside) images: "
          + "\(list). A network has to beat them by far before its score means anything.")
    ]
  }

  private static func network(_ evidence: Evidence) -> [AuditReport.Finding] {
    guard evidence.hasOutside, let whole = evidence.models.first(where: { $0.sees(.whole) }) else {
      return []
    }
    var findings: [AuditReport.Finding] = []
    let blind = evidence.baselines.filter { !$0.seesContent }
    if let best = blind.max(by: { ($0.rate.share.value ?? 0) < ($1.rate.share.value ?? 0) }) {
      let (isBetter, test, pValue) = evidence.scorer.intervals.isBetter(
        whole.isCorrect, than: best.isCorrect, at: evidence.scorer.outside)
      let comparison =
        "The network is right on \(whole.rate.share) of the \(evidence.outside) images, "
        + "\(best.baseline.name) on \(best.rate.share)"
      let p = String(format: "%.2g", pValue)
      findings.append(
        isBetter
          ? AuditReport.Finding(.fine, .network, "\(comparison) (\(test), p = \(p)).")
          : AuditReport.Finding(
            .serious, .network,
            "\(comparison): the network is not better beyond chance (\(test), p = \(p)), so its "
              + "score does not show that it looks at the content."))
    }
    let hidden = evidence.models.filter { !$0.sees(.whole) }
    let telling = hidden.filter {
      evidence.tellsClasses($0.rate) || evidence.ranksClasses($0.model.scores)
    }
    let list = (telling.isEmpty ? hidden : telling).map {
      "\($0.model.visibility.phrase) \($0.rate.share)\(area($0.model.scores))"
    }.joined(separator: "; ")
    // A network may call all such strange films one class, and yet give those of the other class higher numbers.
    let chance = 2 * evidence.halfway - 1
    let shifts = telling.contains { $0.rate.interval.lower <= chance }
    findings.append(
      telling.isEmpty
        ? AuditReport.Finding(
          .fine, .network, "Without the content, the network does much worse: \(list).")
        : AuditReport.Finding(
          .serious, .network,
          "The network tells the classes apart without their content: \(list)."
            + (shifts
              ? " Hiding it moves the answers to one class, but their order still gives the class "
                + "away." : "")))
    return findings
  }

  /// The areas outside the first part, in words.
  private static func area(_ scores: [AuditReport.Score]) -> String {
    let areas = scores.dropFirst().compactMap(\.area).map { String(format: "%.3f", $0) }
    return areas.isEmpty ? "" : ", AUC \(areas.joined(separator: " and "))"
  }
}

extension Scorer.ModelAnswers {
  func sees(_ visibility: Visibility) -> Bool { model.visibility == visibility }
}

extension [String] {
  /// Every text once, where it first occurs.
  fileprivate var uniqued: [String] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

extension AuditReport.Finding {
  init(_ severity: Severity, _ topic: Topic, _ text: String) {
    self.init(severity: severity, topic: topic, text: text)
  }
}

extension AuditReport.Finding.Topic {
  fileprivate var phrase: String {
    switch self {
    case .leakage: "images or patients in two parts"
    case .labels: "one picture with two labels"
    case .repeats: "pictures that count twice"
    case .shortcut: "a property of files that gives the class away"
    case .baselines: "models blind to content that tell the classes apart"
    case .network: "a network that does not need the content"
    }
  }
}

extension AuditReport.Leak.Reason {
  fileprivate func clause(_ count: Int) -> String {
    switch self {
    case .sameFile: count == 1 ? "1 is the same file" : "\(count) are the same files"
    case .samePicture:
      count == 1
        ? "1 is the same picture in another file"
        : "\(count) are the same pictures in other files"
    case .samePatient:
      count == 1 ? "1 shows a patient who is there too" : "\(count) show patients who are there too"
    }
  }

  /// How an image is related, before the path of the other.
  var phrase: String {
    switch self {
    case .sameFile: "same file as"
    case .samePicture: "same picture as"
    case .samePatient: "same patient as"
    }
  }
}

extension Visibility {
  /// What is shown, in words.
  var phrase: String {
    switch self {
    case .whole: "as it is"
    case .withoutMiddle: "lungs masked out"
    case .borderOnly: "border only"
    }
  }
}
