import Evaluation
import Foundation
import Tensor
import Testing

/// `Tests/Goldens/linear.json`, made by the script beside it.
private struct LinearGolden: Decodable {
  struct Score: Decodable {
    let weights: [Double]
    let intercept: Double
  }

  struct Fit: Decodable {
    let kind: String
    let features: [[Double]]
    let targets: [Double]
    let truth: [Bool]
    let penalty: Double
    let ridge: Score
    let logistic: Score
  }

  struct Answers: Decodable {
    let scores: [[Double]]
    let predicted: [Int]
  }

  struct Classes: Decodable {
    let labels: [Int]
    let features: [[Double]]
    let heldOut: [[Double]]
    let logistic: Answers
    let ridge: Answers
  }

  let fits: [Fit]
  let classes: Classes

  static func read() throws -> LinearGolden {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Goldens/linear.json")
    return try JSONDecoder().decode(LinearGolden.self, from: Data(contentsOf: file))
  }
}

private func matrix(_ rows: [[Double]]) -> Tensor<Double> {
  Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
}

@Suite("Linear scores")
struct LinearScoreTests {
  @Test("both fits agree with scikit-learn, with fewer and with more features than samples")
  func agreesWithScikitLearn() throws {
    for fit in try LinearGolden.read().fits {
      let features = matrix(fit.features)
      let ridge = try LinearScore.ridge(
        features: features, targets: fit.targets, penalty: fit.penalty)
      #expect(agrees(ridge.weights, fit.ridge.weights), "\(fit.kind)")
      #expect(agrees(ridge.intercept, fit.ridge.intercept), "\(fit.kind)")
      let logistic = try LinearScore.logistic(
        features: features, isPositive: fit.truth, penalty: fit.penalty)
      // The reference's own gradient is zero to 1e-8 of its terms only.
      #expect(
        zip(logistic.weights, fit.logistic.weights).allSatisfy { agrees($0, $1, within: 1e-7) },
        "\(fit.kind): \(logistic.weights), expected \(fit.logistic.weights)")
      #expect(agrees(logistic.intercept, fit.logistic.intercept, within: 1e-6), "\(fit.kind)")
    }
  }

  @Test("a logistic fit is a minimum: its gradient is zero")
  func logisticMinimum() throws {
    for fit in try LinearGolden.read().fits {
      let features = matrix(fit.features)
      let score = try LinearScore.logistic(
        features: features, isPositive: fit.truth, penalty: fit.penalty)
      let errors = zip(score.values(for: features), fit.truth).map { logit, truth in
        1 / (1 + exp(-logit)) - (truth ? 1 : 0)
      }
      #expect(abs(errors.reduce(0, +)) < 1e-9)
      for (column, weight) in score.weights.enumerated() {
        let terms = zip(fit.features, errors).map { $0[column] * $1 }
        let size = terms.reduce(1) { $0 + abs($1) }
        #expect(abs(terms.reduce(0, +) + fit.penalty * weight) < 1e-9 * size, "\(fit.kind)")
      }
    }
  }

  @Test("by hand: one feature, with a penalty that halves the slope")
  func byHand() throws {
    // Σ(x − x̄)² = 2 and Σ(x − x̄)(y − ȳ) = 4, so w = 4 / (2 + 2).
    let score = try LinearScore.ridge(
      features: Tensor([1, 2, 3], shape: [3, 1]), targets: [0, 2, 4], penalty: 2)
    #expect(agrees(score.weights, [1]) && agrees(score.intercept, 0))
    #expect(agrees(score.values(for: Tensor([5], shape: [1, 1])), [5]))
  }

  @Test("classifiers of three classes agree with scikit-learn, scaled and unscaled")
  func classifiers() throws {
    let golden = try LinearGolden.read().classes
    for (method, standardized, expected) in [
      (LinearClassifier.Method.logistic(penalty: 0.7), true, golden.logistic),
      (.ridge(penalty: 2.5), false, golden.ridge),
    ] {
      let classifier = try LinearClassifier(
        method, features: matrix(golden.features), labels: golden.labels, classCount: 3,
        standardized: standardized)
      let heldOut = matrix(golden.heldOut)
      #expect(classifier.predictedClasses(for: heldOut) == expected.predicted)
      for label in 0..<3 {
        let scores = classifier.scores(ofClass: label, for: heldOut)
        #expect(
          zip(scores, expected.scores).allSatisfy { agrees($0, $1[label], within: 1e-7) },
          "\(method), class \(label)")
      }
    }
  }

  @Test("the scores of two classes are opposite, and classes that never occur are never named")
  func twoClasses() throws {
    let features = Tensor<Double>([0, 1, 2, 3], shape: [4, 1])
    for method in [LinearClassifier.Method.ridge(penalty: 0.1), .logistic(penalty: 0.1)] {
      let two = try LinearClassifier(
        method, features: features, labels: [0, 0, 1, 1], classCount: 2)
      let (first, second) = (
        two.scores(ofClass: 0, for: features), two.scores(ofClass: 1, for: features)
      )
      #expect(agrees(first, second.map { -$0 }))
      #expect(two.predictedClasses(for: features) == [0, 0, 1, 1])
      let three = try LinearClassifier(
        method, features: features, labels: [0, 0, 2, 2], classCount: 3)
      #expect(three.predictedClasses(for: features) == [0, 0, 2, 2])
    }
  }

  @Test("what cannot be fitted throws, and says why")
  func rejects() throws {
    let features = Tensor<Double>([1, 2, .nan, 4], shape: [2, 2])
    let error = try #require(
      #expect(throws: InvalidFeatures.self) {
        _ = try LinearScore.ridge(features: features, targets: [0, 1], penalty: 1)
      })
    #expect(error.description.contains("feature 0 of sample 1"))
    let good = Tensor<Double>([1, 2], shape: [2, 1])
    #expect(throws: InvalidFeatures.self) {
      _ = try LinearScore.ridge(features: good, targets: [0, .infinity], penalty: 1)
    }
    #expect(throws: InvalidFeatures.self) {
      _ = try LinearScore.logistic(features: good, isPositive: [true, true], penalty: 1)
    }
    #expect(throws: InvalidFeatures.self) {
      _ = try LinearClassifier(
        .ridge(penalty: 1), features: good, labels: [1, 1], classCount: 2)
    }
  }

  @Test("no penalty, and targets of another number, stop the program")
  func traps() async throws {
    let penalty = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try LinearScore.ridge(
        features: Tensor([1, 2], shape: [2, 1]), targets: [0, 1], penalty: 0)
    }
    try expectMessage(of: penalty, "LinearScore.ridge", "positive penalty")
    let count = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = try LinearScore.logistic(
        features: Tensor([1, 2], shape: [2, 1]), isPositive: [true], penalty: 1)
    }
    try expectMessage(of: count, "LinearScore.logistic", "[1, features]", "[2, 1]")
  }
}
