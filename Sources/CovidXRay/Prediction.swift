/// What a classifier says about one film.
public struct Prediction: Sendable, Hashable {
  /// The classes, in the order of ``probabilities``.
  public let classNames: [String]
  /// The probability of every class.
  public let probabilities: [Double]
  /// The probability of every class, for each network of the classifier by itself.
  public let memberProbabilities: [[Double]]
  /// The class that ``threshold`` speaks of.
  public let positiveClass: String
  /// The probability of the positive class from which on a film counts as positive.
  public let threshold: Double

  /// The probability of a class.
  ///
  /// - Throws: ``UnknownClass`` where the classifier knows no class of that name.
  public func probability(of name: String) throws -> Double {
    guard let index = classNames.firstIndex(of: name) else {
      throw UnknownClass(name: name, classNames: classNames)
    }
    return probabilities[index]
  }

  /// How far the networks of the classifier disagree about the positive class: the lowest and the highest probability of it.
  ///
  /// Both are the probability itself where there is one network. Agreement is no proof: networks that were trained on the
  /// same films share their mistakes.
  public var range: ClosedRange<Double> {
    let values = memberProbabilities.map { $0[positiveIndex] }
    return (values.min() ?? 0)...(values.max() ?? 1)
  }

  /// The standard deviation of the networks' probabilities of the positive class; 0 for one network.
  public var spread: Double {
    let values = memberProbabilities.map { $0[positiveIndex] }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(max(values.count - 1, 1))).squareRoot()
  }

  /// Whether the probability of the positive class reaches the threshold.
  public var isPositive: Bool { predictedClass == positiveClass }

  /// The positive class if its probability reaches the threshold, the other one if not.
  public var predictedClass: String { classNames[predictedIndex] }

  /// The number of the predicted class.
  var predictedIndex: Int {
    probabilities[positiveIndex] >= threshold ? positiveIndex : 1 - positiveIndex
  }

  /// The number of the positive class.
  private var positiveIndex: Int { classNames[0] == positiveClass ? 0 : 1 }
}

/// A class that a classifier does not have.
public struct UnknownClass: Error, Sendable, Hashable, CustomStringConvertible {
  /// The class that was asked for.
  public let name: String
  /// The classes that there are.
  public let classNames: [String]

  /// The name, and the classes that there are.
  public var description: String {
    "no class \"\(name)\"; expected \(classNames.joined(separator: " or "))"
  }
}

/// A film of which a classifier says what is no probability: its weights are damaged, or its sums overflow.
public struct UnusablePrediction: Error, Sendable, Hashable, CustomStringConvertible {
  /// The film.
  public let name: String

  /// The film, what was expected and what came.
  public var description: String {
    "\(name): the model gives what is not a number; expected a probability in 0...1"
  }
}
