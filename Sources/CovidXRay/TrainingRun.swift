public import Datasets
import Reporting
public import Training

/// A finished training run: the model, and all that was measured on the way.
public struct TrainingRun: Sendable {
  /// The trained classifier.
  public let model: CovidClassifier
  /// What was computed.
  public let recipe: TrainingRecipe
  /// What it was computed on.
  public let dataset: XRayDataset
  /// The measurements of every epoch, those of training with augmentation and dropout, for each network.
  public let memberHistories: [History]
  /// How the finished model does on the films that it was trained on.
  public let training: SplitEvaluation
  /// How the finished model does on the films that it was not trained on.
  public let validation: SplitEvaluation
  /// The files that were left out because they cannot be read.
  public let skipped: [SkippedSample]

  /// The measurements of every epoch of the first network.
  public var history: History { memberHistories[0] }

  /// The figures of both parts, and that they are SYNTHETIC if they are.
  public var report: String {
    let notice = model.isSynthetic ? [SyntheticChest.notice] : []
    return (notice + [training.report, validation.report]).joined(separator: "\n\n")
  }

  /// The loss of every epoch as an SVG picture.
  public var lossChart: String { lossLines.svg() }

  var lossLines: LineChart {
    chart(
      "Loss by epoch", Axis("binary cross-entropy"), training: history.epochs.map(\.loss),
      validation: history.epochs.map { $0.validationLoss ?? .nan })
  }

  /// The accuracy of every epoch as an SVG picture.
  public var accuracyChart: String { accuracyLines.svg() }

  var accuracyLines: LineChart {
    chart(
      "Accuracy by epoch", Axis("accuracy", format: .percent),
      training: history.epochs.map(\.accuracy),
      validation: history.epochs.map { $0.validationAccuracy ?? .nan })
  }

  /// The confusion matrix of the validation films as an SVG picture.
  public var confusionMatrixChart: String {
    ConfusionMatrixChart(
      validation.confusionMatrix,
      title: titled("Confusion matrix, \(validation.count) validation images"),
      caption: caption(
        "Accuracy \(SplitEvaluation.text(validation.accuracy)), sensitivity "
          + "\(SplitEvaluation.text(validation.sensitivity)), specificity "
          + "\(SplitEvaluation.text(validation.specificity)); exact 95 % intervals.")
    ).svg()
  }

  private func chart(
    _ title: String, _ axis: Axis, training: [Double], validation: [Double]
  ) -> LineChart {
    LineChart(
      title: titled(title), xAxis: Axis("epoch", format: .integer), yAxis: axis,
      series: [.init("training", values: training), .init("validation", values: validation)],
      caption: caption(
        "Training: mean over the steps of the epoch, with augmentation (\(recipe.augmentation.rawValue)) "
          + "and dropout. Validation: after the epoch, without"
          + (recipe.care == nil ? "." : "; on the patients that this network was not trained on.")
          + (memberHistories.count == 1 ? "" : " The first of \(memberHistories.count) networks.")))
  }

  private func titled(_ title: String) -> String {
    model.isSynthetic ? "SYNTHETIC: \(title)" : title
  }

  private func caption(_ text: String) -> String {
    model.isSynthetic ? "\(text) \(SyntheticChest.notice)." : text
  }
}
