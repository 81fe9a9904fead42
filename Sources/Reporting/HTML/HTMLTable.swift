import Tensor

extension HTMLReport {
  /// A table with a title, a row of column names, and rows whose first cell names them.
  public struct Table: Sendable, Hashable {
    /// What the table shows.
    public let title: String
    /// The names of the columns.
    public let columns: [String]
    /// The rows, with as many cells as there are columns.
    public let rows: [[String]]

    /// A table.
    ///
    /// - Precondition: Every row has as many cells as there are columns.
    public init(_ title: String, columns: [String], rows: [[String]]) {
      require(
        rows.allSatisfy { $0.count == columns.count },
        "HTMLReport.Table \(title): \(columns.count) columns, but rows of \(rows.map(\.count))")
      self.title = title
      self.columns = columns
      self.rows = rows
    }
  }
}

extension HTMLReport.Table {
  var html: String {
    let escape = HTMLWriter.escaped
    let head = columns.map { "<th scope=\"col\">\(escape($0))</th>" }.joined()
    let body = rows.map { row in
      "<tr>"
        + row.enumerated().map { index, cell in
          index == 0 ? "<th scope=\"row\">\(escape(cell))</th>" : "<td>\(escape(cell))</td>"
        }.joined() + "</tr>\n"
    }.joined()
    // A wide table scrolls by itself, also by keyboard, and leaves the page where it is.
    return """
      <div class="scroll" role="region" tabindex="0" aria-label="\(escape(title))">
      <table>
      <caption>\(escape(title))</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)</tbody>
      </table>
      </div>

      """
  }
}
