import Tensor

/// Samples divided into parts that do not overlap: training, validation and test, or the folds of a cross-validation.
///
/// Parts can be stratified (every class has the same share of each part) and grouped (all samples of a patient fall into the
/// same part, so that none is trained on and tested on).
///
/// ```swift
/// let folds = try Partition(into: .folds(5), labels: labels, groups: patients, seed: 7)
/// for fold in 0..<folds.partCount {
///   let (training, validation) = (folds.indices(outsidePart: fold), folds.indices(inPart: fold))
/// }
/// ```
public struct Partition: Sendable, Hashable {
  /// How large the parts are to be.
  public struct Shares: Sendable, Hashable {
    let values: [Double]

    /// As many equal parts as `count`, two or more.
    public static func folds(_ count: Int) -> Shares {
      require(count >= 2, "Partition: needs two or more folds, got \(count)")
      return Shares(values: [Double](repeating: 1 / Double(count), count: count))
    }

    /// Parts in the given proportions, such as `[0.7, 0.15, 0.15]`.
    ///
    /// They are divided by their sum.
    ///
    /// - Precondition: There are two or more, all positive and finite.
    public static func proportions(_ values: [Double]) -> Shares {
      require(
        values.count >= 2 && values.allSatisfy { $0 > 0 && $0.isFinite },
        "Partition: needs two or more positive proportions, got \(values)")
      let sum = values.reduce(0, +)
      return Shares(values: values.map { $0 / sum })
    }
  }

  /// The part that every sample falls into.
  public let partOfSample: [Int]
  /// The number of parts.
  public let partCount: Int

  /// The samples of a part, in ascending order.
  public func indices(inPart part: Int) -> [Int] {
    require((0..<partCount).contains(part), "Partition: no part \(part) among \(partCount)")
    return partOfSample.indices.filter { partOfSample[$0] == part }
  }

  /// The samples of all other parts, in ascending order.
  public func indices(outsidePart part: Int) -> [Int] {
    require((0..<partCount).contains(part), "Partition: no part \(part) among \(partCount)")
    return partOfSample.indices.filter { partOfSample[$0] != part }
  }

  /// Divides independent samples at random.
  ///
  /// - Throws: `PartitionError` when there are fewer samples than parts.
  /// - Precondition: `sampleCount` is not negative.
  public init(into shares: Shares, sampleCount: Int, seed: UInt64) throws {
    require(sampleCount >= 0, "Partition: the sample count is negative, \(sampleCount)")
    try self.init(
      into: shares, labels: [Int](repeating: 0, count: sampleCount), groups: Array(0..<sampleCount),
      seed: seed)
  }

  /// Divides independent samples so that each part has about its share of every class: within one sample of it, where that
  /// leaves no part without the class.
  ///
  /// - Throws: `PartitionError` when a class has fewer samples than there are parts.
  /// - Precondition: No label is negative.
  public init(into shares: Shares, labels: [Int], seed: UInt64) throws {
    try self.init(into: shares, labels: labels, groups: Array(labels.indices), seed: seed)
  }

  /// Divides groups at random, each as a whole.
  ///
  /// - Throws: `PartitionError` when there are fewer groups than parts.
  public init<Group: Hashable>(into shares: Shares, groups: [Group], seed: UInt64) throws {
    try self.init(
      into: shares, labels: [Int](repeating: 0, count: groups.count), groups: groups, seed: seed)
  }

  /// Divides groups, each as a whole, so that each part has about its share of every class.
  ///
  /// Groups are dealt out from the largest to the smallest (in random order among equals), each to the part where it brings the
  /// classes nearest to their shares. That is the best at each step, not always the best of all. Groups of several samples go to
  /// large parts and small ones in proportion.
  ///
  /// - Parameters:
  ///   - shares: The sizes wanted.
  ///   - labels: The class of every sample, 0 or more.
  ///   - groups: The group of every sample, such as its patient.
  ///   - seed: The same seed gives the same parts.
  /// - Throws: `PartitionError` when a part would be empty or miss a class.
  /// - Precondition: There is one label and one group a sample, and no label is negative.
  public init<Group: Hashable>(
    into shares: Shares, labels: [Int], groups: [Group], seed: UInt64
  ) throws {
    require(
      labels.count == groups.count,
      "Partition: \(labels.count) labels, but \(groups.count) groups")
    require(labels.allSatisfy { $0 >= 0 }, "Partition: a label is negative")
    guard !labels.isEmpty else { throw PartitionError("there are no samples to divide") }
    let key = RandomKey(seed: seed)
    let members = indicesByGroup(groups)
    let ticket = members.indices.map { key.word(at: UInt64($0)) }
    let order = members.indices.sorted {
      (-members[$0].count, ticket[$0], $0) < (-members[$1].count, ticket[$1], $1)
    }
    var dealer = Dealer(shares: shares.values, labels: labels)
    var parts = [Int](repeating: 0, count: labels.count)
    for group in members { dealer.announce(group.map { labels[$0] }) }
    try dealer.requireEnough(ofGroups: members.count < labels.count)
    for group in order {
      let part = dealer.deal(members[group].map { labels[$0] })
      for index in members[group] { parts[index] = part }
    }
    try dealer.requireComplete()
    partOfSample = parts
    partCount = shares.values.count
  }
}

/// Samples that cannot be divided as wanted.
public struct PartitionError: Error, Hashable, CustomStringConvertible {
  /// What is missing from which part.
  public let description: String

  init(_ reason: String) { description = "partition: \(reason)" }
}
