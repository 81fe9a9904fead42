public import Foundation
public import Tensor

/// Files of one array in NumPy's format: `.npy`, versions 1, 2 and 3.
///
/// Read are little-endian `f8`, `f4`, `i8`, `i4`, and `u1`, `b1`, in row order (C) or column order (Fortran); all others are
/// refused by name. Written is what `numpy.save` would write, in row order.
///
/// Source: NEP 1, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public enum Npy {
  /// The array in the file at `url`, of whatever type it is.
  ///
  /// One in column order comes as a transposed view.
  ///
  /// - Throws: ``CheckpointError`` where it cannot be read, is no such file, is not whole, or holds another type.
  public static func read(contentsOf url: URL) throws -> AnyTensor {
    try read(ByteSource(contentsOf: url))
  }

  /// The array in the file at `url`.
  ///
  /// - Throws: As ``read(contentsOf:)``, and where its scalars are of another type.
  public static func read<Scalar: TensorScalar>(
    contentsOf url: URL, as type: Scalar.Type
  ) throws -> Tensor<Scalar> {
    let source = try ByteSource(contentsOf: url)
    return try tensor(in: source, NpyHeader(source), as: Scalar.self)
  }

  /// The array of a file that is in memory already.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: What messages call it.
  /// - Throws: ``CheckpointError`` where it is no such file, is not whole, or holds another type.
  public static func read(_ bytes: [UInt8], name: String) throws -> AnyTensor {
    try read(ByteSource(bytes, name: name))
  }

  private static func read(_ source: ByteSource) throws -> AnyTensor {
    let header = try NpyHeader(source)
    switch header.elementType {
    case .int64: return .int64(try tensor(in: source, header, as: Int64.self))
    case .float64: return .float64(try tensor(in: source, header, as: Double.self))
    case .float32: return .float32(try tensor(in: source, header, as: Float.self))
    case .int32: return .int32(try tensor(in: source, header, as: Int32.self))
    case .uint8: return .uint8(try tensor(in: source, header, as: UInt8.self))
    case .bool: return .bool(try tensor(in: source, header, as: Bool.self))
    }
  }

  private static func tensor<Scalar: TensorScalar>(
    in source: ByteSource, _ header: NpyHeader, as type: Scalar.Type
  ) throws -> Tensor<Scalar> {
    let wanted = ElementType(of: Scalar.self)
    guard header.elementType == wanted else {
      throw source.error(
        "holds '\(header.elementType.npyName)', expected '\(wanted.npyName)'")
    }
    let shape = header.isColumnMajor ? header.shape.reversed() : header.shape
    let tensor = try source.tensor(
      shape: shape, at: header.dataOffset, as: Scalar.self, "the array")
    return header.isColumnMajor ? tensor.permuted(shape.indices.reversed()) : tensor
  }

  /// Writes a tensor to a file, which appears complete or not at all.
  ///
  /// A view is written as the values it shows.
  ///
  /// - Throws: ``CheckpointError`` where the file cannot be written; an old one is then as it was.
  public static func write<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>, to url: URL) throws {
    guard tensor.rank <= TextReader.maximumRank else {
      throw CheckpointError(
        path: try filePath(of: url),
        reason: "no npy file has \(tensor.rank) axes, \(TextReader.maximumRank) at the most")
    }
    try AtomicFile.create(at: url) { file in
      try file.append(NpyHeader.bytes(for: ElementType(of: Scalar.self), shape: tensor.shape))
      try tensor.withUnsafeScalars { try file.append(UnsafeRawBufferPointer($0)) }
    }
  }
}

extension ElementType {
  /// The name in npy files: byte order, kind, size.
  ///
  var npyName: String {
    switch self {
    case .int64: "<i8"
    case .float64: "<f8"
    case .float32: "<f4"
    case .int32: "<i4"
    case .uint8: "|u1"
    case .bool: "|b1"
    }
  }
}
