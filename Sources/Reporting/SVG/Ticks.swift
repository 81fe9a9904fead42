import Foundation

/// Where the ticks of an axis stand and what they say.
///
/// Steps are 1, 2 or 5 times a power of ten.
package struct Ticks {
  package let step: Double

  /// The smallest step that divides `low...high` with at most `maximumCount` ticks.
  package static func linear(
    _ low: Double, _ high: Double, maximumCount: Int, integersOnly: Bool
  ) -> Ticks {
    let rough = max((high - low) / Double(max(1, maximumCount - 1)), 1e-200)
    let power = pow(10, log10(rough).rounded(.down))
    // Rounding must not turn a step of exactly 2 into one of 5.
    let step =
      [1.0, 2, 5, 10].first { $0 * power >= rough * (1 - 1e-9) }.map { $0 * power } ?? rough
    return Ticks(step: integersOnly ? max(1, step) : step)
  }

  /// The last tick at or below `value`, a rounding error of it counted as at.
  package func floor(_ value: Double) -> Double { (value / step + 1e-9).rounded(.down) * step }

  /// The first tick at or above `value`.
  package func ceiling(_ value: Double) -> Double { (value / step - 1e-9).rounded(.up) * step }

  /// The ticks from `low` to `high`.
  package func values(from low: Double, to high: Double) -> [Double] {
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    // A range far from zero may be too narrow for its ticks to differ.
    guard first <= last, last - first < 1000 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// The ticks of a logarithmic axis: powers of ten, with 2 and 5 between where these are few, thinned where they are many.
  package static func logarithmic(_ low: Double, _ high: Double, maximumCount: Int) -> [Double] {
    let first = Int(log10(low).rounded(.down))
    let last = Int(log10(high).rounded(.up))
    let decades = last - first
    let every = max(1, (decades + maximumCount - 1) / max(1, maximumCount))
    let factors: [Double] = decades <= 2 ? [1, 2, 5] : [1]
    let values = stride(from: first, through: last, by: every).flatMap { exponent in
      factors.map { $0 * pow(10, Double(exponent)) }
    }
    let inside = values.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }
    return inside.count >= 2 ? inside : [low, high]
  }

  /// The nearest of 1, 2 and 5 times a power of ten at or beyond either end.
  package static func roundedOutwards(_ low: Double, _ high: Double) -> (Double, Double) {
    let factors: [Double] = [1, 2, 5, 10]
    let below = pow(10, log10(low).rounded(.down))
    let above = pow(10, log10(high).rounded(.down))
    let first = factors.last { $0 * below <= low * (1 + 1e-9) } ?? 1
    let last = factors.first { $0 * above >= high * (1 - 1e-9) } ?? 10
    return (first * below, last * above)
  }

  /// The text of a tick: as many decimals as `step` needs, powers of ten for the very large and small.
  ///
  /// Without a step, as many as the value itself needs.
  package static func label(_ value: Double, step: Double?) -> String {
    guard let step else { return text(value, significantDigits: 12) }
    let size = max(value.magnitude, step)
    if size >= 1e6 || step < 1e-4 {
      let digits = min(15, Int(log10(size / step).rounded()) + 2)
      return value.magnitude < 1e-9 * step ? "0" : text(value, significantDigits: digits)
    }
    let decimals = max(0, Int((-log10(step * (1 + 1e-9))).rounded(.up)))
    return fixed(value, decimals: decimals)
  }

  /// A value with up to so many significant digits, without zeros at its end.
  package static func text(_ value: Double, significantDigits digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value > 0 ? "∞" : "−∞" }
    if value == 0 { return "0" }
    var exponent = Int(log10(value.magnitude).rounded(.down))
    // 9.9996 with four digits is 10.
    if (value.magnitude / pow(10, Double(exponent - digits + 1))).rounded()
      >= pow(10, Double(digits))
    {
      exponent += 1
    }
    if exponent < -4 || exponent >= 6 {
      let mantissa = trimmed(fixed(value / pow(10, Double(exponent)), decimals: digits - 1))
      let power = "10" + superscript(exponent)
      return mantissa == "1" ? power : mantissa == "−1" ? "−" + power : mantissa + "×" + power
    }
    return trimmed(fixed(value, decimals: max(0, digits - 1 - exponent)))
  }

  /// A share in per cent with at most one decimal, never rounded to 0 or 100 % when it is not.
  package static func percent(_ share: Double) -> String {
    let tenths = (1000 * share).rounded()
    if tenths == 0, share > 0 { return "< 0.1 %" }
    if tenths == 1000, share < 1 { return "> 99.9 %" }
    return trimmed(fixed(tenths / 10, decimals: 1)) + " %"
  }

  /// Zeros after the decimal point dropped.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    let digits = text.reversed().drop { $0 == "0" }
    return String((digits.first == "." ? digits.dropFirst() : digits[...]).reversed())
  }

  private static func fixed(_ value: Double, decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value.magnitude)
    // A minus before zero says nothing.
    return value < 0 && text.contains { $0 != "0" && $0 != "." } ? "−" + text : text
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let text = String(exponent.magnitude).compactMap(\.wholeNumberValue).map { digits[$0] }
    return (exponent < 0 ? "⁻" : "") + String(text)
  }
}
