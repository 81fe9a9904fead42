import Evaluation
import Testing

@Suite("Confusion matrix")
struct ConfusionMatrixTests {
  /// What the article's network did on its validation images.
  static let article = ConfusionMatrix(
    classNames: ["Covid", "Normal"], counts: [[30, 0], [2, 28]])

  @Test("the article's rates, by hand")
  func article() throws {
    let matrix = Self.article
    #expect(matrix.total == 60)
    #expect(matrix.accuracy == Proportion(58, of: 60))
    #expect(matrix.sensitivity(ofClass: 0) == Proportion(30, of: 30))
    #expect(matrix.specificity(ofClass: 0) == Proportion(28, of: 30))
    #expect(matrix.precision(ofClass: 0) == Proportion(30, of: 32))
    #expect(matrix.negativePredictiveValue(ofClass: 0) == Proportion(28, of: 28))
    #expect(agrees(matrix.f1(ofClass: 0), 60.0 / 62))
    #expect(agrees(matrix.balancedAccuracy, (1 + 28.0 / 30) / 2))
  }

  @Test("of two classes, the sensitivity of one is the specificity of the other")
  func mirrored() {
    let matrix = Self.article
    #expect(matrix.sensitivity(ofClass: 0) == matrix.specificity(ofClass: 1))
    #expect(matrix.specificity(ofClass: 0) == matrix.sensitivity(ofClass: 1))
    #expect(matrix.precision(ofClass: 0) == matrix.negativePredictiveValue(ofClass: 1))
  }

  @Test("every rate agrees with scikit-learn, for two, three and five classes", arguments: 0...2)
  func agreesWithScikitLearn(index: Int) throws {
    let golden = try Golden.read().classes[index]
    let names = golden.confusion.indices.map { "class \($0)" }
    let predicted = golden.logits.map { row in row.firstIndex(of: row.max() ?? 0) ?? 0 }
    let matrix = ConfusionMatrix(actual: golden.labels, predicted: predicted, classNames: names)
    #expect(matrix.counts == golden.confusion)
    #expect(agrees(matrix.accuracy.value, golden.accuracy))
    #expect(agrees(matrix.balancedAccuracy, golden.balancedAccuracy))
    #expect(agrees(matrix.macroF1, golden.macroF1))
    for c in names.indices {
      #expect(agrees(matrix.sensitivity(ofClass: c).value, golden.sensitivity[c]))
      #expect(agrees(matrix.specificity(ofClass: c).value, golden.specificity[c]))
      #expect(agrees(matrix.precision(ofClass: c).value, golden.precision[c]))
      #expect(
        agrees(matrix.negativePredictiveValue(ofClass: c).value, golden.negativePredictiveValue[c]))
      #expect(agrees(matrix.f1(ofClass: c), golden.f1[c]))
    }
  }

  @Test("samples added one by one count as those given together")
  func adding() {
    let (actual, predicted) = ([0, 1, 2, 1, 1], [0, 2, 2, 1, 0])
    var matrix = ConfusionMatrix(classNames: ["a", "b", "c"])
    for (row, column) in zip(actual, predicted) { matrix.add(actual: row, predicted: column) }
    #expect(
      matrix
        == ConfusionMatrix(actual: actual, predicted: predicted, classNames: ["a", "b", "c"]))
    #expect(matrix[actual: 1, predicted: 2] == 1)
    #expect(matrix.actualCount(ofClass: 1) == 3)
    #expect(matrix.predictedCount(ofClass: 2) == 2)
  }

  @Test("what does not occur has no rate")
  func missingClass() {
    let matrix = ConfusionMatrix(
      classNames: ["a", "b", "c"], counts: [[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    #expect(matrix.sensitivity(ofClass: 2).value == nil)
    #expect(matrix.precision(ofClass: 2).value == nil)
    #expect(matrix.f1(ofClass: 2) == nil)
    #expect(matrix.balancedAccuracy == nil)
    #expect(matrix.macroF1 == nil)
    #expect(ConfusionMatrix(classNames: ["a", "b"]).accuracy.value == nil)
  }

  @Test("it prints as a table whose columns line up")
  func prints() {
    #expect(
      Self.article.description == """
                    predicted
        actual  Covid  Normal
        Covid      30       0
        Normal      2      28
        """)
    let wide = ConfusionMatrix(classNames: ["x", "y"], counts: [[123_456, 0], [7, 8]])
    #expect(
      wide.description == """
                predicted
        actual       x  y
        x       123456  0
        y            7  8
        """)
  }

  @Test("the summary states every rate with its counts and interval")
  func summary() {
    #expect(
      Self.article.summary(ofClass: 0) == """
        positive class: Covid
        accuracy           96.7 % (58/60)     95 % interval 88.5–99.6 %
        sensitivity        100.0 % (30/30)    95 % interval 88.4–100.0 %
        specificity        93.3 % (28/30)     95 % interval 77.9–99.2 %
        precision          93.8 % (30/32)     95 % interval 79.2–99.2 %
        F1                 0.968
        balanced accuracy  0.967
        """)
    let empty = ConfusionMatrix(classNames: ["a", "b"]).summary(ofClass: 0)
    #expect(empty.contains("accuracy           undefined (0/0)"))
    #expect(empty.contains("F1                 undefined"))
  }

  @Test("one class alone stops the program")
  func rejectsOneClass() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfusionMatrix(classNames: ["only"]) }
    try expectMessage(of: result, "ConfusionMatrix", "two or more", "only")
  }

  @Test("counts that are not square stop the program")
  func rejectsRagged() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfusionMatrix(classNames: ["a", "b"], counts: [[1, 2], [3]]) }
    try expectMessage(of: result, "ConfusionMatrix", "[[1, 2], [3]]")
  }

  @Test("a negative count stops the program")
  func rejectsNegative() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfusionMatrix(classNames: ["a", "b"], counts: [[1, -2], [3, 4]]) }
    try expectMessage(of: result, "negative", "-2")
  }

  @Test("lists of different lengths stop the program")
  func rejectsLengths() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfusionMatrix(actual: [0, 1], predicted: [0], classNames: ["a", "b"]) }
    try expectMessage(of: result, "2 actual", "1 predicted")
  }

  @Test("an index that names no class stops the program")
  func rejectsIndex() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = ConfusionMatrix(actual: [2], predicted: [0], classNames: ["a", "b"]) }
    try expectMessage(of: result, "no class 2")
  }
}
