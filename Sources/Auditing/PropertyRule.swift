import Foundation
import Imaging

/// A property of an image file, or of its plainest statistics.
struct AuditedProperty: Sendable {
  enum Value: Sendable {
    case word(String)
    case number(Double)
  }

  let name: String
  let value: @Sendable (AuditedImage) -> Value

  static let all: [AuditedProperty] = [
    AuditedProperty(name: "colours") { .word($0.properties.colours.rawValue) },
    AuditedProperty(name: "format") { .word($0.properties.format.rawValue) },
    AuditedProperty(name: "bits a sample") { .word("\($0.properties.bitsPerSample)") },
    AuditedProperty(name: "progressive") { .word($0.properties.isProgressive ? "yes" : "no") },
    AuditedProperty(name: "colour profile") {
      .word($0.properties.hasColourProfile ? "yes" : "no")
    },
    AuditedProperty(name: "width") { .number(Double($0.properties.size.width)) },
    AuditedProperty(name: "height") { .number(Double($0.properties.size.height)) },
    AuditedProperty(name: "width by height") { .number($0.aspect) },
    AuditedProperty(name: "bytes") { .number(Double($0.properties.byteCount)) },
    AuditedProperty(name: "bytes a pixel") { .number($0.bytesPerPixel) },
    AuditedProperty(name: "brightness") { .number($0.thumbnail.mean) },
    AuditedProperty(name: "contrast") { .number($0.thumbnail.deviation) },
    AuditedProperty(name: "border brightness") { .number($0.border(width: 1).mean) },
    AuditedProperty(name: "border contrast") { .number($0.border(width: 1).deviation) },
  ]
}

extension AuditedImage {
  /// Width by height.
  var aspect: Double { Double(properties.size.width) / Double(properties.size.height) }

  var bytesPerPixel: Double {
    Double(properties.byteCount) / Double(properties.size.width * properties.size.height)
  }
}

extension [Double] {
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

  /// The root of the mean squared distance from the mean.
  var deviation: Double {
    let mean = mean
    return isEmpty
      ? 0 : (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
  }
}

/// The best guess of the class from one property: the most common class of every word, or of the numbers on each side of a cut.
struct PropertyRule {
  private enum Kind {
    case words([String: Int], other: Int)
    case cut(Double, below: Int, above: Int)
  }

  private let kind: Kind
  /// The rule in words.
  let text: String

  /// Learns the rule that is right most often, the first among equals.
  ///
  /// Values are all words or all numbers, one or more.
  init(_ values: [AuditedProperty.Value], labels: [Int], classNames: [String]) {
    let classes = classNames.indices
    func counts(_ labels: [Int]) -> [Int] {
      labels.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1] += 1 }
    }
    func most(_ counts: [Int]) -> Int { classes.max { counts[$0] < counts[$1] } ?? 0 }
    let numbers = values.compactMap { if case .number(let value) = $0 { value } else { nil } }
    if numbers.count == values.count {
      let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
      var below = counts([])
      var above = counts(labels)
      var best = (right: above.max() ?? 0, cut: -Double.infinity, below: 0, above: most(above))
      for (position, index) in order.enumerated().dropLast() {
        below[labels[index]] += 1
        above[labels[index]] -= 1
        let (value, next) = (numbers[index], numbers[order[position + 1]])
        let right = (below.max() ?? 0) + (above.max() ?? 0)
        guard value < next, right > best.right else { continue }
        best = (right, (value + next) / 2, most(below), most(above))
      }
      kind = .cut(best.cut, below: best.below, above: best.above)
      text =
        best.cut.isFinite && best.below != best.above
        ? "up to \(Self.short(best.cut)): \(classNames[best.below]); above: "
          + classNames[best.above]
        : "always \(classNames[best.above])"
    } else {
      var byWord: [String: [Int]] = [:]
      for (value, label) in zip(values, labels) {
        if case .word(let word) = value { byWord[word, default: []].append(label) }
      }
      let guesses = byWord.mapValues { most(counts($0)) }
      let other = most(counts(labels))
      kind = .words(guesses, other: other)
      let words = guesses.keys.sorted()
      let clauses = classes.compactMap { label -> String? in
        let own = words.filter { guesses[$0] == label }
        return own.isEmpty ? nil : "\(own.joined(separator: ", ")): \(classNames[label])"
      }
      text =
        Set(guesses.values).count > 1
        ? clauses.joined(separator: "; ") : "always \(classNames[other])"
    }
  }

  /// The guess for a value.
  func guess(_ value: AuditedProperty.Value) -> Int {
    switch (kind, value) {
    case (.words(let guesses, let other), .word(let word)): guesses[word] ?? other
    case (.cut(let cut, let below, let above), .number(let number)):
      number <= cut ? below : above
    case (.words(_, let other), .number): other
    case (.cut(_, _, let above), .word): above
    }
  }

  private static func short(_ value: Double) -> String {
    value >= 100 ? String(Int(value)) : String(format: "%.3g", value)
  }
}
