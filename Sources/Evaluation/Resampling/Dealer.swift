/// Deals out groups of samples to parts, keeping the classes near their shares.
struct Dealer {
  /// The distinct labels, ascending; below, a class is its position here.
  private let classes: [Int]
  private let positions: [Int: Int]
  /// The number of samples of every class.
  private let totals: [Double]
  private let shares: [Double]
  /// `counts[part][class]`, the samples dealt out so far.
  private var counts: [[Double]]
  /// The groups not yet dealt out in which a class occurs.
  private var waiting: [Int]

  init(shares: [Double], labels: [Int]) {
    let classes = Set(labels).sorted()
    let positions = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    var totals = [Double](repeating: 0, count: classes.count)
    for label in labels { totals[positions[label] ?? 0] += 1 }
    self.classes = classes
    self.positions = positions
    self.totals = totals
    self.shares = shares
    counts = shares.map { _ in [Double](repeating: 0, count: classes.count) }
    waiting = [Int](repeating: 0, count: classes.count)
  }

  /// Says that a group of these labels is to come.
  mutating func announce(_ labels: [Int]) {
    for (index, _) in histogram(labels) { waiting[index] += 1 }
  }

  /// Throws when some class occurs in fewer groups than there are parts.
  func requireEnough(ofGroups grouped: Bool) throws {
    for index in classes.indices where waiting[index] < shares.count {
      let unit = grouped ? "groups" : "samples"
      let name = classes.count == 1 ? "there are" : "class \(classes[index]) has"
      throw PartitionError(
        "\(name) \(waiting[index]) \(unit), too few for \(shares.count) parts")
    }
  }

  /// Chooses a part for a group of these labels, and remembers the choice.
  mutating func deal(_ labels: [Int]) -> Int {
    let group = histogram(labels)
    var candidates = Array(shares.indices)
    for (index, _) in group {
      // While a part lacks a class and no more groups are left than such parts, they come first.
      let lacking = shares.indices.filter { counts[$0][index] == 0 }
      if !lacking.isEmpty && waiting[index] <= lacking.count {
        candidates = lacking
        break
      }
    }
    let sizes = counts.map { $0.reduce(0, +) }
    let total = totals.reduce(0, +)
    // What the group adds to Σ ((count − share · total) / total)² over classes; among equals, the part furthest below its size.
    // A group of several counts against the size of the part: otherwise the largest part, which lacks most, would get them all,
    // and a small test part would hold nobody with more than one sample. Single samples, dealt out last, even out the rest.
    func cost(_ part: Int) -> (Double, Double) {
      let scale = labels.count > 1 ? 1 / shares[part] : 1
      var change = 0.0
      for (index, count) in group {
        let excess = counts[part][index] - shares[part] * totals[index]
        change += count * (2 * excess + count) / (totals[index] * totals[index])
      }
      return (change * scale, sizes[part] - shares[part] * total)
    }
    let costs = candidates.map(cost)
    var best = 0
    for index in candidates.indices where costs[index] < costs[best] { best = index }
    let part = candidates[best]
    for (index, count) in group {
      counts[part][index] += count
      waiting[index] -= 1
    }
    return part
  }

  /// Throws when a part lacks a class.
  func requireComplete() throws {
    for part in shares.indices {
      for index in classes.indices where counts[part][index] == 0 {
        let lack = classes.count == 1 ? "be empty" : "have no sample of class \(classes[index])"
        throw PartitionError("part \(part) would \(lack)")
      }
    }
  }

  /// The classes among `labels` with their counts, ascending.
  private func histogram(_ labels: [Int]) -> [(index: Int, count: Double)] {
    var result: [(index: Int, count: Double)] = []
    for label in labels.sorted() {
      let index = positions[label] ?? 0
      if let last = result.indices.last, result[last].index == index {
        result[last].count += 1
      } else {
        result.append((index, 1))
      }
    }
    return result
  }
}
