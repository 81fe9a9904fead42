/// Puts figures together with their intervals.
struct MetricBuilder {
  let predictions: ClassifierPredictions
  let predicted: [Int]
  let matrix: ConfusionMatrix
  /// The samples of every group, or nil where samples are independent.
  let units: [[Int]]?
  let settings: EvaluationSummary.Settings

  func metric(
    _ item: ResampledMetrics.Item, _ estimate: Statistic<Bootstrap.Estimate>
  ) -> Metric {
    let className = item.classIndex.map { predictions.classNames[$0] }
    let bootstrapped = interval(of: estimate)
    let method: Metric.IntervalMethod = units == nil ? .bootstrap : .groupedBootstrap
    func metric(
      _ value: Double?, counts: Proportion? = nil, _ interval: Statistic<ConfidenceInterval>,
      _ method: Metric.IntervalMethod, reason: String? = nil
    ) -> Metric {
      Metric(
        item.kind, ofClass: className, value: value, counts: counts, interval: interval,
        method: method, reason: reason)
    }
    if let rate = rate(item) {
      guard rate.count > 0 else {
        return metric(nil, counts: rate, .undefined(reason: missing(item)), .exact)
      }
      let independent =
        settings.rateInterval == .wilson
        ? rate.wilsonInterval(level: settings.level)
        : rate.clopperPearsonInterval(level: settings.level)
      if let units {
        if let interval = bootstrapped.value {
          return metric(
            rate.value, counts: rate, .defined(interval.widened(to: independent)), method)
        }
        guard rate.successes == 0 || rate.successes == rate.count else {
          return metric(rate.value, counts: rate, bootstrapped, method)
        }
        // All samples or none: so it is in every group, and groups are what can be counted.
        let count = units.count { $0.contains { isCounted($0, in: item) } }
        let exact = Proportion(rate.successes == 0 ? 0 : count, of: count)
          .clopperPearsonInterval(level: settings.level)
        return metric(rate.value, counts: rate, .defined(exact), .exactOverGroups)
      }
      return metric(
        rate.value, counts: rate, .defined(independent),
        settings.rateInterval == .wilson ? .wilson : .exact)
    }
    if item.kind == .areaUnderROC, let index = item.classIndex {
      switch predictions.binaryScores(ofClass: index).areaUnderROC(level: settings.level) {
      case .undefined(let reason):
        return metric(nil, .undefined(reason: reason), .deLong)
      case .defined(let area):
        guard units != nil else { return metric(area.value, area.interval, .deLong) }
        guard let interval = bootstrapped.value else {
          return metric(area.value, bootstrapped, method)
        }
        return metric(area.value, .defined(interval.widened(to: area.interval.value)), method)
      }
    }
    // Where there is nothing but the class, precision is 1 whatever the scores: a figure, but of nothing.
    let isAlone = item.classIndex.map { matrix.actualCount(ofClass: $0) == predictions.count }
    guard let value = estimate.value?.value,
      item.kind != .averagePrecision || isAlone != true
    else {
      return metric(nil, .undefined(reason: missing(item)), method)
    }
    return metric(value, bootstrapped, method)
  }

  /// The bootstrap's interval, unless it has no width: then too few samples vary for it to say anything.
  private func interval(of estimate: Statistic<Bootstrap.Estimate>) -> Statistic<ConfidenceInterval>
  {
    switch estimate {
    case .undefined(let reason):
      return .undefined(reason: reason)
    case .defined(let estimate):
      guard estimate.interval.hasWidth else {
        return .undefined(reason: "bootstrap: hardly any resample differs")
      }
      return .defined(estimate.interval)
    }
  }

  /// The counts of a kind that is a share of samples, or nil for other kinds.
  private func rate(_ item: ResampledMetrics.Item) -> Proportion? {
    if item.kind == .accuracy { return matrix.accuracy }
    guard let index = item.classIndex else { return nil }
    switch item.kind {
    case .sensitivity: return matrix.sensitivity(ofClass: index)
    case .specificity: return matrix.specificity(ofClass: index)
    case .precision: return matrix.precision(ofClass: index)
    case .negativePredictiveValue: return matrix.negativePredictiveValue(ofClass: index)
    default: return nil
    }
  }

  /// Whether a sample is one of those that a rate is a share of.
  private func isCounted(_ sample: Int, in item: ResampledMetrics.Item) -> Bool {
    let isOfClass = predictions.labels[sample] == item.classIndex
    let isTakenForClass = predicted[sample] == item.classIndex
    switch item.kind {
    case .sensitivity: return isOfClass
    case .specificity: return !isOfClass
    case .precision: return isTakenForClass
    case .negativePredictiveValue: return !isTakenForClass
    default: return true
    }
  }

  /// Why there is no such figure.
  private func missing(_ item: ResampledMetrics.Item) -> String {
    if predictions.count == 0 { return "there are no samples" }
    let name = item.classIndex.map { "class \(predictions.classNames[$0])" } ?? "a class"
    switch item.kind {
    case .averagePrecision:
      let isAlone = item.classIndex.map { matrix.actualCount(ofClass: $0) > 0 }
      return isAlone == true ? "all samples are of \(name)" : "no sample is of \(name)"
    case .sensitivity: return "no sample is of \(name)"
    case .specificity: return "all samples are of \(name)"
    case .precision: return "no sample was taken for \(name)"
    case .negativePredictiveValue: return "all samples were taken for \(name)"
    case .balancedAccuracy: return "not every class has samples"
    case .areaUnderROC: return "not every class has samples, or one class has all"
    case .f1, .macroF1: return "\(name) neither occurs nor was predicted"
    case .logLoss: return "an actual class was given a probability of 0"
    case .accuracy, .brierScore, .expectedCalibrationError: return "there are no samples"
    }
  }
}
