public import Foundation
import SwiftCSV

/// A table from a file of comma-separated values with a header, as spreadsheets write them (RFC 4180).
///
/// Columns are found by their trimmed names in any case, in any order. Fields in quotes may hold commas and line ends. What
/// SwiftCSV, which parses it, passes over in silence is an error here: quotes that never end, rows that are too long.
public struct CSVTable: Sendable {
  /// A row and where it is.
  public struct Row: Sendable {
    /// The line of the file on which the row begins, from 1.
    public let line: Int
    /// The fields, trimmed, one a column.
    public let fields: [String]
  }

  /// The path of the file, or what the text is called.
  public let name: String
  /// The names of the columns, trimmed.
  public let header: [String]
  /// All rows below the header, without blank lines.
  public let rows: [Row]

  /// Reads a file in UTF-8.
  ///
  /// - Throws: `TableError` with the path, the line and the reason.
  public init(contentsOf url: URL) throws {
    let path = url.path(percentEncoded: false)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw TableError(path: path, reason: "cannot be read: \(error.localizedDescription)")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw TableError(path: path, line: Self.firstBadLine(data), reason: "is not in UTF-8")
    }
    try self.init(text, name: path)
  }

  /// Parses a text, which errors call `name`.
  ///
  /// - Throws: `TableError` with the name, the line and the reason.
  public init(_ text: String, name: String) throws {
    let (rows, end) = try Self.rows(of: text, name: name)
    guard let header = rows.first else { throw TableError(path: name, reason: "has no header") }
    guard end.quotes.isMultiple(of: 2) else {
      throw TableError(
        path: name, line: rows.last?.line, reason: "has a quote that is never closed")
    }
    var seen: Set<String> = []
    for (index, column) in header.fields.enumerated()
    where !column.isEmpty && !seen.insert(Self.key(column)).inserted {
      throw TableError(
        path: name, line: header.line, column: index + 1,
        reason: "names column \"\(column)\" twice")
    }
    let width = header.fields.count
    self.rows = try rows.dropFirst().map { row in
      guard row.fields.count <= width || row.fields[width...].allSatisfy(\.isEmpty) else {
        throw TableError(
          path: name, line: row.line, column: width + 1,
          reason: "has \(row.fields.count) fields; expected \(width), as in the header")
      }
      guard row.fields.count >= width else {
        throw TableError(
          path: name, line: row.line, column: row.fields.count,
          reason: "has \(row.fields.count) fields; expected \(width), as in the header")
      }
      return Row(line: row.line, fields: Array(row.fields.prefix(width)))
    }
    self.header = header.fields
    self.name = name
  }

  /// The place of the column of one of these names, the first that there is, whatever their case; `nil` if there is none.
  public func column(_ names: String...) -> Int? { column(names) }

  /// The place of the column of one of these names, or an error.
  ///
  /// - Throws: `TableError` that lists what was expected and the columns that there are.
  public func requiredColumn(_ names: String...) throws -> Int {
    if let index = column(names) { return index }
    throw TableError(
      path: name, line: 1,
      reason: "has no column \(names.map { "\"\($0)\"" }.joined(separator: " or ")), only "
        + header.joined(separator: ", "))
  }

  private func column(_ names: [String]) -> Int? {
    for name in names {
      let key = Self.key(name)
      if let index = header.firstIndex(where: { Self.key($0) == key }) { return index }
    }
    return nil
  }

  /// A name without spaces and underscores at its ends and inside, in lower case: `Patientid` and `patient_id` are one.
  private static func key(_ name: String) -> String {
    name.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
  }

  /// The text of a table: quotes around what would not survive without them.
  public static func text(header: [String], rows: [[String]]) -> String {
    ([header] + rows).map { row in
      row.map { field in
        let isPlain =
          !field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
          && field.first?.isWhitespace != true && field.last?.isWhitespace != true
        return isPlain ? field : "\"\(field.replacing("\"", with: "\"\""))\""
      }.joined(separator: ",") + "\n"
    }.joined()
  }

  /// All rows that are not blank, and how many quotes there are.
  private static func rows(
    of text: String, name: String
  ) throws -> (rows: [Row], end: (line: Int, quotes: Int)) {
    // A line end behind the last row, so that an empty field at its end counts.
    let mark: Character = "\u{FEFF}"
    let body = (text.first == mark ? String(text.dropFirst()) : text) + "\n"
    var rows: [Row] = []
    var line = 1
    do {
      // Without rows of its own, so that it is parsed once, here.
      let parser = try EnumeratedCSV(
        string: body, delimiter: .comma, loadColumns: false, rowLimit: 0)
      try parser.enumerateAsArray(startAt: 0, rowLimit: nil) { fields in
        if fields.contains(where: { !$0.isEmpty }) {
          rows.append(
            Row(
              line: line, fields: fields.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
          )
        }
        line += 1 + fields.reduce(0) { $0 + $1.count(where: \.isNewline) }
      }
    } catch {
      throw TableError(path: name, line: line, reason: "has a quote inside a field without quotes")
    }
    return (rows, (line, body.count(where: { $0 == "\"" })))
  }

  private static func firstBadLine(_ data: Data) -> Int? {
    var line = 1
    for part in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(data: part, encoding: .utf8) == nil { return line }
      line += 1
    }
    return nil
  }
}

/// A table that cannot be used: where, and why.
public struct TableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public let path: String
  /// The line at fault, from 1, if there is one.
  public let line: Int?
  /// The column at fault, from 1, if there is one.
  public let column: Int?
  /// The trouble in words.
  public let reason: String

  /// The trouble with a table.
  public init(path: String, line: Int? = nil, column: Int? = nil, reason: String) {
    self.path = path
    self.line = line
    self.column = column
    self.reason = reason
  }

  /// Path, line, column and trouble, as in `metadata.csv:12:3: …`.
  public var description: String {
    let place = [line, column].compactMap { $0.map(String.init) }
    return ([path] + place).joined(separator: ":") + ": \(reason)"
  }
}
