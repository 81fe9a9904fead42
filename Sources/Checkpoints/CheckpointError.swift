/// A file that cannot be read or written, with the reason.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file at fault.
  public let path: String
  /// What was needed, and what came.
  public let reason: String

  /// An error about the file at `path`.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// Path and reason, fit for a terminal.
  public var description: String { "\(path): \(reason)" }
}

/// A file whose tensors are not those that were asked for: another architecture, or another type of scalar.
///
/// It lists every difference, not just the first.
public struct StateMismatch: Error, Sendable, Hashable, CustomStringConvertible {
  /// A tensor that is there, but looks different.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// The name of the tensor.
    public let name: String
    /// The type and shape that were asked for, such as `"F32 [3, 3, 1, 32]"`.
    public let expected: String
    /// The type and shape in the file.
    public let found: String

    /// Name, what was expected and what was found.
    public var description: String { "\(quoted(name)): expected \(expected), found \(found)" }
  }

  /// The file at fault.
  public let path: String
  /// Names that were asked for and are not in the file, sorted.
  public let missing: [String]
  /// Names in the file that nobody asked for, sorted.
  public let unexpected: [String]
  /// Tensors of another shape or type, sorted by name.
  public let different: [Difference]

  /// All differences, one to a line; of a long list, the first ones and how many more there are.
  public var description: String {
    let sections = [
      ("missing", missing.map(quoted)), ("unexpected", unexpected.map(quoted)),
      ("different", different.map(\.description)),
    ]
    let lines = sections.filter { !$0.1.isEmpty }.flatMap { title, items in
      ["  \(title) (\(items.count)):"] + items.prefix(Self.listed).map { "    \($0)" }
        + (items.count > Self.listed ? ["    … and \(items.count - Self.listed) more"] : [])
    }
    return (["\(path): does not hold the tensors asked for"] + lines).joined(separator: "\n")
  }

  /// Throws unless the two have the same names, and the same text (type and shape) under each.
  static func check(
    found: [String: String], expected: [String: String], path: String
  ) throws {
    let different = expected.compactMap { name, wanted in
      found[name].flatMap { found in
        found == wanted ? nil : Difference(name: name, expected: wanted, found: found)
      }
    }
    let mismatch = StateMismatch(
      path: path,
      missing: expected.keys.filter { found[$0] == nil }.inByteOrder,
      unexpected: found.keys.filter { expected[$0] == nil }.inByteOrder,
      different: different.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    let isClean =
      mismatch.missing.isEmpty && mismatch.unexpected.isEmpty && mismatch.different.isEmpty
    if !isClean { throw mismatch }
  }

  /// How many entries of each list are printed: enough for a small network, and a wrong file does not flood a terminal.
  private static let listed = 24
}

/// A text from a file as it goes into a message: quoted, cut where it is long, and without what could steer a terminal.
func quoted(_ text: String) -> String {
  let limit = 80
  var result = "\""
  for scalar in text.unicodeScalars.prefix(limit) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
  }
  return result + (text.unicodeScalars.dropFirst(limit).isEmpty ? "\"" : "…\"")
}
