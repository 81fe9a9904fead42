import Foundation
import Tensor

/// What an axis of a chart measures, and how it is divided.
public struct Axis: Sendable, Hashable {
  /// How values become distances.
  public enum Scale: Sendable, Hashable {
    /// Equal differences are equal distances.
    case linear
    /// Equal ratios are equal distances. Values of zero and below have no place; the chart leaves a gap and says so.
    case logarithmic
  }

  /// How values are written.
  public enum Format: Sendable, Hashable {
    /// As they are.
    case number
    /// Times 100, with a per cent sign.
    case percent
    /// As they are, with no tick between whole numbers: epochs, counts.
    case integer
  }

  /// What is measured, with its unit.
  public let title: String
  /// How values become distances.
  public let scale: Scale
  /// How values are written.
  public let format: Format
  /// The values shown, or nil for all that there are.
  ///
  /// Data outside are cut off, and the chart says how many.
  public let range: ClosedRange<Double>?

  /// An axis.
  ///
  /// - Precondition: `range` has two different ends, of a size up to 1e100; on a logarithmic scale of 1e-100 at least.
  public init(
    _ title: String, scale: Scale = .linear, format: Format = .number,
    range: ClosedRange<Double>? = nil
  ) {
    if let range {
      require(
        range.lowerBound < range.upperBound
          && (scale == .linear || range.upperBound > range.lowerBound * (1 + 1e-9))
          && Self.accepts(range.lowerBound, scale) && Self.accepts(range.upperBound, scale),
        "Axis \(title): cannot show \(range) on a \(scale) scale")
    }
    self.title = title
    self.scale = scale
    self.format = format
    self.range = range
  }

  /// Whether arithmetic on a value cannot overflow.
  ///
  /// What is larger than 1e100 is no measurement.
  static func isDrawable(_ value: Double) -> Bool { value.magnitude <= 1e100 }

  /// Whether a value has a place on this axis.
  func accepts(_ value: Double) -> Bool { Self.accepts(value, scale) }

  private static func accepts(_ value: Double, _ scale: Scale) -> Bool {
    isDrawable(value) && (scale == .linear || value >= 1e-100)
  }

  /// The axis for these values, all of them accepted.
  ///
  /// - Parameters:
  ///   - tickCount: The most ticks wanted.
  ///   - extended: Whether the axis goes on to the next tick at either end.
  func fitted(to values: [Double], tickCount: Int, extended: Bool) -> FittedAxis {
    var (low, high) = range.map { ($0.lowerBound, $0.upperBound) } ?? limits(of: values)
    let isFixed = range != nil
    switch scale {
    case .linear:
      // From zero where that costs less than half of the height: differences then look as large as they are.
      if extended, !isFixed, low > 0, low < 0.5 * high { low = 0 }
      let ticks = Ticks.linear(low, high, maximumCount: tickCount, integersOnly: format == .integer)
      if extended, !isFixed, ticks.floor(low) < ticks.ceiling(high) {
        (low, high) = (ticks.floor(low), ticks.ceiling(high))
      }
      let values = ticks.values(from: low, to: high)
      // Where no two ticks fit, the ends are written out in full.
      return values.count < 2
        ? FittedAxis(self, low, high, [low, high], nil)
        : FittedAxis(self, low, high, values, ticks.step)
    case .logarithmic:
      let (first, last) = isFixed ? (low, high) : Ticks.roundedOutwards(low, high)
      return FittedAxis(
        self, first, last, Ticks.logarithmic(first, last, maximumCount: tickCount), nil)
    }
  }

  /// The range of the values, widened where it would be empty.
  private func limits(of values: [Double]) -> (Double, Double) {
    guard var low = values.min(), var high = values.max() else {
      return scale == .linear ? (0, 1) : (1, 10)
    }
    if scale == .logarithmic {
      // Below this ratio the logarithms hardly differ.
      return high > low * (1 + 1e-9) ? (low, high) : (low / 2, high * 2)
    }
    if low == high {
      let margin = format == .integer ? 1 : max(0.1 * low.magnitude, low == 0 ? 1 : 1e-100)
      (low, high) = (low - margin, high + margin)
    }
    return (low, high)
  }

  /// A value as a reader would write it, with up to four significant digits.
  func text(_ value: Double) -> String {
    switch format {
    case .percent: Ticks.text(100 * value, significantDigits: 4) + " %"
    case .number, .integer: Ticks.text(value, significantDigits: 4)
    }
  }
}

/// An axis with its ends and ticks.
struct FittedAxis {
  let axis: Axis
  let lower: Double
  let upper: Double
  let ticks: [(value: Double, label: String)]

  init(_ axis: Axis, _ lower: Double, _ upper: Double, _ ticks: [Double], _ step: Double?) {
    self.axis = axis
    self.lower = lower
    self.upper = upper
    let factor = axis.format == .percent ? 100.0 : 1
    let sign = axis.format == .percent ? " %" : ""
    self.ticks = ticks.map {
      ($0, Ticks.label(factor * $0, step: step.map { factor * $0 }) + sign)
    }
  }

  /// Where `value` lies between the ends: 0 at the lower, 1 at the upper, beyond these outside.
  func position(_ value: Double) -> Double {
    switch axis.scale {
    case .linear: (value - lower) / (upper - lower)
    case .logarithmic: (log(value) - log(lower)) / (log(upper) - log(lower))
    }
  }

  /// Whether `value` lies between the ends.
  func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}
