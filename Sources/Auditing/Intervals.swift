import Evaluation

/// Intervals of what was measured on images: by patient where some patient has several of them, else of independent images.
///
/// As in `EvaluationSummary`, and so never narrower by patient than by image.
struct Intervals: Sendable {
  /// A share of images with its interval.
  struct Rate: Sendable {
    let share: Proportion
    let interval: ConfidenceInterval
    let method: Metric.IntervalMethod
  }

  /// The patient of every image as a number; an image whose patient is not known has its own.
  private let groups: [Int]
  private let bootstrap = Bootstrap(seed: 0)

  init(_ images: [AuditedImage]) {
    var numbers: [String: Int] = [:]
    groups = images.indices.map { index in
      guard let patient = images[index].patient else { return index }
      if let number = numbers[patient] { return number }
      numbers[patient] = index
      return index
    }
  }

  /// The number of patients among the images at `places`, or nil where no two images share one.
  func patientCount(at places: [Int]) -> Int? {
    let count = Set(places.map { groups[$0] }).count
    return count < places.count ? count : nil
  }

  /// The share of the images at `places` that are right.
  func rate(_ isCorrect: [Bool], at places: [Int]) -> Rate {
    let share = Proportion(places.count { isCorrect[$0] }, of: places.count)
    let independent = share.clopperPearsonInterval()
    guard let count = patientCount(at: places) else {
      return Rate(share: share, interval: independent, method: .exact)
    }
    if share.successes == 0 || share.successes == share.count {
      // No image differs from another, so none of a patient does, and patients are what can be counted.
      let exact = Proportion(share.successes == 0 ? 0 : count, of: count).clopperPearsonInterval()
      return Rate(share: share, interval: exact, method: .exactOverGroups)
    }
    let estimate = bootstrap.estimate(
      sampleCount: places.count, groups: places.map { groups[$0] }
    ) { drawn in
      Double(drawn.count { isCorrect[places[$0]] }) / Double(drawn.count)
    }
    guard let interval = estimate.value?.interval, interval.hasWidth else {
      return Rate(share: share, interval: independent, method: .exact)
    }
    return Rate(
      share: share, interval: interval.widened(to: independent), method: .groupedBootstrap)
  }

  /// The area under the ROC curve of the images at `places`, with its interval or the reason why there is none.
  func area(
    _ scores: [Double], isPositive: [Bool], at places: [Int]
  ) throws -> (
    area: Double?, interval: Statistic<ConfidenceInterval>, method: Metric.IntervalMethod
  ) {
    func binary(_ places: [Int]) throws -> BinaryScores {
      try BinaryScores(places.map { scores[$0] }, isPositive: places.map { isPositive[$0] })
    }
    switch try binary(places).areaUnderROC() {
    case .undefined(let reason): return (nil, .undefined(reason: reason), .deLong)
    case .defined(let area):
      guard patientCount(at: places) != nil else { return (area.value, area.interval, .deLong) }
      let estimate = bootstrap.estimate(
        sampleCount: places.count, groups: places.map { groups[$0] }
      ) { drawn in
        // The scores were good above, and they are the same.
        (try? binary(drawn.map { places[$0] }))?.areaUnderROC().value?.value
      }
      guard let interval = estimate.value?.interval, interval.hasWidth else {
        let reason = estimate.reason ?? "bootstrap: hardly any resample differs"
        return (area.value, .undefined(reason: reason), .groupedBootstrap)
      }
      return (area.value, .defined(interval.widened(to: area.interval.value)), .groupedBootstrap)
    }
  }

  /// Whether one model is right more often than another on the images at `places`, beyond chance, and by which test.
  func isBetter(
    _ first: [Bool], than second: [Bool], at places: [Int]
  ) -> (isBetter: Bool, test: String, pValue: Double) {
    let mcNemar = McNemarTest(
      firstIsCorrect: places.map { first[$0] }, secondIsCorrect: places.map { second[$0] })
    let isMore = mcNemar.onlyFirstCorrect > mcNemar.onlySecondCorrect
    func share(_ isCorrect: [Bool]) -> ([Int]) -> Double? {
      { drawn in Double(drawn.count { isCorrect[places[$0]] }) / Double(drawn.count) }
    }
    guard patientCount(at: places) != nil,
      let comparison = bootstrap.comparison(
        sampleCount: places.count, groups: places.map { groups[$0] }, first: share(first),
        second: share(second)
      ).value
    else {
      return (isMore && mcNemar.exactPValue < 0.05, "McNemar's test", mcNemar.exactPValue)
    }
    return (isMore && comparison.pValue < 0.05, "bootstrap by patient", comparison.pValue)
  }
}
