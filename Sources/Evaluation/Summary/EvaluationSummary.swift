import Tensor

/// All figures of a classifier on one set of samples, each with its interval or the reason why it has none.
///
/// Two classes or more. With two, one of them is the positive class, that rates and curves are about; with more, every class
/// has its own against the rest.
///
/// ```swift
/// let summary = EvaluationSummary(
///   predictions, named: "validation", positiveClass: 0, threshold: .init(0.5), groups: patients)
/// print(summary.text())
/// ```
///
/// Samples of one patient resemble each other. Given their groups, every interval comes from drawing whole groups. Those of rates
/// and of areas under the ROC curve are never narrower than if samples were independent; those of other figures may be, where
/// there are few groups or few mistakes.
public struct EvaluationSummary: Sendable, Hashable, Codable {
  /// How intervals are found.
  public struct Settings: Sendable, Hashable, Codable {
    /// How rates of independent samples get their intervals.
    public enum RateInterval: String, Sendable, Hashable, Codable {
      /// Clopper and Pearson's exact one.
      case clopperPearson
      /// Wilson's, narrower and right on average.
      case wilson
    }

    /// The level of all intervals, strictly between 0 and 1.
    public var level = 0.95
    /// How rates of independent samples get their intervals.
    public var rateInterval = RateInterval.clopperPearson
    /// How often the bootstrap draws, 1 or more.
    public var resampleCount = 2000
    /// Where the bootstrap's random numbers come from.
    public var seed: UInt64 = 0
    /// The bins of equal width of the calibration error, 1 or more.
    public var binCount = 10

    /// The defaults.
    public init() {}
  }

  /// The figures of one class against the rest.
  public struct ClassMetrics: Sendable, Hashable, Codable {
    /// The class.
    public let className: String
    /// Its samples.
    public let count: Int
    /// Its figures.
    public let metrics: [Metric]
  }

  /// What the samples are called.
  public let name: String
  /// The number of samples.
  public let sampleCount: Int
  /// The number of groups, such as patients, or nil where every sample stands for itself.
  public let groupCount: Int?
  /// From which probability on the positive class was called; nil where the most probable class was.
  public let threshold: DecisionThreshold?
  /// Actual classes against predicted ones.
  public let confusionMatrix: ConfusionMatrix
  /// The figures of all classes together.
  public let overall: [Metric]
  /// Those of the positive class, or with three classes and more of each.
  public let classes: [ClassMetrics]
  /// How intervals were found.
  public let settings: Settings

  /// Computes all figures of independent samples.
  ///
  /// See `init(_:named:positiveClass:threshold:groups:settings:)`.
  public init(
    _ predictions: ClassifierPredictions, named name: String, positiveClass: Int = 0,
    threshold: DecisionThreshold? = nil, settings: Settings = Settings()
  ) {
    self.init(
      predictions, named: name, positiveClass: positiveClass, threshold: threshold,
      groups: Array(0..<predictions.count), settings: settings)
  }

  /// Computes all figures.
  ///
  /// - Parameters:
  ///   - predictions: The probabilities, with the actual classes.
  ///   - name: What the samples are called.
  ///   - positiveClass: With two classes, the one that rates and curves are about. With more it is not used.
  ///   - threshold: The probability from which on the positive class is called, with two classes only; by default the most
  ///     probable class is.
  ///   - groups: The group of every sample, such as its patient. Where no two samples share one, they are independent.
  ///   - settings: How intervals are found.
  /// - Precondition: There is one group a sample, `positiveClass` names a class, and there are two classes where there is a
  ///   threshold.
  /// - Complexity: `O(samples · resamples)`.
  public init<Group: Hashable>(
    _ predictions: ClassifierPredictions, named name: String, positiveClass: Int = 0,
    threshold: DecisionThreshold? = nil, groups: [Group], settings: Settings = Settings()
  ) {
    require(
      groups.count == predictions.count,
      "EvaluationSummary: \(predictions.count) samples, but \(groups.count) groups")
    predictions.requireClass(positiveClass, "EvaluationSummary")
    let units = indicesByGroup(groups)
    let predicted = predictions.predictedClasses(threshold: threshold, ofClass: positiveClass)
    let matrix = ConfusionMatrix(
      actual: predictions.labels, predicted: predicted, classNames: predictions.classNames)
    let shown =
      predictions.classCount == 2 ? [positiveClass] : Array(predictions.classNames.indices)
    let resampled = ResampledMetrics(
      predictions, predicted: predicted, classes: shown, binCount: settings.binCount)
    let estimates = Bootstrap(
      resampleCount: settings.resampleCount, level: settings.level, seed: settings.seed
    ).estimates(
      sampleCount: predictions.count, groups: groups, statistics: resampled.values)
    let builder = MetricBuilder(
      predictions: predictions, predicted: predicted, matrix: matrix,
      units: units.count < predictions.count ? units : nil, settings: settings)
    let all = zip(resampled.items, estimates).map { builder.metric($0, $1) }
    func metrics(of index: Int?) -> [Metric] {
      zip(resampled.items, all).filter { $0.0.classIndex == index }.map(\.1)
    }
    self.name = name
    sampleCount = predictions.count
    groupCount = units.count < predictions.count ? units.count : nil
    self.threshold = threshold
    confusionMatrix = matrix
    overall = metrics(of: nil)
    classes = shown.map {
      ClassMetrics(
        className: predictions.classNames[$0], count: matrix.actualCount(ofClass: $0),
        metrics: metrics(of: $0))
    }
    self.settings = settings
  }

  /// A figure of all classes together, or with two classes one of the positive class; nil where there is no such.
  public subscript(kind: MetricKind) -> Metric? {
    overall.first { $0.kind == kind }
      ?? (classes.count == 1 ? classes[0].metrics.first { $0.kind == kind } : nil)
  }

  /// A figure of one class against the rest, nil where there is no such.
  public subscript(kind: MetricKind, ofClass className: String) -> Metric? {
    classes.first { $0.className == className }?.metrics.first { $0.kind == kind }
  }

  /// All figures, those of all classes together first.
  public var metrics: [Metric] { overall + classes.flatMap(\.metrics) }

  /// Whether the threshold was chosen on these very samples, so that the rates look better than they are.
  public var isThresholdChosenHere: Bool { threshold?.chosenOn == name }
}

extension ClassifierPredictions {
  /// The class that every sample is taken for: `index` from a probability of `threshold` on, or the most probable one.
  ///
  /// - Precondition: There are two classes, where there is a threshold.
  public func predictedClasses(threshold: DecisionThreshold?, ofClass index: Int) -> [Int] {
    guard let threshold else { return predictedClasses }
    require(classCount == 2, "predictedClasses(threshold:): needs two classes, got \(classNames)")
    return probabilities(ofClass: index).map { $0 >= threshold.value ? index : 1 - index }
  }
}
