public import RealModule

/// A type that tensors can hold: `Float`, `Double`, `Int32`, `Int64`, `UInt8` or `Bool`.
///
/// The tiers are any scalar ⊃ ``NumericScalar`` ⊃ ``DifferentiableScalar``. An operation asks for the lowest that it needs.
public protocol TensorScalar: BitwiseCopyable, Sendable, Hashable {
  /// The name of the type in NumPy and in safetensors headers' long form, such as `"float32"`.
  static var dtype: String { get }
  /// Zero, or `false`.
  static var additiveIdentity: Self { get }
  /// How scalars print side by side inside a tensor: as text, all of one width.
  static func aligned(_ scalars: [Self]) -> [String]
}

/// A scalar with arithmetic and an order.
///
/// As everywhere in Swift, integer arithmetic that overflows stops the program.
public protocol NumericScalar: TensorScalar, Numeric, Comparable {
  /// The largest finite value, the identity of `min`; infinity where there is one.
  static var greatestValue: Self { get }
  /// The least value, the identity of `max`; minus infinity where there is one.
  static var leastValue: Self { get }
  /// Whether the value is not a number. Always `false` for integers.
  var isNotANumber: Bool { get }
  /// The loops over raw buffers that serve this scalar.
  static var arithmetic: ArithmeticKernels<Self> { get }
  /// The value nearest to `value` (for integers: towards zero), `nil` where there is none.
  static func converting(_ value: Double) -> Self?
  /// The value as a `Double`, rounded if need be.
  var asDouble: Double { get }
}

/// A floating-point scalar, the kind that gradients are defined for.
public protocol DifferentiableScalar: NumericScalar, Real, BinaryFloatingPoint, BLASScalar,
  LAPACKScalar
{
  /// The loops over raw buffers that serve this scalar.
  static var kernels: KernelTable<Self> { get }
}
