public import Tensor

/// The types of scalars that files hold and tensors have.
///
/// The raw value is the name in safetensors files.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  /// `Int64`.
  case int64 = "I64"
  /// `Double`.
  case float64 = "F64"
  /// `Float`.
  case float32 = "F32"
  /// `Int32`.
  case int32 = "I32"
  /// `UInt8`.
  case uint8 = "U8"
  /// `Bool`, one byte each, 0 or 1.
  case bool = "BOOL"

  /// The type of the scalars of a tensor.
  ///
  /// - Precondition: `Scalar` is one of the six that `Tensor` has.
  public init<Scalar: TensorScalar>(of scalar: Scalar.Type) {
    let type = Self.allCases.first { $0.longName == Scalar.dtype }
    require(type != nil, "ElementType: files have no scalars of type \(Scalar.self)")
    self = type ?? .float32
  }

  /// The size of one scalar, in bytes.
  public var byteCount: Int {
    switch self {
    case .int64, .float64: 8
    case .float32, .int32: 4
    case .uint8, .bool: 1
    }
  }

  /// The name that NumPy and `TensorScalar.dtype` give it, such as `"float32"`.
  public var longName: String {
    switch self {
    case .int64: Int64.dtype
    case .float64: Double.dtype
    case .float32: Float.dtype
    case .int32: Int32.dtype
    case .uint8: UInt8.dtype
    case .bool: Bool.dtype
    }
  }

  /// All names, for messages.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// A tensor whose scalar type is known at run time only: what comes from a file, and what a file of several types is made of.
///
/// ```swift
/// let state: [String: AnyTensor] = ["step": AnyTensor(Tensor<Int64>(7)), "velocity": AnyTensor(velocity)]
/// ```
public enum AnyTensor: Sendable, Equatable {
  /// Of `Int64`.
  case int64(Tensor<Int64>)
  /// Of `Double`.
  case float64(Tensor<Double>)
  /// Of `Float`.
  case float32(Tensor<Float>)
  /// Of `Int32`.
  case int32(Tensor<Int32>)
  /// Of `UInt8`.
  case uint8(Tensor<UInt8>)
  /// Of `Bool`.
  case bool(Tensor<Bool>)

  /// The same tensor without its static type.
  ///
  /// - Precondition: `Scalar` is one of the six that `Tensor` has.
  public init<Scalar>(_ tensor: Tensor<Scalar>) {
    switch tensor {
    case let tensor as Tensor<Int64>: self = .int64(tensor)
    case let tensor as Tensor<Double>: self = .float64(tensor)
    case let tensor as Tensor<Float>: self = .float32(tensor)
    case let tensor as Tensor<Int32>: self = .int32(tensor)
    case let tensor as Tensor<UInt8>: self = .uint8(tensor)
    case let tensor as Tensor<Bool>: self = .bool(tensor)
    // The scalars of a file are read from its header by name, and those are all of them: only a caller of ours gets here.
    default: fatalError("AnyTensor: files have no scalars of type \(Scalar.self)")
    }
  }

  /// The tensor with its static type, `nil` where its scalars are of another.
  public func typed<Scalar>(as type: Scalar.Type = Scalar.self) -> Tensor<Scalar>? {
    switch self {
    case .int64(let tensor): tensor as? Tensor<Scalar>
    case .float64(let tensor): tensor as? Tensor<Scalar>
    case .float32(let tensor): tensor as? Tensor<Scalar>
    case .int32(let tensor): tensor as? Tensor<Scalar>
    case .uint8(let tensor): tensor as? Tensor<Scalar>
    case .bool(let tensor): tensor as? Tensor<Scalar>
    }
  }

  /// The type of its scalars.
  public var elementType: ElementType {
    switch self {
    case .int64: .int64
    case .float64: .float64
    case .float32: .float32
    case .int32: .int32
    case .uint8: .uint8
    case .bool: .bool
    }
  }

  /// The size of every axis, outermost first.
  public var shape: [Int] {
    switch self {
    case .int64(let tensor): tensor.shape
    case .float64(let tensor): tensor.shape
    case .float32(let tensor): tensor.shape
    case .int32(let tensor): tensor.shape
    case .uint8(let tensor): tensor.shape
    case .bool(let tensor): tensor.shape
    }
  }

  /// Calls `body` with the bytes of the scalars in row-major order, copied first if they do not lie so.
  func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    switch self {
    case .int64(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    case .float64(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    case .float32(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    case .int32(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    case .uint8(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    case .bool(let tensor): try tensor.withUnsafeScalars { try body(.init($0)) }
    }
  }
}
