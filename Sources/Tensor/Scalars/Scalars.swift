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
  /// The name of the type in NumPy.
  public static var dtype: String { "float32" }
  /// The loops of arithmetic, comparison and reduction.
  public static let arithmetic = ArithmeticKernels<Float>.vector(.selected)
  /// The loops of floating-point functions, with those in vector instructions for this processor.
  public static let kernels = KernelTable<Float>.vector(.selected)
}

extension Double: DifferentiableScalar {
  /// The name of the type in NumPy.
  public static var dtype: String { "float64" }
  /// The loops of arithmetic, comparison and reduction.
  public static let arithmetic = ArithmeticKernels<Double>()
  /// The loops of floating-point functions, with those in vector instructions for this processor.
  public static let kernels = KernelTable<Double>(
    name: "portable", convolution: nil, stretch: nil)
}

extension Int32: NumericScalar {
  /// The name of the type in NumPy.
  public static var dtype: String { "int32" }
  /// The loops of arithmetic, comparison and reduction.
  public static let arithmetic = ArithmeticKernels<Int32>()
}

extension Int64: NumericScalar {
  /// The name of the type in NumPy.
  public static var dtype: String { "int64" }
  /// The loops of arithmetic, comparison and reduction.
  public static let arithmetic = ArithmeticKernels<Int64>()
}

extension UInt8: NumericScalar {
  /// The name of the type in NumPy.
  public static var dtype: String { "uint8" }
  /// The loops of arithmetic, comparison and reduction.
  public static let arithmetic = ArithmeticKernels<UInt8>()
}

extension Bool: TensorScalar {
  /// The name of the type in NumPy.
  public static var dtype: String { "bool" }
  /// `false`.
  public static var additiveIdentity: Bool { false }
}
