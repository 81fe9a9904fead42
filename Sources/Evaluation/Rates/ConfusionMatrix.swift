import Tensor

/// How often each actual class was taken for each class: rows are actual classes, columns predicted ones.
///
/// Two or more classes. Every rate of one class against the rest follows from it, each with its counts.
///
/// ```swift
/// let matrix = ConfusionMatrix(classNames: ["Covid", "Normal"], counts: [[30, 0], [2, 28]])
/// matrix.accuracy.value                                       // 0.9666…
/// matrix.specificity(ofClass: 0).clopperPearsonInterval()     // 0.779–0.992
/// ```
public struct ConfusionMatrix: Sendable, Hashable, Encodable {
  /// The name of every class, by index.
  public let classNames: [String]
  /// The number of samples of class `row` that were taken for class `column`, of shape `[classes, classes]`.
  public private(set) var counts: [[Int]]

  /// A matrix of zeros.
  ///
  /// - Precondition: There are two or more classes.
  public init(classNames: [String]) {
    require(
      classNames.count >= 2, "ConfusionMatrix: needs two or more classes, got \(classNames)")
    self.classNames = classNames
    let row = [Int](repeating: 0, count: classNames.count)
    counts = [[Int]](repeating: row, count: classNames.count)
  }

  /// A matrix of known counts, rows by actual class.
  ///
  /// - Precondition: `counts` is square, of the number of class names (two or more), and holds no negative number.
  public init(classNames: [String], counts: [[Int]]) {
    self.init(classNames: classNames)
    require(
      counts.count == classNames.count && counts.allSatisfy { $0.count == classNames.count },
      "ConfusionMatrix: \(classNames.count) classes need as many rows and columns, got \(counts)")
    require(
      counts.allSatisfy { $0.allSatisfy { $0 >= 0 } },
      "ConfusionMatrix: a count is negative in \(counts)")
    self.counts = counts
  }

  /// The matrix of samples with their actual and predicted class indices.
  ///
  /// - Precondition: Both lists are equally long, and every index names a class.
  public init(actual: [Int], predicted: [Int], classNames: [String]) {
    self.init(classNames: classNames)
    require(
      actual.count == predicted.count,
      "ConfusionMatrix: \(actual.count) actual classes, but \(predicted.count) predicted ones")
    for (row, column) in zip(actual, predicted) { add(actual: row, predicted: column) }
  }

  /// Counts one more sample.
  ///
  /// - Precondition: Both indices name a class.
  public mutating func add(actual: Int, predicted: Int) {
    requireClass(actual, "add")
    requireClass(predicted, "add")
    counts[actual][predicted] += 1
  }

  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The number of samples of class `actual` that were taken for class `predicted`.
  public subscript(actual actual: Int, predicted predicted: Int) -> Int {
    requireClass(actual, "subscript")
    requireClass(predicted, "subscript")
    return counts[actual][predicted]
  }

  /// The number of samples that are of class `index`.
  public func actualCount(ofClass index: Int) -> Int {
    requireClass(index, "actualCount")
    return counts[index].reduce(0, +)
  }

  /// The number of samples that were taken for class `index`.
  public func predictedCount(ofClass index: Int) -> Int {
    requireClass(index, "predictedCount")
    return counts.reduce(0) { $0 + $1[index] }
  }

  func requireClass(_ index: Int, _ operation: String) {
    require(
      classNames.indices.contains(index),
      "ConfusionMatrix.\(operation): no class \(index) among \(classNames)")
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// The counts as a table with row and column names.
  public var description: String {
    let rowTitle = "actual"
    let cells = counts.map { $0.map(String.init) }
    let nameWidth = max(rowTitle.count, classNames.map(\.count).max() ?? 0)
    let columnWidths = classNames.indices.map { column in
      max(classNames[column].count, cells.map { $0[column].count }.max() ?? 0)
    }
    func line(_ name: String, _ columns: [String]) -> String {
      zip(columns, columnWidths).reduce(name.padded(to: nameWidth)) {
        $0 + "  " + $1.0.padded(to: $1.1, onTheLeft: true)
      }
    }
    let header = line(rowTitle, classNames)
    let title = "predicted".padded(to: header.count - nameWidth - 2, onTheLeft: true)
    return
      ([String(repeating: " ", count: nameWidth + 2) + title, header]
      + zip(classNames, cells).map { line($0, $1) }).joined(separator: "\n")
  }
}

extension String {
  /// This text filled up with spaces to `width` characters.
  ///
  /// Longer text stays as it is.
  package func padded(to width: Int, onTheLeft left: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - count))
    return left ? spaces + self : self + spaces
  }
}
