import Foundation

/// What was measured in every epoch of one run.
public struct History: Sendable, Hashable, Codable {
  /// The measurements of one epoch.
  public struct Epoch: Sendable, Hashable, Codable {
    /// From 1.
    public var number: Int
    /// The mean loss over the samples of the epoch, each as it was when its step came, with dropout and augmentation.
    public var loss: Double
    /// The share of those samples that were classified rightly.
    public var accuracy: Double
    /// The mean loss over the validation samples, after the epoch; `nil` without validation.
    public var validationLoss: Double?
    /// The share of the validation samples that are classified rightly after the epoch; `nil` without validation.
    public var validationAccuracy: Double?
    /// How long the epoch took, validation included.
    public var seconds: Double
    /// The learning rate of its last step.
    public var learningRate: Double

    /// Creates a row.
    public init(
      number: Int, loss: Double, accuracy: Double, validationLoss: Double?,
      validationAccuracy: Double?, seconds: Double, learningRate: Double
    ) {
      self.number = number
      self.loss = loss
      self.accuracy = accuracy
      self.validationLoss = validationLoss
      self.validationAccuracy = validationAccuracy
      self.seconds = seconds
      self.learningRate = learningRate
    }
  }

  /// The epochs in order.
  public var epochs: [Epoch] = []

  /// An empty history.
  public init() {}

  /// A table with the header `epoch,loss,accuracy,val_loss,val_accuracy,seconds`; what was not measured is left empty.
  public var csv: String {
    func field(_ value: Double?, _ format: String = "%.6f") -> String {
      value.map { String(format: format, $0) } ?? ""
    }
    return epochs.reduce(into: "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n") {
      $0 +=
        [
          "\($1.number)", field($1.loss), field($1.accuracy), field($1.validationLoss),
          field($1.validationAccuracy), field($1.seconds, "%.3f"),
        ].joined(separator: ",") + "\n"
    }
  }
}
