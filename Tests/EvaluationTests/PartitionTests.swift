import Evaluation
import Testing

@Suite("Partitions")
struct PartitionTests {
  /// Counts of every class in every part.
  private func table(_ partition: Partition, _ labels: [Int]) -> [[Int]] {
    (0..<partition.partCount).map { part in
      (0...(labels.max() ?? 0)).map { label in
        partition.indices(inPart: part).count { labels[$0] == label }
      }
    }
  }

  @Test("the example of the documentation")
  func example() throws {
    let labels = [0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1]
    let patients = [1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    let folds = try Partition(into: .folds(5), labels: labels, groups: patients, seed: 7)
    for fold in 0..<folds.partCount {
      let (training, validation) = (folds.indices(outsidePart: fold), folds.indices(inPart: fold))
      #expect(Set(training.map { patients[$0] }).isDisjoint(with: validation.map { patients[$0] }))
      #expect(Set(validation.map { labels[$0] }) == [0, 1])
    }
  }

  @Test("folds hold every sample once, in parts as equal as can be", arguments: [2, 3, 7, 10])
  func plainFolds(folds: Int) throws {
    let partition = try Partition(into: .folds(folds), sampleCount: 31, seed: 5)
    let parts = (0..<folds).map { partition.indices(inPart: $0) }
    #expect(parts.flatMap { $0 }.sorted() == Array(0..<31))
    #expect(parts.allSatisfy { $0.count == 31 / folds || $0.count == 31 / folds + 1 })
    #expect((partition.indices(outsidePart: 1) + parts[1]).sorted() == Array(0..<31))
  }

  @Test(
    "stratified folds differ by at most one sample of a class, and in all", arguments: [0, 1, 2])
  func stratifiedFolds(seed: UInt64) throws {
    let labels = (0..<83).map { $0 % 7 == 0 ? 2 : $0 % 3 == 0 ? 1 : 0 }
    let partition = try Partition(into: .folds(5), labels: labels, seed: seed)
    let counts = table(partition, labels)
    for label in 0...2 {
      let column = counts.map { $0[label] }
      #expect(try #require(column.max()) - #require(column.min()) <= 1)
    }
    let sizes = counts.map { $0.reduce(0, +) }
    #expect(try #require(sizes.max()) - #require(sizes.min()) <= 1)
  }

  @Test("proportions hold for every class")
  func proportions() throws {
    let labels = [Int](repeating: 0, count: 200) + [Int](repeating: 1, count: 40)
    let partition = try Partition(
      into: .proportions([70, 15, 15]), labels: labels, seed: 11)
    #expect(table(partition, labels) == [[140, 28], [30, 6], [30, 6]])
  }

  @Test("a class with just enough samples is in every part")
  func scarceClass() throws {
    let labels = [Int](repeating: 0, count: 100) + [1, 1, 1]
    let partition = try Partition(
      into: .proportions([0.9, 0.05, 0.05]), labels: labels, seed: 2)
    #expect(table(partition, labels).map { $0[1] } == [1, 1, 1])
  }

  @Test(
    "no group is in two parts, and classes are as even as scikit-learn makes them", arguments: 0...2
  )
  func groupedFolds(index: Int) throws {
    let golden = try Golden.read().groupedFolds[index]
    let classCount = try #require(golden.labels.max()) + 1
    let totals = (0..<classCount).map { label in golden.labels.count { $0 == label } }
    var deviations = 0.0
    for seed in 0..<10 {
      let partition = try Partition(
        into: .folds(5), labels: golden.labels, groups: golden.groups, seed: UInt64(seed))
      for group in Set(golden.groups) {
        let parts = golden.groups.indices.filter { golden.groups[$0] == group }
          .map { partition.partOfSample[$0] }
        #expect(Set(parts).count == 1)
      }
      for row in table(partition, golden.labels) {
        for (count, total) in zip(row, totals) {
          let deviation = Double(count) / Double(total) - 0.2
          deviations += deviation * deviation
        }
      }
    }
    #expect(deviations <= golden.deviations.reduce(0, +))
  }

  @Test("groups may be named by text, and need no labels")
  func namedGroups() throws {
    let patients = (0..<40).map { "patient \($0 / 2)" }
    let partition = try Partition(into: .folds(4), groups: patients, seed: 1)
    #expect((0..<4).map { partition.indices(inPart: $0).count } == [10, 10, 10, 10])
    #expect(
      stride(from: 0, to: 40, by: 2).allSatisfy {
        partition.partOfSample[$0] == partition.partOfSample[$0 + 1]
      })
  }

  @Test("small parts get their share of large groups", arguments: [0, 1, 2])
  func largeGroups(seed: UInt64) throws {
    // 20 patients of four samples each, and 40 of one; classes alternate from patient to patient.
    let groups = (0..<80).map { $0 / 4 } + (20..<60)
    let labels = groups.map { $0 % 2 }
    let partition = try Partition(
      into: .proportions([70, 15, 15]), labels: labels, groups: groups, seed: seed)
    #expect(table(partition, labels) == [[42, 42], [9, 9], [9, 9]])
    let large = (0..<3).map { part in
      Set(partition.indices(inPart: part).map { groups[$0] }.filter { $0 < 20 }).count
    }
    #expect(large[0] == 14 || large[0] == 16)
    #expect(large[1] >= 2 && large[2] >= 2)
  }

  @Test("the seed decides, and nothing else")
  func seeds() throws {
    let one = try Partition(into: .folds(5), sampleCount: 50, seed: 1)
    #expect(try one == Partition(into: .folds(5), sampleCount: 50, seed: 1))
    #expect(try one != Partition(into: .folds(5), sampleCount: 50, seed: 2))
    #expect(one.partOfSample != (0..<50).map { $0 % 5 })
  }

  @Test("too few samples for the parts are refused, and the message counts them")
  func refusesFewSamples() {
    let error = #expect(throws: PartitionError.self) {
      try Partition(into: .folds(5), sampleCount: 4, seed: 1)
    }
    #expect(error?.description == "partition: there are 4 samples, too few for 5 parts")
    #expect(throws: PartitionError.self) { try Partition(into: .folds(2), sampleCount: 0, seed: 1) }
  }

  @Test("a class in too few groups is refused, and named")
  func refusesScarceClass() {
    let error = #expect(throws: PartitionError.self) {
      try Partition(
        into: .folds(3), labels: [0, 0, 0, 0, 4, 4, 4],
        groups: ["a", "b", "c", "d", "a", "a", "b"], seed: 1)
    }
    #expect(error?.description == "partition: class 4 has 2 groups, too few for 3 parts")
  }

  @Test("classes that no choice of groups spreads over all parts are refused")
  func refusesImpossible() {
    // Each of three classes occurs in two groups; putting one class in both parts leaves another in one.
    let labels = [0, 1, 1, 2, 2, 0]
    let groups = [0, 0, 1, 1, 2, 2]
    let error = #expect(throws: PartitionError.self) {
      try Partition(into: .folds(2), labels: labels, groups: groups, seed: 1)
    }
    #expect(error?.description.contains("no sample of class") == true)
  }

  @Test("a single fold stops the program")
  func rejectsOneFold() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Partition(into: .folds(1), sampleCount: 4, seed: 1) }
    try expectMessage(of: result, "two or more folds", "1")
  }

  @Test("a proportion of zero stops the program")
  func rejectsZero() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Partition(into: .proportions([1, 0]), sampleCount: 4, seed: 1) }
    try expectMessage(of: result, "positive proportions", "[1.0, 0.0]")
  }

  @Test("a part that does not exist stops the program")
  func rejectsPart() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Partition(into: .folds(2), sampleCount: 4, seed: 1).indices(inPart: 2) }
    try expectMessage(of: result, "no part 2")
  }

  @Test("a negative label stops the program")
  func rejectsLabel() async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try Partition(into: .folds(2), labels: [0, -1, 0], seed: 1) }
    try expectMessage(of: result, "label is negative")
  }
}
