import Autograd
import Tensor

/// The layers of a model with what each costs, printed as a table like that of Keras.
///
/// ```swift
/// print(model.summary(inputShape: [224, 224, 3]))
/// ```
public struct ModelSummary: Sendable, Hashable, Codable {
  /// One layer.
  public struct Row: Sendable, Hashable, Codable {
    /// Its position, which its parameters have in their paths, such as `"0"` or `"3.1"`.
    public var path: String
    /// What it is, such as `"Conv2D"`.
    public var kind: String
    /// The size of every axis of its output, without the batch.
    public var outputShape: [Int]
    /// The number of scalars that the optimizer moves.
    public var trainableCount: Int
    /// The number of all other scalars, such as running statistics.
    public var nonTrainableCount: Int
    /// Multiplications, each with an addition, for one input.
    public var multiplyAdds: Int
    /// The size of its output for one input, in bytes.
    public var outputBytes: Int

    /// The number of scalars in all its parameters.
    public var parameterCount: Int { trainableCount + nonTrainableCount }
  }

  /// The size of every axis of the input, without the batch.
  public var inputShape: [Int]
  /// The layers in order, those of inner models in place of these.
  public var rows: [Row]
  /// The size of one scalar, in bytes.
  public var scalarBytes: Int

  /// The number of scalars that the optimizer moves.
  public var trainableCount: Int { rows.reduce(0) { $0 + $1.trainableCount } }
  /// The number of all other scalars.
  public var nonTrainableCount: Int { rows.reduce(0) { $0 + $1.nonTrainableCount } }
  /// The number of scalars in all parameters.
  public var parameterCount: Int { trainableCount + nonTrainableCount }
  /// Multiplications, each with an addition, for one input.
  public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }
  /// The outputs of all layers for one input, in bytes.
  ///
  /// So much a step would keep for each input if every layer ran on its own. Layers that run as one operation keep less.
  public var outputBytes: Int { rows.reduce(0) { $0 + $1.outputBytes } }
}

extension Sequential {
  /// What every layer costs.
  ///
  /// - Parameter inputShape: The size of every axis of one input, without the batch, such as `[224, 224, 3]`.
  public func summary(inputShape: [Int]) -> ModelSummary {
    var shape = [1] + inputShape
    return ModelSummary(
      inputShape: inputShape, rows: summaryRows(path: "", shape: &shape),
      scalarBytes: MemoryLayout<Scalar>.size)
  }

  private func summaryRows(path: String, shape: inout [Int]) -> [ModelSummary.Row] {
    var rows: [ModelSummary.Row] = []
    for (index, layer) in zip(indices, self) {
      if let inner = layer as? Sequential {
        rows += inner.summaryRows(path: "\(path)\(index).", shape: &shape)
        continue
      }
      let output = layer.outputShape(for: shape)
      let trainable = layer.parameterCount(trainable: true)
      rows.append(
        ModelSummary.Row(
          path: "\(path)\(index)", kind: layer.specification.kind,
          outputShape: Array(output.dropFirst()), trainableCount: trainable,
          nonTrainableCount: layer.parameterCount() - trainable,
          multiplyAdds: layer.multiplyAdds(for: shape),
          outputBytes: output.reduce(MemoryLayout<Scalar>.size, *)))
      shape = output
    }
    return rows
  }
}

extension ModelSummary: CustomStringConvertible {
  /// The table, and the totals under it.
  public var description: String {
    let header = [
      "Layer (type)", "Output Shape", "Param #", "Multiply-adds", "Memory",
    ]
    let cells = rows.map { row in
      [
        "\(row.path) (\(row.kind))", Self.batched(row.outputShape),
        Self.grouped(row.parameterCount),
        Self.grouped(row.multiplyAdds), Self.size(row.outputBytes),
      ]
    }
    let widths = header.indices.map { column in
      ([header] + cells).map { $0[column].count }.max() ?? 0
    }
    func rule(_ left: String, _ line: String, _ cross: String, _ right: String) -> String {
      let lines = widths.map { String(repeating: line, count: $0 + 2) }
      return left + lines.joined(separator: cross) + right
    }
    func line(_ cells: [String], _ bar: String) -> String {
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        // Texts to the left, numbers to the right.
        return column < 2 ? " \(cell)\(space) " : " \(space)\(cell) "
      }
      return bar + padded.joined(separator: bar) + bar
    }
    let body = cells.map { line($0, "│") }.joined(separator: "\n\(rule("├", "─", "┼", "┤"))\n")
    return """
      Input: \(Self.batched(inputShape)); multiply-adds and memory are those of one input
      \(rule("┏", "━", "┳", "┓"))
      \(line(header, "┃"))
      \(rule("┡", "━", "╇", "┩"))
      \(body)
      \(rule("└", "─", "┴", "┘"))
       Total params: \(sized(parameterCount))
       Trainable params: \(sized(trainableCount))
       Non-trainable params: \(sized(nonTrainableCount))
       Multiply-adds: \(Self.grouped(multiplyAdds))
       Memory of all outputs: \(Self.size(outputBytes))
      """
  }

  private func sized(_ count: Int) -> String {
    "\(Self.grouped(count)) (\(Self.size(count * scalarBytes)))"
  }

  private static func batched(_ shape: [Int]) -> String {
    "(" + (["None"] + shape.map(String.init)).joined(separator: ", ") + ")"
  }

  /// A whole number with a comma before every three digits.
  private static func grouped(_ number: Int) -> String {
    var groups: [Substring] = []
    var digits = Substring(String(number))
    while digits.count > 3 {
      groups.append(digits.suffix(3))
      digits.removeLast(3)
    }
    return ([digits] + groups.reversed()).joined(separator: ",")
  }

  /// A number of bytes as Keras writes it, with a K of 1024.
  private static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for larger in ["KB", "MB", "GB", "TB"] where value >= 1024 {
      value /= 1024
      unit = larger
    }
    // Without Foundation there is no format: hundredths, rounded.
    let hundredths = Int((100 * value).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(unit)"
  }
}
