import Foundation

/// All figures of a set of predictions, computed on any resample of it in `O(count)`.
///
/// Scores are sorted and binned once. On a resample only the number of times that each sample was drawn changes.
struct ResampledMetrics {
  /// A figure, and the class that it is of.
  struct Item: Hashable {
    let kind: MetricKind
    let classIndex: Int?
  }

  let items: [Item]
  private let predictions: ClassifierPredictions
  private let predicted: [Int]
  private let squaredErrors: [Double]
  private let logLosses: [Double]
  /// The bin of every sample, its stated probability, and whether it came true.
  private let bins: (index: [Int], stated: [Double], outcome: [Bool], count: Int)
  /// For every class that areas are wanted of, the samples by falling score, and whether the next has the same.
  private let rankings: [Int: (order: [Int], tiesWithNext: [Bool])]

  /// - Parameters:
  ///   - predictions: The probabilities.
  ///   - predicted: The class that every sample was taken for.
  ///   - classes: The classes whose own figures are wanted.
  ///   - binCount: The bins of the calibration error.
  init(
    _ predictions: ClassifierPredictions, predicted: [Int], classes: [Int], binCount: Int
  ) {
    let classCount = predictions.classCount
    self.predictions = predictions
    self.predicted = predicted
    items =
      MetricKind.overall(classCount: classCount).map { Item(kind: $0, classIndex: nil) }
      + classes.flatMap { index in
        MetricKind.ofClass.map { Item(kind: $0, classIndex: index) }
      }
    let labels = predictions.labels
    squaredErrors = labels.indices.map { sample in
      predictions.probabilities(ofSample: sample).enumerated().reduce(0) { sum, entry in
        let difference = entry.element - (labels[sample] == entry.offset ? 1 : 0)
        return sum + difference * difference
      } / (classCount == 2 ? 2 : 1)
    }
    logLosses = predictions.logLosses
    let stated: [Double]
    let outcome: [Bool]
    if classCount == 2, let index = classes.first {
      stated = predictions.probabilities(ofClass: index)
      outcome = labels.map { $0 == index }
    } else {
      stated = labels.indices.map { predictions.probabilities(ofSample: $0).max() ?? 0 }
      outcome = predictions.isCorrect
    }
    let edges = Calibration.edges(stated, binCount, .equalWidth)
    bins = (stated.map { Calibration.bin(of: $0, edges) }, stated, outcome, binCount)
    let ranked = classCount > 2 ? Array(0..<classCount) : classes
    rankings = Dictionary(
      uniqueKeysWithValues: ranked.map { index in
        let scores = predictions.probabilities(ofClass: index)
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        let ties = order.indices.map {
          $0 + 1 < order.count && scores[order[$0]] == scores[order[$0 + 1]]
        }
        return (index, (order, ties))
      })
  }

  /// The figures of the samples at `indices`, in the order of ``items``; nil where they have none.
  func values(_ indices: [Int]) -> [Double?] {
    guard !indices.isEmpty else { return items.map { _ in nil } }
    var weights = [Double](repeating: 0, count: predicted.count)
    for index in indices { weights[index] += 1 }
    var matrix = ConfusionMatrix(classNames: predictions.classNames)
    for index in indices {
      matrix.add(actual: predictions.labels[index], predicted: predicted[index])
    }
    var areas: [Int: (roc: Double?, precision: Double?)] = [:]
    for (index, ranking) in rankings { areas[index] = area(index, ranking, weights) }
    func mean(_ values: [Double]) -> Double {
      indices.reduce(0) { $0 + values[$1] } / Double(indices.count)
    }
    return items.map { item in
      let index = item.classIndex ?? 0
      switch item.kind {
      case .accuracy: return matrix.accuracy.value
      case .balancedAccuracy: return matrix.balancedAccuracy
      case .macroF1: return matrix.macroF1
      case .sensitivity: return matrix.sensitivity(ofClass: index).value
      case .specificity: return matrix.specificity(ofClass: index).value
      case .precision: return matrix.precision(ofClass: index).value
      case .negativePredictiveValue: return matrix.negativePredictiveValue(ofClass: index).value
      case .f1: return matrix.f1(ofClass: index)
      case .areaUnderROC:
        if item.classIndex != nil { return areas[index]?.roc }
        let all = predictions.classNames.indices.compactMap { areas[$0]?.roc }
        return all.count == predictions.classCount ? all.reduce(0, +) / Double(all.count) : nil
      case .averagePrecision: return areas[index]?.precision
      case .brierScore: return mean(squaredErrors)
      case .logLoss: return mean(logLosses)
      case .expectedCalibrationError: return calibrationError(weights, Double(indices.count))
      }
    }
  }

  /// The areas under both curves of a class against the rest.
  private func area(
    _ index: Int, _ ranking: (order: [Int], tiesWithNext: [Bool]), _ weights: [Double]
  ) -> (roc: Double?, precision: Double?) {
    var (positives, negatives) = (0.0, 0.0)
    for sample in weights.indices {
      if predictions.labels[sample] == index {
        positives += weights[sample]
      } else {
        negatives += weights[sample]
      }
    }
    var (found, alarms) = (0.0, 0.0)
    var (foundBefore, alarmsBefore) = (0.0, 0.0)
    var (halfPairs, precision) = (0.0, 0.0)
    for (position, sample) in ranking.order.enumerated() {
      if predictions.labels[sample] == index {
        found += weights[sample]
      } else {
        alarms += weights[sample]
      }
      // Samples of one score pass the threshold together.
      if ranking.tiesWithNext[position] { continue }
      halfPairs += (alarms - alarmsBefore) * (found + foundBefore)
      if found > foundBefore {
        precision += (found - foundBefore) / positives * (found / (found + alarms))
      }
      (foundBefore, alarmsBefore) = (found, alarms)
    }
    return (
      positives > 0 && negatives > 0 ? halfPairs / 2 / positives / negatives : nil,
      positives > 0 ? precision : nil
    )
  }

  private func calibrationError(_ weights: [Double], _ total: Double) -> Double {
    var gaps = [Double](repeating: 0, count: bins.count)
    for (sample, bin) in bins.index.enumerated() {
      gaps[bin] += weights[sample] * (bins.stated[sample] - (bins.outcome[sample] ? 1 : 0))
    }
    return gaps.reduce(0) { $0 + $1.magnitude } / total
  }
}
