import Foundation
import Testing

/// The reference values of `Tests/Goldens/evaluation.json`, made by the script beside it.
struct Golden: Decodable, Sendable {
  struct SpecialFunctions: Decodable, Sendable {
    let incompleteBeta: [[Double]]
    let incompleteBetaInverse: [[Double]]
    let normalQuantile: [[Double]]
    let chiSquaredTail: [[Double]]
    let studentQuantile: [[Double]]
    let binomial: [[Double]]
  }

  struct Calibration: Decodable, Sendable {
    let strategy: String
    let bins: Int
    let observed: [Double]
    let stated: [Double]
    let expectedError: Double
    let maximumError: Double
  }

  struct Binary: Decodable, Sendable {
    let scores: [Double]
    let truth: [Bool]
    let falsePositiveRate: [Double]
    let sensitivity: [Double]
    let thresholds: [Double]
    let area: Double
    let areaError: Double
    let areaInterval95: [Double]
    let precision: [Double]
    let recall: [Double]
    let cuts: [Double]
    let averagePrecision: Double
    let youdenThreshold: Double?
    let thresholdAtSensitivity90: Double
    let brier: Double
    let calibration: [Calibration]
  }

  struct Classes: Decodable, Sendable {
    let labels: [Int]
    let logits: [[Double]]
    let confusion: [[Int]]
    let accuracy: Double
    let balancedAccuracy: Double
    let precision: [Double]
    let sensitivity: [Double]
    let specificity: [Double]
    let negativePredictiveValue: [Double]
    let f1: [Double]
    let macroF1: Double
    let brier: Double
    let expectedError15: Double
    let temperature: Double
  }

  struct McNemar: Decodable, Sendable {
    let counts: [Int]
    let exact: Double
    let corrected: Double?
    let plain: Double?
    let correctedPValue: Double?
    let plainPValue: Double?
  }

  struct BootstrapSummary: Decodable, Sendable {
    let interval90: [Double]
    let standardError: Double
    let undefined: Int
    let pValue: Double
  }

  struct Bootstrap: Decodable, Sendable {
    let seed: UInt64
    let resamples: Int
    let groups: [Int]
    let truth: [Bool]
    let first: [Double]
    let second: [Double]
    let independent: BootstrapSummary
    let grouped: BootstrapSummary
    let difference: BootstrapSummary
    let scarceTruth: [Bool]
    let scarceScores: [Double]
    let scarce: BootstrapSummary
  }

  struct GroupedFolds: Decodable, Sendable {
    let labels: [Int]
    let groups: [Int]
    let deviations: [Double]
  }

  struct Spread: Decodable, Sendable {
    let values: [Double]
    let mean: Double
    let deviation: Double
    let interval95: [Double]
  }

  struct Summary: Decodable, Sendable {
    struct Figure: Decodable, Sendable {
      let value: Double
      let interval: [Double]
      let difference: Double
      let differenceInterval: [Double]
      let pValue: Double
    }

    let labels: [Int]
    let groups: [Int]
    let threshold: Double?
    let first: [[Double]]
    let second: [[Double]]
    /// By kind, followed by the number of the class where it is of one.
    let figures: [String: Figure]
  }

  let specialFunctions: SpecialFunctions
  let proportions: [[Double]]
  let binary: [String: Binary]
  let classes: [Classes]
  let mcnemar: [McNemar]
  let bootstrap: Bootstrap
  let groupedFolds: [GroupedFolds]
  let spread: Spread
  let summaries: [Summary]

  /// The file, read anew.
  ///
  /// Throws where it is missing or not as written above.
  static func read() throws -> Golden {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Goldens/evaluation.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }
}

/// What the references keep: 1e-9, relative for large numbers and absolute for small ones.
let tolerance = 1e-9

/// Whether two numbers agree to `tolerance`, relative to the larger of 1 and the expected one.
func agrees(_ value: Double?, _ expected: Double?, within tolerance: Double = tolerance) -> Bool {
  guard let value, let expected else { return value == nil && expected == nil }
  return abs(value - expected) <= tolerance * max(1, abs(expected))
}

/// Whether two lists agree, number by number.
func agrees(_ values: [Double], _ expected: [Double]) -> Bool {
  values.count == expected.count && zip(values, expected).allSatisfy { agrees($0, $1) }
}

/// `softmax(row)`, written out.
func softmax(_ row: [Double]) -> [Double] {
  let powers = row.map { exp($0) }
  return powers.map { $0 / powers.reduce(0, +) }
}

/// Checks that a program ended with a message that contains all of `words`.
func expectMessage(
  of result: ExitTest.Result?, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let content = try #require(result, sourceLocation: sourceLocation).standardErrorContent
  let message = String(decoding: content, as: UTF8.self)
  for word in words {
    #expect(message.contains(word), "no \(word) in: \(message)", sourceLocation: sourceLocation)
  }
}
