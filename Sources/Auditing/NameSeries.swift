import Foundation

/// Files whose names look like one series: the same but for a letter, a small number, or something added at the end.
///
/// `case-2a` and `case-2b`, `film-day3` and `film-day10`, `IM-0491-0001` and `IM-0491-0001-0002` are such. Names that
/// differ in a number of three digits or more do not count, unless it comes last: most often it numbers patients. Nor does a pattern
/// of more than eight files, which is the naming scheme of a whole collection.
enum NamePatterns {
  /// The most files of one series.
  static let longestSeries = 8

  /// The series among `names`, as a pattern and the places of its files, in the order of the first of them.
  static func series(among names: [String]) -> [(pattern: String, members: [Int])] {
    var members: [[Token]: [Int]] = [:]
    var order: [[Token]] = []
    for (index, name) in names.enumerated() {
      for pattern in patterns(of: name) {
        if members[pattern] == nil { order.append(pattern) }
        members[pattern, default: []].append(index)
      }
    }
    var seen: Set<[Int]> = []
    return order.compactMap { pattern in
      let files = members[pattern] ?? []
      guard 2...longestSeries ~= files.count, seen.insert(files).inserted else { return nil }
      return (commonPart(of: files.map { names[$0] }), files)
    }
  }

  /// What names have in common at their beginnings and ends, with `*` in between.
  private static func commonPart(of names: [String]) -> String {
    guard let first = names.first else { return "*" }
    let prefix = names.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    let rests = names.map { String($0.dropFirst(prefix.count).reversed()) }
    let suffix = rests.dropFirst().reduce(rests[0]) { $0.commonPrefix(with: $1) }
    return prefix + "*" + String(suffix.reversed())
  }

  /// A run of letters or digits, or what is between two such runs; or the place of what differs.
  private struct Token: Hashable {
    let text: String
    var isDigits: Bool { text.first?.isNumber == true }
    var isWord: Bool { text.first?.isLetter == true || isDigits }
    static let different = Token(text: "*")
  }

  /// The patterns that a name fits.
  private static func patterns(of name: String) -> [[Token]] {
    let tokens = tokens(of: name)
    let words = tokens.filter(\.isWord)
    var result: [[Token]] = []
    for (index, token) in words.enumerated() {
      let isLast = index == words.count - 1
      guard token.isDigits ? token.text.count <= 2 || isLast : token.text.count == 1 else {
        continue
      }
      var pattern = words
      pattern[index] = .different
      // A pattern without a word or a long number would fit anything.
      if pattern.contains(where: { $0.text.count >= 2 }) { result.append(pattern) }
    }
    result.append(words + [.different])
    return result
  }

  private static func tokens(of name: String) -> [Token] {
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    var tokens: [Token] = []
    var current = ""
    func kind(_ character: Character) -> Int {
      character.isNumber ? 0 : character.isLetter ? 1 : 2
    }
    for character in stem.lowercased() {
      if let last = current.last, kind(last) != kind(character) {
        tokens.append(Token(text: current))
        current = ""
      }
      current.append(character)
    }
    if !current.isEmpty { tokens.append(Token(text: current)) }
    return tokens
  }
}
