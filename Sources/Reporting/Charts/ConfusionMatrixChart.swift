public import Evaluation

/// A confusion matrix as a heat map: a row an actual class, a column a predicted one.
///
/// A cell is the darker the larger its share of its row, blue on the diagonal (right) and vermillion off it (wrong). The text in it
/// keeps a contrast of 4.5 : 1 on every shade.
public struct ConfusionMatrixChart: Sendable, Hashable {
  /// What the chart shows.
  public let title: String
  /// The counts.
  public let matrix: ConfusionMatrix
  /// A text under the chart, such as where the data come from.
  public let caption: String?

  /// A chart of a matrix.
  public init(_ matrix: ConfusionMatrix, title: String = "Confusion matrix", caption: String? = nil)
  {
    self.title = title
    self.matrix = matrix
    self.caption = caption
  }

  /// The chart as an SVG file, complete in itself.
  ///
  /// It widens with the number of classes, from about ten on.
  ///
  /// - Parameter width: How wide it is with few classes, in pixels, 320 or more.
  public func svg(width: Double = 560) -> String {
    let layout = Layout(matrix, width: ChartFrame.checked(width))
    let rows = matrix.classNames.indices.map { row -> String in
      let cells = matrix.classNames.indices.filter { matrix.counts[row][$0] > 0 }
        .map { "\(matrix.counts[row][$0]) as \(matrix.classNames[$0])" }
      let name = "\(matrix.classNames[row]) (\(matrix.actualCount(ofClass: row)))"
      return "\(name): \(cells.isEmpty ? "no samples" : cells.joined(separator: ", "))."
    }
    let frame = ChartFrame(
      title: title,
      description:
        "Confusion matrix of \(matrix.total) samples, \(matrix.accuracy.successes) of them "
        + "right. Actual class: predicted classes. " + rows.joined(separator: " "),
      legend: [
        .init(sample: .area("right"), name: "right"), .init(sample: .area("wrong"), name: "wrong"),
      ], notes: ["Shades and per cent: shares of each actual class."],
      caption: caption,
      width: layout.width)
    return frame.svg(bodyHeight: layout.height) { elements(layout.placed(in: $0)) }
  }

  // MARK: Layout

  private struct Layout {
    let cellWidth: Double
    let cellHeight: Double
    let nameWidth: Double
    /// Whether the names under the columns are turned to fit.
    let turnsNames: Bool
    let footHeight: Double
    let width: Double
    var origin = (x: 0.0, y: 0.0)

    static let headHeight = 26.0
    private static let longestName = 150.0

    init(_ matrix: ConfusionMatrix, width limit: Double) {
      let count = Double(matrix.classCount)
      let widths = matrix.classNames.map { TextMetrics.width($0, size: Theme.textSize, bold: true) }
      let longest = min(Self.longestName, widths.max() ?? 0)
      let smallest = max(
        34, TextMetrics.width(String(matrix.total), size: Theme.textSize) + 10)
      nameWidth = max(70, longest) + 12
      let room = limit - 2 * ChartFrame.margin - nameWidth
      cellWidth = min(170, max(smallest, room / count))
      cellHeight = min(104, max(smallest, cellWidth * 0.7))
      turnsNames = longest > cellWidth - 8
      footHeight = (turnsNames ? 0.71 * longest + 22 : 24) + 20
      width = 2 * ChartFrame.margin + nameWidth + cellWidth * count
      height = Self.headHeight + cellHeight * count + footHeight
    }

    let height: Double

    func placed(in area: Rectangle) -> Layout {
      var result = self
      result.origin = (area.x + nameWidth, area.y + Self.headHeight)
      return result
    }

    func cell(_ row: Int, _ column: Int) -> Rectangle {
      Rectangle(
        x: origin.x + Double(column) * cellWidth, y: origin.y + Double(row) * cellHeight,
        width: cellWidth, height: cellHeight)
    }

    func name(_ text: String) -> String {
      TextMetrics.truncated(text, size: Theme.textSize, bold: true, width: Self.longestName)
    }
  }

  private func elements(_ layout: Layout) -> [SVGElement] {
    var elements = matrix.classNames.indices.flatMap { row in
      matrix.classNames.indices.map { cell(row, $0, layout) }
    }
    elements.append(
      .text("actual class", layout.origin.x - layout.nameWidth, layout.origin.y - 10, "soft"))
    for (index, name) in matrix.classNames.enumerated() {
      let row = layout.cell(index, 0)
      let isRoomy = layout.cellHeight >= 44
      let middle = row.midY + (isRoomy ? -3 : 5)
      elements.append(
        .text(layout.name(name), row.x - 12, middle, "ink strong", anchor: .end).titled(name))
      if isRoomy {
        let count = "\(matrix.actualCount(ofClass: index)) in all"
        elements.append(.text(count, row.x - 12, middle + 18, "note soft", anchor: .end))
      }
      let column = layout.cell(matrix.classCount - 1, index)
      elements.append(
        layout.turnsNames
          ? .text(
            layout.name(name), column.midX + 4, column.maxY + 18, "ink strong", anchor: .end,
            rotation: -45
          ).titled(name)
          : .text(layout.name(name), column.midX, column.maxY + 20, "ink strong", anchor: .middle))
    }
    let last = layout.cell(matrix.classCount - 1, matrix.classCount - 1)
    elements.append(
      .text(
        "predicted class", (layout.origin.x + last.maxX) / 2, last.maxY + layout.footHeight - 4,
        "soft", anchor: .middle))
    return elements
  }

  private func cell(_ row: Int, _ column: Int, _ layout: Layout) -> SVGElement {
    let count = matrix.counts[row][column]
    let total = matrix.actualCount(ofClass: row)
    let share = total == 0 ? 0 : Double(count) / Double(total)
    let area = layout.cell(row, column)
    let percent = total == 0 ? "–" : Ticks.percent(share)
    let tile = area.inset(left: 1.5, top: 1.5, right: 1.5, bottom: 1.5)
    // Three quarters of the full colour at most, so that text in the colour of ink is read on every cell, light and dark.
    let shade =
      count == 0
      ? SVGElement.rectangle(tile, "empty", cornerRadius: 4)
      : .rectangle(
        tile, row == column ? "right" : "wrong", opacity: 0.12 + 0.63 * share, cornerRadius: 4)
    let lines: [(text: String, style: String, y: Double)] =
      if area.height >= 64 && area.width >= 80 {
        [(String(count), "count", 2), (percent, "", 24)]
      } else if area.height >= 44 && area.width >= 60 {
        [(String(count), "strong", -1), (percent, "note", 16)]
      } else if count > 0 {
        // In a large matrix the zeros would hide the rest.
        [(String(count), "", 5)]
      } else {
        []
      }
    let texts = lines.map { line in
      SVGElement.text(
        line.text, area.midX, area.midY + line.y,
        "\(line.style) \(count == 0 ? "soft" : "ink") number",
        anchor: .middle)
    }
    let names = matrix.classNames
    return .group(nil, [shade] + texts).titled(
      "\(count) of \(total) \(names[row]) taken for \(names[column]) (\(percent))")
  }
}
