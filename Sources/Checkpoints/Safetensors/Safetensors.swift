public import Foundation
public import Tensor

/// A file of named tensors in the safetensors format.
///
/// The format: the length of the header (8 bytes, little-endian), the header (JSON: name ↦ `dtype`, `shape`,
/// `data_offsets`; texts under `__metadata__`), then the scalars of all tensors, without gaps.
///
/// ```swift
/// let file = try Safetensors(contentsOf: url)
/// let weight = try file.tensor("0.weight", as: Float.self)
/// ```
///
/// Opening a file reads and checks the header, nothing else; a tensor is read when it is asked for, straight into its own
/// memory. The file stays open as long as a copy of this value exists. Types other than those of ``ElementType`` (such as
/// `BF16`) may stand in a file: they are listed, their place in the file is checked, and asking for one throws.
///
/// Refused are all files that the reference implementation refuses, and three that it takes: with a name that comes twice,
/// with a field it does not know, and with a shape of more than 64 axes.
///
/// Source: https://github.com/huggingface/safetensors
public struct Safetensors: Sendable {
  /// What the header says about one tensor.
  public struct Entry: Sendable, Hashable, CustomStringConvertible {
    /// The type of its scalars, as the file names it.
    ///
    /// Possibly none of ``ElementType``.
    public let dtype: String
    /// The size of every axis, outermost first.
    public let shape: [Int]
    /// Where its bytes lie, counted from the end of the header.
    package let byteRange: Range<Int>

    /// The type of its scalars, `nil` where the library has no such tensors.
    public var elementType: ElementType? { ElementType(rawValue: dtype) }

    /// Type and shape, such as `"F32 [3, 3, 1, 32]"`.
    public var description: String {
      "\(elementType == nil ? quoted(dtype) : dtype) \(shape)"
    }
  }

  /// What the header says about every tensor, by name.
  public let entries: [String: Entry]
  /// The texts that go with the tensors.
  public let metadata: [String: String]

  let source: ByteSource
  /// The number of bytes before the first tensor.
  private let dataOffset: Int
  /// What stands in the file before the names of this part of it, nothing for the whole.
  private let prefix: String

  /// Opens the file at `url` and reads its header.
  ///
  /// - Throws: ``CheckpointError`` where it cannot be opened, is no safetensors file, or is not whole.
  public init(contentsOf url: URL) throws {
    try self.init(ByteSource(contentsOf: url))
  }

  /// Reads the header of a file that is in memory already.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: What messages call it.
  /// - Throws: ``CheckpointError`` where it is no safetensors file, or not whole.
  public init(_ bytes: [UInt8], name: String) throws {
    try self.init(ByteSource(bytes, name: name))
  }

  private init(_ source: ByteSource) throws {
    self.source = source
    prefix = ""
    dataOffset = try SafetensorsHeader.length(in: source) + SafetensorsHeader.prefixLength
    let text = try source.bytes(
      at: SafetensorsHeader.prefixLength, count: dataOffset - SafetensorsHeader.prefixLength)
    do {
      let header = try SafetensorsHeader(text)
      (entries, metadata) = (header.entries, header.metadata)
    } catch {
      throw source.error("is no safetensors file, its header at \(error.description)")
    }
    try SafetensorsHeader.check(entries, dataCount: source.count - dataOffset, in: source)
  }

  private init(part prefix: String, of whole: Safetensors) {
    (source, dataOffset, metadata) = (whole.source, whole.dataOffset, whole.metadata)
    self.prefix = whole.prefix + prefix
    let members = whole.entries.filter { $0.key.utf8.starts(with: prefix.utf8) }
    entries = Dictionary(
      uniqueKeysWithValues: members.map { name, entry in
        (String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self), entry)
      })
  }

  /// The tensors whose names start with `prefix` and a slash, under what follows, and all metadata.
  ///
  /// So that one file, which is there as a whole or not at all, holds the state of several things:
  ///
  /// ```swift
  /// try model.load(from: file.part("model"))
  /// let moments = try file.part("optimizer").tensors(as: Float.self)
  /// ```
  public func part(_ prefix: String) -> Safetensors { Safetensors(part: "\(prefix)/", of: self) }

  /// The names of all tensors, sorted.
  public var names: [String] { entries.keys.inByteOrder }

  /// The tensor called `name`.
  ///
  /// - Throws: ``CheckpointError`` where there is none, or one of another type.
  public func tensor<Scalar: TensorScalar>(
    _ name: String, as type: Scalar.Type
  ) throws -> Tensor<Scalar> {
    let entry = try entry(name)
    let wanted = ElementType(of: Scalar.self)
    guard entry.elementType == wanted else {
      throw source.error(
        "tensor \(inMessage(name)) holds \(quoted(entry.dtype)), expected \(quoted(wanted.rawValue))"
      )
    }
    return try source.tensor(
      shape: entry.shape, at: dataOffset + entry.byteRange.lowerBound, as: Scalar.self,
      "tensor \(inMessage(name))")
  }

  /// The tensor called `name`, of whatever type it is.
  ///
  /// - Throws: ``CheckpointError`` where there is none, or one of a type that the library does not have.
  public func tensor(_ name: String) throws -> AnyTensor {
    let entry = try entry(name)
    switch entry.elementType {
    case .int64: return .int64(try tensor(name, as: Int64.self))
    case .float64: return .float64(try tensor(name, as: Double.self))
    case .float32: return .float32(try tensor(name, as: Float.self))
    case .int32: return .int32(try tensor(name, as: Int32.self))
    case .uint8: return .uint8(try tensor(name, as: UInt8.self))
    case .bool: return .bool(try tensor(name, as: Bool.self))
    case nil:
      throw source.error(
        "tensor \(inMessage(name)) holds \(quoted(entry.dtype)), expected one of \(ElementType.names)"
      )
    }
  }

  /// All tensors, by name.
  ///
  /// - Throws: ``CheckpointError`` where one is of a type that the library does not have.
  public func tensors() throws -> [String: AnyTensor] {
    try readAll { try tensor($0) }
  }

  /// All tensors, by name, if they are of one type.
  ///
  /// - Throws: ``CheckpointError`` where one is of another type.
  public func tensors<Scalar: TensorScalar>(as type: Scalar.Type) throws -> [String: Tensor<Scalar>]
  {
    try readAll { try tensor($0, as: type) }
  }

  /// All tensors, by name, if they are just those of `shapes` and of one type: the weights of a model.
  ///
  /// - Throws: ``StateMismatch``, which lists every difference, before any tensor is read; ``CheckpointError`` where one
  ///   cannot be read.
  public func tensors<Scalar: TensorScalar>(
    matching shapes: [String: [Int]], as type: Scalar.Type
  ) throws -> [String: Tensor<Scalar>] {
    let dtype = ElementType(of: Scalar.self).rawValue
    func inFile(_ texts: [String: String]) -> [String: String] {
      Dictionary(uniqueKeysWithValues: texts.map { (prefix + $0.key, $0.value) })
    }
    try StateMismatch.check(
      found: inFile(entries.mapValues(\.description)),
      expected: inFile(shapes.mapValues { "\(dtype) \($0)" }), path: source.path)
    return try tensors(as: type)
  }

  private func readAll<Value>(_ read: (String) throws -> Value) throws -> [String: Value] {
    // No overflow: the tensors lie side by side in the file.
    try source.requireMemory(
      for: entries.values.reduce(0) { $0 + $1.byteRange.count }, "the file")
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try read($0)) })
  }

  private func entry(_ name: String) throws -> Entry {
    if let entry = entries[name] { return entry }
    let known = names.prefix(8).map(inMessage).joined(separator: ", ")
    let list = entries.isEmpty ? "none" : known + (entries.count > 8 ? ", …" : "")
    throw source.error("has no tensor \(inMessage(name)); it has \(list)")
  }

  /// The name as it stands in the file.
  private func inMessage(_ name: String) -> String { quoted(prefix + name) }
}
