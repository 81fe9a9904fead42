public import Tensor

/// The identity of a parameter.
///
/// It survives copies of the model, so that best weights and moving averages find their place.
public final class ParameterID: Sendable, Hashable {
  /// An identity unlike any other.
  public init() {}
  /// Whether the two are one and the same.
  public static func == (a: ParameterID, b: ParameterID) -> Bool { a === b }
  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A tensor that belongs to a model: a weight, or a statistic that the model keeps.
public struct Parameter<Scalar: DifferentiableScalar>: Sendable {
  /// What becomes of a parameter in training.
  public enum Kind: Sendable {
    /// Moved by the optimizer along its gradient.
    case weight
    /// Measured by its layer, such as a running mean. It has no gradient.
    case statistic
  }

  /// The value.
  public var value: Tensor<Scalar>
  /// Who it is, across copies of the model.
  public private(set) var id = ParameterID()
  /// What becomes of it in training.
  public let kind: Kind
  /// Whether a weight is recorded in training.
  ///
  /// A frozen one takes part as a constant.
  public var isTrainable: Bool

  /// A parameter of `value`, trainable if it is a weight.
  public init(_ value: Tensor<Scalar>, kind: Kind = .weight) {
    self.value = value
    self.kind = kind
    isTrainable = kind == .weight
  }

  /// The size of every axis.
  public var shape: [Int] { value.shape }

  /// The same value under a new identity, which may go its own way.
  public func withFreshIdentity() -> Parameter {
    var copy = self
    copy.id = ParameterID()
    return copy
  }
}

/// Something that has parameters: a layer, a model, a pair of models.
public protocol Parameterized<Scalar> {
  associatedtype Scalar: DifferentiableScalar
  /// Shows every parameter to `visitor`, always in the same order, under the name it has in a checkpoint.
  ///
  /// A parameter that is not listed never trains and is never saved.
  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Scalar>)
}

/// A walk over parameters: an optimizer's step, a checkpoint, a count.
public protocol ParameterVisitor<Scalar> {
  associatedtype Scalar: DifferentiableScalar
  /// Called for every parameter, which may be changed. `name` is its own, without the path to it.
  mutating func visit(_ parameter: inout Parameter<Scalar>, _ name: String)
  /// Called before the parameters of a part called `name`.
  mutating func enter(_ name: String)
  /// Called after the parameters of the part entered last.
  mutating func leave()
}

extension ParameterVisitor {
  /// Does nothing: for walks that need no paths.
  public mutating func enter(_ name: String) {}
  /// Does nothing: for walks that need no paths.
  public mutating func leave() {}

  /// Visits a parameter that may be absent.
  public mutating func visit(_ parameter: inout Parameter<Scalar>?, _ name: String) {
    // Taken out while it is visited: a second copy would share its buffer, and an update would have to copy it.
    guard var present = parameter.take() else { return }
    visit(&present, name)
    parameter = present
  }

  /// Visits the parameters of a part, under its name.
  public mutating func visit(_ part: inout some Parameterized<Scalar>, _ name: String) {
    enter(name)
    part.visitParameters(&self)
    leave()
  }
}

extension Parameterized {
  /// Calls `body` with every parameter and its path, such as `"0.weight"`.
  public mutating func updateParameters(
    _ body: (_ parameter: inout Parameter<Scalar>, _ path: String) -> Void
  ) {
    withoutActuallyEscaping(body) { body in
      var walk = PathVisitor<Scalar>(body: body)
      visitParameters(&walk)
    }
  }

  /// All parameters with their paths, in the order of the walk.
  public var parameters: [(path: String, parameter: Parameter<Scalar>)] {
    var copy = self
    var list: [(path: String, parameter: Parameter<Scalar>)] = []
    copy.updateParameters { list.append(($1, $0)) }
    return list
  }

  /// The number of scalars in all parameters; of the trainable ones, or of all others, where asked.
  public func parameterCount(trainable: Bool? = nil) -> Int {
    parameters.reduce(0) {
      trainable == nil || $1.parameter.isTrainable == trainable ? $0 + $1.parameter.value.count : $0
    }
  }

  /// An independent model of the same values.
  ///
  /// The two may then meet in one computation.
  public func withFreshIdentities() -> Self {
    var copy = self
    copy.updateParameters { parameter, _ in parameter = parameter.withFreshIdentity() }
    return copy
  }

  /// Freezes all weights, or lets them train.
  public mutating func setTrainable(_ isTrainable: Bool) {
    updateParameters { parameter, _ in
      if parameter.kind == .weight { parameter.isTrainable = isTrainable }
    }
  }
}

private struct PathVisitor<Scalar: DifferentiableScalar>: ParameterVisitor {
  let body: (inout Parameter<Scalar>, String) -> Void
  var path: [String] = []

  init(body: @escaping (inout Parameter<Scalar>, String) -> Void) { self.body = body }

  mutating func visit(_ parameter: inout Parameter<Scalar>, _ name: String) {
    body(&parameter, (path + [name]).joined(separator: "."))
  }
  mutating func enter(_ name: String) { path.append(name) }
  mutating func leave() { path.removeLast() }
}
