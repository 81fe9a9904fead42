public import RealModule

extension NumericScalar where Self: FixedWidthInteger {
  /// The largest integer of the type.
  public static var greatestValue: Self { .max }
  /// The least integer of the type.
  public static var leastValue: Self { .min }
  /// Zero.
  public static var additiveIdentity: Self { 0 }
  /// Always `false`.
  public var isNotANumber: Bool { false }
  /// The integer towards zero, `nil` when it is out of range or not a number.
  public static func converting(_ value: Double) -> Self? {
    Self(exactly: value.rounded(.towardZero))
  }
  /// The integer as a `Double`, rounded if need be.
  public var asDouble: Double { Double(self) }
}

extension NumericScalar where Self: BinaryFloatingPoint {
  /// Infinity.
  public static var greatestValue: Self { .infinity }
  /// Minus infinity.
  public static var leastValue: Self { -.infinity }
  /// Zero.
  public static var additiveIdentity: Self { 0 }
  /// Whether the value is not a number.
  public var isNotANumber: Bool { isNaN }
  /// The nearest value of this type.
  public static func converting(_ value: Double) -> Self? { Self(value) }
  /// The value as a `Double`.
  public var asDouble: Double { Double(self) }
}

extension Float: DifferentiableScalar {
  public static var dtype: String { "float32" }
  public static let arithmetic = ArithmeticKernels<Float>()
  public static let kernels = KernelTable<Float>(
    name: InstructionSet.selected.rawValue, convolution: .kernels, stretch: .kernels)
}

extension Double: DifferentiableScalar {
  public static var dtype: String { "float64" }
  public static let arithmetic = ArithmeticKernels<Double>()
  public static let kernels = KernelTable<Double>(
    name: "portable", convolution: nil, stretch: nil)
}

extension Int32: NumericScalar {
  public static var dtype: String { "int32" }
  public static let arithmetic = ArithmeticKernels<Int32>()
}

extension Int64: NumericScalar {
  public static var dtype: String { "int64" }
  public static let arithmetic = ArithmeticKernels<Int64>()
}

extension UInt8: NumericScalar {
  public static var dtype: String { "uint8" }
  public static let arithmetic = ArithmeticKernels<UInt8>()
}

extension Bool: TensorScalar {
  public static var dtype: String { "bool" }
  public static var additiveIdentity: Bool { false }
}
