extension Tensor: CustomStringConvertible {
  /// The scalars as NumPy 2.4 prints an array: 8 digits after the point at the most, in columns, in lines of 75 characters;
  /// beyond 1,000 scalars only the first and last three of every axis.
  ///
  /// ```swift
  /// print(Tensor<Float>([1, 2.5, -3, 1e-2], shape: [2, 2]))
  /// // [[ 1.    2.5 ]
  /// //  [-3.    0.01]]
  /// ```
  public var description: String {
    if count == 0 { return "[]" }
    var printer = Printer(shape: shape, isSummarized: count > Printer.threshold)
    let words = Scalar.aligned(printer.shownScalars(of: self))
    if rank == 0 { return String(words[0].drop { $0 == " " }) }
    printer.words = words[...]
    return printer.block(axis: 0)
  }
}

/// The nested brackets of a printed tensor.
private struct Printer {
  static let threshold = 1000
  private static let lineWidth = 75
  private static let edge = 3

  let shape: [Int]
  let isSummarized: Bool
  /// The scalars still to be printed, as text.
  var words: ArraySlice<String> = []

  init(shape: [Int], isSummarized: Bool) {
    self.shape = shape
    self.isSummarized = isSummarized
  }

  /// The positions that are shown on an axis of `size`, `nil` for the gap between them.
  private func positions(_ size: Int) -> [Int?] {
    guard isSummarized, size > 2 * Self.edge else { return Array(0..<size) }
    return Array(0..<Self.edge) + [nil] + Array(size - Self.edge..<size)
  }

  /// The scalars that are shown, in row-major order.
  func shownScalars<Scalar>(of tensor: Tensor<Scalar>) -> [Scalar] {
    if tensor.rank == 0 { return [tensor.item()] }
    return positions(tensor.shape[0]).compactMap { $0 }
      .flatMap { shownScalars(of: tensor.sliced([.index($0)])) }
  }

  /// The text of the next part, whose outermost axis is `axis`.
  mutating func block(axis: Int) -> String {
    let indent = String(repeating: " ", count: axis + 1)
    let axesLeft = shape.count - axis
    if axesLeft == 1 { return row(indent: indent, width: Self.lineWidth - axis - 1) }
    var parts: [String] = []
    for position in positions(shape[axis]) {
      parts.append(position == nil ? "..." : block(axis: axis + 1))
    }
    let separator = String(repeating: "\n", count: axesLeft - 1) + indent
    return "[" + parts.joined(separator: separator) + "]"
  }

  /// The text of the next row, in as many lines as it takes.
  private mutating func row(indent: String, width: Int) -> String {
    var lines: [String] = []
    var line = indent
    for position in positions(shape[shape.count - 1]) {
      let word = position == nil ? "..." : words.removeFirst()
      if line.count > indent.count { line += " " }
      if line.count + word.count > width, line.count > indent.count {
        while line.last == " " { line.removeLast() }
        lines.append(line)
        line = indent
      }
      line += word
    }
    lines.append(line)
    return "[" + lines.joined(separator: "\n").dropFirst(indent.count) + "]"
  }
}

private func padded(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

private func zeros(_ count: Int) -> String { String(repeating: "0", count: max(0, count)) }

// MARK: Scalars

extension TensorScalar where Self: BinaryInteger {
  /// The integers in decimal digits, right-aligned.
  public static func aligned(_ scalars: [Self]) -> [String] {
    let words = scalars.map { "\($0)" }
    let width = words.map(\.count).max() ?? 0
    return words.map { padded($0, to: width) }
  }
}

extension Bool {
  /// `True` or `False`, right-aligned.
  public static func aligned(_ scalars: [Bool]) -> [String] {
    scalars.map { $0 ? " True" : "False" }
  }
}

extension TensorScalar where Self: BinaryFloatingPoint & CustomStringConvertible {
  /// The numbers with their points below each other: the shortest digits that tell them apart, 8 after the point at the
  /// most; with exponents where one is 10⁸ or more (10⁶ for `Float`) or below 10⁻⁴, or where they span more than 1,000.
  public static func aligned(_ scalars: [Self]) -> [String] {
    let finite = scalars.filter(\.isFinite)
    let sizes = finite.filter { $0 != 0 }.map(\.magnitude)
    let (least, largest) = (sizes.min() ?? 1, sizes.max() ?? 1)
    let limit: Self.Magnitude = Self.significandBitCount < 52 ? 1e6 : 1e8
    let hasExponents = largest >= limit || least < 0.0001 || largest / least > 1000

    var numbers = finite.map { Decimal($0, hasExponent: hasExponents) }
    let right = numbers.map(\.fraction.count).max() ?? 0
    if hasExponents {
      // As in NumPy, what is shorter than the column is not filled with zeros but with the digits that the scalar has.
      numbers = finite.map { Decimal($0, fractionDigits: right) }
    }
    let exponentWidth = max(2, numbers.map { "\($0.exponent.magnitude)".count }.max() ?? 0)
    let tail = hasExponents ? exponentWidth + 2 : 0
    var left = numbers.map(\.integer.count).max() ?? 0
    for scalar in scalars where !scalar.isFinite {
      left = max(left, (scalar < 0 ? 4 : 3) - right - tail - 1)
    }

    var next = numbers[...]
    return scalars.map { scalar in
      guard scalar.isFinite else {
        return padded(
          scalar.isNaN ? "nan" : scalar < 0 ? "-inf" : "inf", to: left + 1 + right + tail)
      }
      let number = next.removeFirst()
      let text = padded(number.integer, to: left) + "." + number.fraction
      guard hasExponents else {
        return text + String(repeating: " ", count: right - number.fraction.count)
      }
      let exponent = "\(number.exponent.magnitude)"
      return text + (number.exponent < 0 ? "e-" : "e+") + zeros(exponentWidth - exponent.count)
        + exponent
    }
  }
}

/// The digits of a finite number.
private struct Decimal {
  private static let precision = 8

  /// What stands before the point, sign included.
  let integer: String
  /// What stands after the point.
  let fraction: String
  /// The power of ten, zero where none is shown.
  let exponent: Int

  /// The shortest digits that tell the number from its neighbours, rounded to 8 after the point.
  init(_ value: some BinaryFloatingPoint & CustomStringConvertible, hasExponent: Bool) {
    var (digits, power) = Self.shortestDigits(value.magnitude)
    let limit = Self.precision + 1 + (hasExponent ? 0 : power)
    if digits.count > limit { Self.round(Double(value.magnitude), to: limit, &digits, &power) }
    while digits.count > 1, digits.last == 0 { digits.removeLast() }
    self.init(value.sign, digits, power, hasExponent: hasExponent)
  }

  /// The number rounded to as many digits after the point of its exponential form.
  init(_ value: some BinaryFloatingPoint & CustomStringConvertible, fractionDigits: Int) {
    var (digits, power) = Self.shortestDigits(value.magnitude)
    Self.round(Double(value.magnitude), to: fractionDigits + 1, &digits, &power)
    self.init(value.sign, digits, power, hasExponent: true)
  }

  /// `d₁.d₂d₃… · 10^power`.
  private init(_ sign: FloatingPointSign, _ digits: [Int], _ power: Int, hasExponent: Bool) {
    let sign = sign == .minus ? "-" : ""
    let text = digits.map { "\($0)" }.joined()
    if hasExponent {
      (integer, fraction, exponent) = (sign + text.prefix(1), String(text.dropFirst()), power)
    } else if power < 0 {
      (integer, fraction, exponent) = (sign + "0", zeros(-power - 1) + text, 0)
    } else {
      let whole = text.prefix(power + 1)
      integer = sign + whole + zeros(power + 1 - whole.count)
      (fraction, exponent) = (String(text.dropFirst(power + 1)), 0)
    }
  }

  /// What the standard library prints, such as `0.00012`, `1.2e-05` or `1.2e+16`, as `d₁.d₂d₃… · 10^power`.
  private static func shortestDigits(
    _ magnitude: some BinaryFloatingPoint & CustomStringConvertible
  ) -> (digits: [Int], power: Int) {
    let parts = magnitude.description.split(separator: "e")
    var digits: [Int] = []
    var power = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - 1
    var isBeforePoint = true
    for character in parts[0] {
      if let digit = character.wholeNumberValue { digits.append(digit) }
      if character == "." { isBeforePoint = false }
      if isBeforePoint { power += 1 }
    }
    if magnitude == 0 { return ([0], 0) }
    while digits.first == 0 {
      digits.removeFirst()
      power -= 1
    }
    while digits.count > 1, digits.last == 0 { digits.removeLast() }
    return (digits, power)
  }

  /// The first `count` digits of `magnitude`, rounded by its exact value, half to even.
  private static func round(
    _ magnitude: Double, to count: Int, _ digits: inout [Int], _ power: inout Int
  ) {
    // magnitude / 10^power as a fraction.
    var (numerator, denominator) = (WholeNumber(), WholeNumber(1))
    if magnitude > 0 {
      numerator = WholeNumber(UInt64(magnitude.significand * 0x1p52))
      numerator.multiply(by: 2, times: Int(magnitude.exponent) - 52)
      denominator.multiply(by: 2, times: 52 - Int(magnitude.exponent))
    }
    numerator.multiply(by: 10, times: -power)
    denominator.multiply(by: 10, times: power)
    digits = []
    for position in 0..<count {
      if position > 0 { numerator.multiply(by: 10) }
      var digit = 0
      while numerator.subtract(denominator) { digit += 1 }
      if position == 0, digit == 0, magnitude > 0 {
        // The shortest digits had been rounded up to a power of ten.
        power -= 1
        return round(magnitude, to: count, &digits, &power)
      }
      digits.append(digit)
    }
    numerator.multiply(by: 2)
    let isOdd = digits[count - 1] % 2 == 1
    guard numerator.subtract(denominator), isOdd || numerator != WholeNumber() else { return }
    var last = count - 1
    while last >= 0, digits[last] == 9 {
      digits[last] = 0
      last -= 1
    }
    if last >= 0 {
      digits[last] += 1
    } else {
      digits = [1] + digits.dropLast()
      power += 1
    }
  }
}

/// A whole number of any size.
private struct WholeNumber: Equatable {
  /// The digits in base 2³², the least first, the last not zero.
  private var words: [UInt64] = []

  init(_ value: UInt64 = 0) {
    words = [value & 0xFFFF_FFFF, value >> 32]
    trim()
  }

  private mutating func trim() { while words.last == 0 { words.removeLast() } }

  /// `self · factor`, `factor` below 2³².
  mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for i in words.indices {
      // At most (2³² − 1)² + 2³² − 1, which fits.
      let product = words[i] * factor + carry
      (words[i], carry) = (product & 0xFFFF_FFFF, product >> 32)
    }
    if carry > 0 { words.append(carry) }
  }

  /// `self · factor^exponent`, unchanged where the exponent is negative.
  mutating func multiply(by factor: UInt64, times exponent: Int) {
    for _ in 0..<max(exponent, 0) { multiply(by: factor) }
  }

  /// `self − other` where that is not negative; else nothing happens, and the result is `false`.
  mutating func subtract(_ other: WholeNumber) -> Bool {
    guard words.count >= other.words.count else { return false }
    var difference = words
    var borrow: UInt64 = 0
    for i in words.indices {
      let (taken, from) = ((i < other.words.count ? other.words[i] : 0) + borrow, words[i])
      borrow = from < taken ? 1 : 0
      difference[i] = from + borrow << 32 - taken
    }
    guard borrow == 0 else { return false }
    words = difference
    trim()
    return true
  }
}
