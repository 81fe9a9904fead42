import Evaluation
import Foundation
import Testing

@Suite("Summary of an evaluation")
struct EvaluationSummaryTests {
  static func predictions(
    _ golden: Golden.Summary, _ probabilities: [[Double]]
  ) throws -> ClassifierPredictions {
    try ClassifierPredictions(
      probabilities: probabilities, labels: golden.labels,
      classNames: probabilities[0].indices.map { "\($0)" })
  }

  static var settings: EvaluationSummary.Settings {
    var settings = EvaluationSummary.Settings()
    settings.resampleCount = 200
    settings.seed = 20_200_417
    return settings
  }

  /// The key of a figure in the reference.
  private static func key(_ metric: Metric) -> String {
    metric.kind.rawValue + (metric.className.map { " \($0)" } ?? "")
  }

  @Test("figures agree with scikit-learn, intervals with a bootstrap of it", arguments: 0...1)
  func agreesWithReferences(index: Int) throws {
    let golden = try Golden.read().summaries[index]
    let summary = EvaluationSummary(
      try Self.predictions(golden, golden.first), named: "test",
      threshold: golden.threshold.map { DecisionThreshold($0) }, groups: golden.groups,
      settings: Self.settings)
    let isGrouped = Set(golden.groups).count < golden.groups.count
    #expect(summary.groupCount == (isGrouped ? Set(golden.groups).count : nil))
    #expect(summary.metrics.count == golden.figures.count)
    for metric in summary.metrics {
      let expected = try #require(golden.figures[Self.key(metric)], "\(Self.key(metric))")
      #expect(agrees(metric.value, expected.value), "\(Self.key(metric))")
      let interval = try #require(metric.interval, "\(Self.key(metric)): \(metric)")
      if isGrouped {
        #expect(metric.intervalMethod == .groupedBootstrap)
      } else if let counts = metric.counts {
        #expect(metric.intervalMethod == .exact && interval == counts.clopperPearsonInterval())
        continue
      } else if metric.kind == .areaUnderROC, metric.className != nil {
        #expect(metric.intervalMethod == .deLong)
        continue
      } else {
        #expect(metric.intervalMethod == .bootstrap)
      }
      // Rates and areas by group reach at least as far as those of independent samples.
      let floor =
        isGrouped
        ? EvaluationSummary(
          try Self.predictions(golden, golden.first), named: "test",
          threshold: golden.threshold.map { DecisionThreshold($0) }, settings: Self.settings
        ).metrics.first { Self.key($0) == Self.key(metric) && $0.intervalMethod != .bootstrap }?
        .interval : nil
      let drawn = expected.interval
      #expect(
        agrees(
          [interval.lower, interval.upper],
          [min(drawn[0], floor?.lower ?? 1), max(drawn[1], floor?.upper ?? 0)]),
        "\(Self.key(metric))")
    }
  }

  @Test("an article's figures, by hand: 30 of 30 and 28 of 30")
  func article() throws {
    let labels = [Int](repeating: 0, count: 30) + [Int](repeating: 1, count: 30)
    var probabilities = [Double](repeating: 0.9, count: 30) + [Double](repeating: 0.2, count: 30)
    probabilities[30] = 0.7
    probabilities[31] = 0.6
    let predictions = try ClassifierPredictions(
      probabilities: probabilities, ofClass: 0, labels: labels, classNames: ["Covid", "Normal"])
    let summary = EvaluationSummary(
      predictions, named: "validation", threshold: .init(0.5), settings: Self.settings)
    #expect(summary[.accuracy]?.description == "96.7 % (58/60), 88.5–99.6 %")
    #expect(summary[.sensitivity]?.description == "100.0 % (30/30), 88.4–100.0 %")
    #expect(summary[.specificity]?.description == "93.3 % (28/30), 77.9–99.2 %")
    #expect(agrees(summary[.balancedAccuracy]?.value, 29.0 / 30))
    let squares: Double = 30 * 0.01 + 28 * 0.04 + 0.49 + 0.36
    #expect(agrees(summary[.brierScore]?.value, squares / 60))
    // All positives rank above all negatives: an area of 1 has no DeLong interval, and none is made up.
    let area = try #require(summary[.areaUnderROC])
    #expect(area.value == 1 && area.interval == nil && area.intervalMethod == nil)
    #expect(area.description.contains("no interval: DeLong"))
    #expect(summary.confusionMatrix.counts == [[30, 0], [2, 28]])
    let text = summary.text(samples: "images")
    for part in [
      "validation, 60 images", "95 % interval", "96.7 % (58/60)", "88.5–99.6 %", "exact",
      "none: DeLong", "Covid is called from a probability of 0.5 on.",
    ] {
      #expect(text.contains(part), "\(part) in\n\(text)")
    }
  }

  @Test("Wilson's interval on demand")
  func wilson() throws {
    var settings = Self.settings
    settings.rateInterval = .wilson
    settings.level = 0.9
    let predictions = try ClassifierPredictions(
      probabilities: [0.9, 0.8, 0.3, 0.1], ofClass: 0, labels: [0, 0, 0, 1], classNames: ["a", "b"])
    let rate = try #require(
      EvaluationSummary(predictions, named: "", settings: settings)[.sensitivity])
    #expect(rate.interval == Proportion(2, of: 3).wilsonInterval(level: 0.9))
    #expect(rate.intervalMethod == .wilson)
  }

  @Test("patients widen intervals, and where all samples are right, patients are what is counted")
  func patients() throws {
    let labels = (0..<40).map { $0 < 20 ? 0 : 1 }
    // Two patients with ten bad films each would be twenty mistakes; the patient is what goes wrong.
    let wrong = Set((30..<40))
    let predictions = try ClassifierPredictions(
      probabilities: labels.indices.map { labels[$0] == 0 || wrong.contains($0) ? 0.8 : 0.3 },
      ofClass: 0, labels: labels, classNames: ["Covid", "Normal"])
    let patients = labels.indices.map { $0 / 5 }
    let single = EvaluationSummary(predictions, named: "", settings: Self.settings)
    let grouped = EvaluationSummary(
      predictions, named: "", groups: patients, settings: Self.settings)
    #expect(grouped.groupCount == 8)
    func width(_ metric: Metric?) throws -> Double {
      let interval = try #require(metric?.interval)
      return interval.upper - interval.lower
    }
    #expect(try width(grouped[.accuracy]) > 1.4 * width(single[.accuracy]))
    let sensitivity = try #require(grouped[.sensitivity])
    #expect(sensitivity.intervalMethod == .exactOverGroups)
    #expect(sensitivity.interval == Proportion(4, of: 4).clopperPearsonInterval())
    #expect(grouped.text(groups: "patients").contains("40 samples of 8 patients"))
  }

  @Test("to know patients never makes an interval of a rate or an area narrower")
  func neverNarrower() throws {
    // One mistake in 59: the bootstrap's lower limit would be 94.9 %, the exact one is 90.9 %.
    let labels = (0..<59).map { $0 < 29 ? 0 : 1 }
    let predictions = try ClassifierPredictions(
      probabilities: labels.indices.map { labels[$0] == 0 && $0 > 0 ? 0.9 : 0.1 }, ofClass: 0,
      labels: labels, classNames: ["Covid", "Normal"])
    let single = EvaluationSummary(predictions, named: "", settings: Self.settings)
    let grouped = EvaluationSummary(
      predictions, named: "", groups: labels.indices.map { $0 < 2 ? 0 : $0 },
      settings: Self.settings)
    #expect(grouped.groupCount == 58)
    for kind in [MetricKind.accuracy, .sensitivity, .areaUnderROC] {
      let interval = try #require(grouped[kind]?.interval)
      let floor = try #require(single[kind]?.interval)
      #expect(interval.lower <= floor.lower && interval.upper >= floor.upper, "\(kind)")
      #expect(grouped[kind]?.intervalMethod == .groupedBootstrap)
    }
    #expect(grouped[.accuracy]?.description == "98.3 % (58/59), 90.9–100.0 %")
  }

  @Test("a set of one class: what does not exist is said to be undefined, with the reason")
  func oneClass() throws {
    let predictions = try ClassifierPredictions(
      probabilities: [0.9, 0.2, 0.7], ofClass: 0, labels: [0, 0, 0],
      classNames: ["Covid", "Normal"])
    let summary = EvaluationSummary(
      predictions, named: "external", threshold: .init(0.5), settings: Self.settings)
    for kind in [MetricKind.specificity, .balancedAccuracy, .areaUnderROC] {
      let metric = try #require(summary[kind])
      #expect(metric.value == nil && metric.interval == nil && metric.reason != nil, "\(kind)")
    }
    #expect(summary[.specificity]?.description == "undefined: all samples are of class Covid")
    #expect(summary[.areaUnderROC]?.description.contains("all 3 samples are positive") == true)
    #expect(summary[.averagePrecision]?.description == "undefined: all samples are of class Covid")
    #expect(summary[.sensitivity]?.counts == Proportion(2, of: 3))
    let other = EvaluationSummary(
      predictions, named: "external", positiveClass: 1, settings: Self.settings)
    #expect(other[.sensitivity]?.description == "undefined: no sample is of class Normal")
    #expect(other[.averagePrecision]?.description == "undefined: no sample is of class Normal")
  }

  @Test("no samples at all: everything is undefined, and nothing traps")
  func empty() throws {
    let predictions = try ClassifierPredictions(
      probabilities: [], ofClass: 0, labels: [], classNames: ["a", "b"])
    let summary = EvaluationSummary(predictions, named: "empty", settings: Self.settings)
    #expect(summary.metrics.allSatisfy { $0.value == nil && $0.interval == nil })
    #expect(summary.metrics.allSatisfy { !($0.reason ?? "").isEmpty })
    #expect(summary.text().contains("there are no samples"))
  }

  @Test("a probability of 0 for the truth makes the log loss undefined, not infinite")
  func impossible() throws {
    let predictions = try ClassifierPredictions(
      probabilities: [1, 0, 0.2], ofClass: 0, labels: [0, 0, 1], classNames: ["a", "b"])
    #expect(predictions.logLoss == .infinity)
    let metric = try #require(
      EvaluationSummary(predictions, named: "", settings: Self.settings)[.logLoss])
    #expect(metric.description == "undefined: an actual class was given a probability of 0")
  }

  @Test("JSON keeps everything, and what is damaged is refused")
  func json() throws {
    let golden = try Golden.read().summaries[0]
    let summary = EvaluationSummary(
      try Self.predictions(golden, golden.first), named: "test",
      threshold: .init(0.4, rule: "youden", chosenOn: "test"), groups: golden.groups,
      settings: Self.settings)
    #expect(summary.isThresholdChosenHere)
    #expect(summary.text().contains("the rates look better than they are"))
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try encoder.encode(summary)
    #expect(try decoder.decode(EvaluationSummary.self, from: data) == summary)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Proportion.self, from: Data(#"{"successes":3,"count":2}"#.utf8))
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        ConfidenceInterval.self, from: Data(#"{"lower":1,"upper":0,"level":0.9}"#.utf8))
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        ConfusionMatrix.self, from: Data(#"{"classNames":["a","b"],"counts":[[1,-2],[0,1]]}"#.utf8))
    }
  }

  @Test("a wrong number of groups stops the program")
  func traps() async throws {
    try expectMessage(
      of: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = EvaluationSummary(
          try ClassifierPredictions(
            probabilities: [0.5], ofClass: 0, labels: [0], classNames: ["a", "b"]),
          named: "", groups: [1, 2])
      }, "EvaluationSummary", "1 samples", "2 groups")
    try expectMessage(
      of: await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = DecisionThreshold(1.5)
      }, "DecisionThreshold", "1.5")
  }
}

@Suite("Choice of a threshold")
struct ThresholdRuleTests {
  @Test(
    "Youden and a wanted sensitivity agree with scikit-learn",
    arguments: ["small", "ties", "rare", "worse than chance"])
  func agreesWithReferences(name: String) throws {
    let golden = try #require(try Golden.read().binary[name])
    let scores = try BinaryScores(golden.scores, isPositive: golden.truth)
    #expect(ThresholdRule.youden.threshold(on: scores).value == golden.youdenThreshold)
    #expect(
      ThresholdRule.sensitivity(0.9).threshold(on: scores).value == golden.thresholdAtSensitivity90)
    #expect(ThresholdRule.fixed(0.3).threshold(on: scores).value == 0.3)
  }

  @Test("without both kinds, or no better than chance, there is none to choose")
  func undefined() throws {
    let single = try BinaryScores([0.1, 0.9], isPositive: [true, true])
    #expect(ThresholdRule.youden.threshold(on: single).reason?.contains("all 2 samples") == true)
    #expect(ThresholdRule.fixed(0.5).threshold(on: single).value == 0.5)
    let reversed = try BinaryScores([0.1, 0.9], isPositive: [true, false])
    #expect(ThresholdRule.youden.threshold(on: reversed).reason?.contains("chance") == true)
    #expect(ThresholdRule.sensitivity(0).threshold(on: reversed).value == 0.9)
    #expect(ThresholdRule.sensitivity(1).threshold(on: reversed).value == 0.1)
  }

  @Test("texts name rules, and nothing else does")
  func texts() {
    #expect(ThresholdRule("youden") == .youden)
    #expect(ThresholdRule("sensitivity=0.9") == .sensitivity(0.9))
    #expect(ThresholdRule("0.25") == .fixed(0.25))
    for text in ["", "Youden", "sensitivity=", "sensitivity=1.1", "-0.1", "nan", "2", "inf"] {
      #expect(ThresholdRule(text) == nil, "\(text)")
    }
    for rule in [ThresholdRule.youden, .sensitivity(0.85), .fixed(0.5)] {
      #expect(ThresholdRule(rule.description) == rule)
    }
  }
}
