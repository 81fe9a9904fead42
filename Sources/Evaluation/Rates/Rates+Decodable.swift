/// What was written as JSON can be read again. Nothing in it is trusted.

extension Proportion: Decodable {
  private enum Key: String, CodingKey {
    case successes, count
  }

  /// Reads the two counts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let successes = try values.decode(Int.self, forKey: .successes)
    let count = try values.decode(Int.self, forKey: .count)
    guard successes >= 0, successes <= count else {
      throw DecodingError.dataCorruptedError(
        forKey: .successes, in: values,
        debugDescription: "\(successes) of \(count); expected 0 ≤ successes ≤ count")
    }
    self.init(successes, of: count)
  }
}

extension ConfidenceInterval: Decodable {
  private enum Key: String, CodingKey {
    case lower, upper, level
  }

  /// Reads limits and level.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let lower = try values.decode(Double.self, forKey: .lower)
    let upper = try values.decode(Double.self, forKey: .upper)
    let level = try values.decode(Double.self, forKey: .level)
    guard lower <= upper, level > 0, level < 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .lower, in: values,
        debugDescription: "\(lower) to \(upper) of level \(level); expected lower ≤ upper and a "
          + "level between 0 and 1")
    }
    self.init(lower: lower, upper: upper, level: level)
  }
}

extension ConfusionMatrix: Decodable {
  private enum Key: String, CodingKey {
    case classNames, counts
  }

  /// Reads names and counts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let names = try values.decode([String].self, forKey: .classNames)
    let counts = try values.decode([[Int]].self, forKey: .counts)
    guard names.count >= 2, counts.count == names.count,
      counts.allSatisfy({ $0.count == names.count && $0.allSatisfy { $0 >= 0 } })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: values,
        debugDescription: "\(counts) for \(names); expected as many rows and columns as classes, "
          + "two or more, and no negative count")
    }
    self.init(classNames: names, counts: counts)
  }
}
