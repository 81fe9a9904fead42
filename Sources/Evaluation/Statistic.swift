/// A quantity that some data have and others do not: its value, or the reason why there is none.
///
/// The area under the ROC curve of a test set of one class is an example: it does not exist, and 0.5 would be invented.
public enum Statistic<Value: Sendable>: Sendable {
  /// The data have the quantity.
  case defined(Value)
  /// They have not, for a reason fit to be shown to a reader.
  case undefined(reason: String)

  /// The value, if there is one.
  public var value: Value? {
    if case .defined(let value) = self { value } else { nil }
  }

  /// Why there is no value, if there is none.
  public var reason: String? {
    if case .undefined(let reason) = self { reason } else { nil }
  }
}

extension Statistic: Equatable where Value: Equatable {}
extension Statistic: Hashable where Value: Hashable {}
