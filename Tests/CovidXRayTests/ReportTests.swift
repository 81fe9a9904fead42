import Auditing
import CovidXRay
import Evaluation
import Foundation
import Testing

@Suite("Page of a run")
struct RunPageTests {
  private static func configuration(data: String?) -> RunConfiguration {
    RunConfiguration(
      recipe: Sample.recipe, data: data, onUnreadable: "stop", threads: 1, workers: 1)
  }

  /// The texts between a tag and its end.
  private static func texts(_ html: String, _ open: String, _ close: String) -> [String] {
    html.components(separatedBy: open).dropFirst().compactMap {
      $0.components(separatedBy: close).first
    }
  }

  @Test("a run on phantoms is called SYNTHETIC at every heading and chart, and has all its parts")
  func synthetic() throws {
    let run = try Sample.syntheticRun.get()
    let html = run.page(configuration: Self.configuration(data: nil))
    let headings = Self.texts(html, "<h2", "</h2>")
    for name in [
      "In short", "Figures", "Validation images", "Training", "Cases", "Data", "Configuration",
      "Model card",
    ] {
      #expect(headings.contains { $0.contains(name) }, "\(name)")
    }
    #expect(headings.allSatisfy { $0.contains("SYNTHETIC") })
    let charts = Self.texts(html, "<svg xmlns", "</svg>")
    #expect(charts.count == 6)
    for chart in charts {
      #expect(Self.texts(chart, "<title id=", "</title>").allSatisfy { $0.contains("SYNTHETIC") })
    }
    // Six phantoms, each with its heat map.
    #expect(Self.texts(html, "<img ", ">").count == 12)
    #expect(html.contains("not where disease is. It is no diagnosis."))
    #expect(!html.replacing("It is no diagnosis", with: "").lowercased().contains("diagnos"))
    let rest = html.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
    #expect(!rest.contains("http:") && !rest.contains("https:") && !rest.contains("<script"))
    #expect(
      html.contains(
        "\(run.validation.accuracy), \(run.validation.accuracy.clopperPearsonInterval().percentDescription)"
      ))
  }

  @Test("a run on images: no SYNTHETIC, an audit beside it, and hostile names stay names")
  func images() throws {
    try Sample.withTemporaryFolder { folder in
      let names = ["<b onload='x'>&", "Normal"]
      try Sample.writeDataset(to: folder, training: 4, classNames: names)
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe)
      let audit = Result { try DatasetAudit(filmsAt: folder).report() }
      let html = run.page(
        configuration: Self.configuration(data: "<i>folder"), patients: { _ in "one" }, audit: audit
      )
      #expect(!html.contains("SYNTHETIC") && !html.contains("<b onload") && !html.contains("<i>"))
      #expect(html.contains("&lt;b onload=&#39;x&#39;&gt;&amp;"))
      let report = try audit.get()
      #expect(html.contains("Beside simple models") && html.contains("Audit: "))
      for baseline in report.baselines { #expect(html.contains(baseline.name)) }
      // One patient has them all: hardly an interval is left, and the page says why.
      #expect(html.contains("of 1 patients") && html.contains("hardly any resample differs"))
      struct Failed: Error, CustomStringConvertible { let description = "the disk is on fire" }
      let without = run.page(
        configuration: Self.configuration(data: "x"), audit: .failure(Failed()), caseCount: 0)
      #expect(without.contains("Audit: not done. the disk is on fire"))
      // Nobody reads the figures without what they are worth.
      func inShort(_ html: String) -> String {
        html.components(separatedBy: "<h2").first { $0.contains("In short</h2>") } ?? ""
      }
      #expect(inShort(html).contains("Audit: "))
      #expect(inShort(without).contains("The images were not audited"))
      let unaudited = run.page(configuration: Self.configuration(data: "x"), caseCount: 0)
      #expect(inShort(unaudited).contains("The images were not audited"))
      #expect(!without.contains("<img "))
    }
  }

  @Test("films that are gone after the run are said to be, and the page is written all the same")
  func missingFilms() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let run = try CovidClassifier.train(on: folder, recipe: Sample.recipe)
      try FileManager.default.removeItem(at: folder.appending(path: "Val/Covid/0.png"))
      let html = run.page(configuration: Self.configuration(data: "x"))
      #expect(html.contains("Films that could not be shown: ") && html.contains("Covid/0.png"))
    }
  }
}

@Suite("Films of an evaluation")
struct FilmEvaluationTests {
  private static func films(
    _ probabilities: [Double], _ labels: [Int], names: [String]? = nil
  ) throws -> FilmEvaluation {
    FilmEvaluation(
      SplitEvaluation(
        name: "validation", loss: 0.5, positiveClass: "Covid", threshold: 0.5,
        predictions: try ClassifierPredictions(
          probabilities: probabilities, ofClass: 0, labels: labels, classNames: ["Covid", "Normal"]),
        sampleNames: names ?? probabilities.indices.map { "film \($0)" }),
      patients: { $0.hasSuffix("1") ? "A" : nil })
  }

  @Test("the surest mistakes come first, then the surest of each class, then the doubtful")
  func choice() throws {
    let set = try Self.films(
      [0.9, 0.1, 0.6, 0.8, 0.2, 0.55, 0.45, 0.95], [0, 0, 1, 1, 1, 0, 1, 0])
    // Wrong: 1 by 0.4, 3 by 0.3, 2 by 0.1. Right: 7 and 4 are the surest, 5 and 6 the most doubtful.
    #expect(CaseStudy.chosen(from: set) == [1, 3, 2, 7, 4, 6, 5, 0])
    #expect(CaseStudy.chosen(from: set, limit: 4) == [1, 3, 7, 4])
    #expect(CaseStudy.chosen(from: set, limit: 0) == [])
    let wrong = try Self.films([0.1, 0.2, 0.3], [0, 0, 0])
    #expect(CaseStudy.chosen(from: wrong, limit: 2) == [0, 1])
    let count = CaseStudy.chosen(
      from: try Self.films([Double](repeating: 0.7, count: 50), [Int](repeating: 0, count: 50))
    ).count
    #expect(count == CaseStudy.maximumCount)
  }

  @Test("the table of predictions is CSV, with names quoted where they need it")
  func csv() throws {
    let set = try Self.films([0.75, 0.25], [0, 0], names: ["Covid/a,\"b\".png", "Covid/1"])
    #expect(
      set.csv() == """
        set,file,patient,actual,predicted,probability of Covid,probability of Normal
        validation,"Covid/a,""b"".png",,Covid,Covid,0.75,0.25
        validation,Covid/1,A,Covid,Normal,0.25,0.75

        """)
    #expect(set.csv(header: false).hasPrefix("validation,"))
  }

  @Test("a film without a known patient is a patient of its own")
  func patients() throws {
    let set = try Self.films([0.75, 0.25, 0.1], [0, 0, 1], names: ["x1", "y1", "z"])
    #expect(Set(set.groups).count == 2 && set.groups[0] == set.groups[1])
    #expect(set.summary.groupCount == 2)
  }
}
