public import Autograd
public import Layers
public import Tensor

/// How much a model speaks for one class: the number that an explanation is about.
///
/// ```swift
/// let score = ClassScore(of: model, class: 0)
/// let map = GradCAM().map(of: score, at: image)
/// ```
///
/// A model has an output for each class, or a single one, which speaks for the second of two classes; the score of the first is
/// then its opposite. Layers run as they do in use: nothing is dropped.
public struct ClassScore<Scalar: DifferentiableScalar>: Sendable {
  /// In what the score is measured.
  public enum Scale: Sendable, Hashable {
    /// Before the last sigmoid or softmax, which flattens where a model is sure: there its derivative, and with it an explanation
    /// of the probability, is all but zero.
    case logit
    /// In `0...1`.
    case probability
  }

  /// The model without its last sigmoid or softmax, if it ends in one.
  ///
  /// Its layers stand where they stood in the model.
  public let logits: Sequential<Scalar>
  /// The number of the class.
  public let classIndex: Int
  /// In what the score is measured.
  public let scale: Scale
  private let ending: Ending

  /// What turns logits into probabilities.
  private enum Ending { case sigmoid, softmax, none }

  /// The score of a class.
  ///
  /// - Parameters:
  ///   - model: Its output is `[batch, classes]`, or `[batch, 1]` for two classes. Without a sigmoid or softmax at its end, its
  ///     outputs are taken as logits.
  ///   - classIndex: 0 or more; for a single output 0 or 1.
  ///   - scale: In what the score is measured.
  public init(of model: Sequential<Scalar>, class classIndex: Int, as scale: Scale = .logit) {
    require(classIndex >= 0, "ClassScore: needs a class of 0 or more, got \(classIndex)")
    (logits, ending) = Self.split(model)
    self.classIndex = classIndex
    self.scale = scale
  }

  private static func split(_ model: Sequential<Scalar>) -> (Sequential<Scalar>, Ending) {
    switch model.last {
    case is Sigmoid<Scalar>: return (model.dropLast(), .sigmoid)
    case is Softmax<Scalar>: return (model.dropLast(), .softmax)
    case let nested as Sequential<Scalar>:
      var result = model
      let (inner, ending) = split(nested)
      result[model.endIndex - 1] = inner
      return (result, ending)
    default: return (model, .none)
    }
  }

  /// The score of every input, of shape `[batch]`.
  public func callAsFunction(_ inputs: Tensor<Scalar>) -> Tensor<Scalar> {
    var context = Context.inference
    return self(Variable(inputs), in: &context).value
  }

  /// The score of every input, of shape `[batch]`, in a computation.
  public func callAsFunction(
    _ inputs: Variable<Scalar>, in context: inout Context
  ) -> Variable<Scalar> {
    score(ofOutputs: logits(inputs, in: &context))
  }

  /// The score that outputs of ``logits`` stand for.
  func score(ofOutputs outputs: Variable<Scalar>) -> Variable<Scalar> {
    require(
      outputs.rank == 2 && outputs.shape[1] > 0,
      "ClassScore: needs a model with outputs [batch, classes], got shape \(outputs.shape)")
    let count = outputs.shape[1]
    require(
      classIndex < max(count, 2),
      "ClassScore: class \(classIndex) of a model with \(max(count, 2)) classes")
    require(
      count > 1 || ending != .softmax,
      "ClassScore: a softmax over a single output is 1 for every input")
    if count == 1 {
      let logit = outputs.reshaped(to: [-1])
      let own = classIndex == 1 ? logit : -logit
      return scale == .logit ? own : own.sigmoid()
    }
    let list: Variable<Scalar> =
      switch (scale, ending) {
      case (.logit, _): outputs
      case (.probability, .sigmoid): outputs.sigmoid()
      case (.probability, _): outputs.softmax()
      }
    return list[.all, classIndex]
  }

  /// The gradient of every input's score with respect to that input, of the shape of `inputs`.
  func gradient(at inputs: Tensor<Scalar>) -> Tensor<Scalar> {
    var context = Context.inference
    let variable = Variable(tracking: inputs)
    // In use, no input has a part in the output of another: the gradient of the sum holds the gradients of all.
    let gradients = self(variable, in: &context).sum().gradients()
    return gradients[variable] ?? .zeros(inputs.shape)
  }
}
