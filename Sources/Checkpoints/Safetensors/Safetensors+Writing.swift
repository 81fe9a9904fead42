public import Foundation
public import Tensor

extension Safetensors {
  /// Writes named tensors to a file, which appears complete or not at all.
  ///
  /// Equal tensors and texts give equal bytes: the order is that of the Python library (by type, the widest first, then by
  /// name), the header is filled up with spaces to a multiple of 8 bytes, and there is no date. Views are written as the
  /// values they show.
  ///
  /// - Parameters:
  ///   - tensors: Under any names but `__metadata__`.
  ///   - metadata: Texts to go with them.
  ///   - url: A file that is replaced if it is there, in a folder that is there.
  /// - Throws: ``CheckpointError`` where the file cannot be written; an old one is then as it was.
  public static func write(
    _ tensors: [String: AnyTensor], metadata: [String: String] = [:], to url: URL
  ) throws {
    let order = fileOrder(of: tensors)
    let head = try header(of: order, metadata: metadata, path: filePath(of: url))
    try AtomicFile.create(at: url) { file in
      try file.append(head)
      for (_, tensor) in order {
        try tensor.withUnsafeBytes { try file.append($0) }
      }
    }
  }

  /// Writes named tensors of one type to a file, which appears complete or not at all.
  ///
  /// See ``write(_:metadata:to:)-([String:AnyTensor],_,_)``.
  public static func write<Scalar>(
    _ tensors: [String: Tensor<Scalar>], metadata: [String: String] = [:], to url: URL
  ) throws {
    try write(tensors.mapValues { AnyTensor($0) }, metadata: metadata, to: url)
  }

  private static func fileOrder(
    of tensors: [String: AnyTensor]
  ) -> [(name: String, tensor: AnyTensor)] {
    let groups = Dictionary(grouping: tensors.keys) { tensors[$0]?.elementType }
    return ElementType.allCases.flatMap { type in
      (groups[type] ?? []).inByteOrder.compactMap { name in
        tensors[name].map { (name: name, tensor: $0) }
      }
    }
  }

  /// The length of the header and the header.
  private static func header(
    of tensors: [(name: String, tensor: AnyTensor)], metadata: [String: String], path: String
  ) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      members.append("\(SafetensorsHeader.metadataName.json):\(metadata.json)")
    }
    var offset = 0
    for (name, tensor) in tensors {
      guard name != SafetensorsHeader.metadataName else {
        throw CheckpointError(path: path, reason: "no tensor can be called \(quoted(name))")
      }
      guard tensor.shape.count <= TextReader.maximumRank else {
        throw CheckpointError(
          path: path,
          reason: "tensor \(quoted(name)) has \(tensor.shape.count) axes, expected "
            + "\(TextReader.maximumRank) at the most")
      }
      let end = offset + tensor.shape.reduce(tensor.elementType.byteCount, *)
      let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
      members.append(
        "\(name.json):{\"dtype\":\(tensor.elementType.rawValue.json),\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text.append(contentsOf: [UInt8](repeating: 0x20, count: -text.count & 7))
    guard text.count <= SafetensorsHeader.maximumLength else {
      throw CheckpointError(
        path: path,
        reason: "names and texts take \(text.count) bytes, expected "
          + "\(SafetensorsHeader.maximumLength) at the most")
    }
    let prefix = (0..<SafetensorsHeader.prefixLength).map {
      UInt8(truncatingIfNeeded: text.count >> (8 * $0))
    }
    return prefix + text
  }
}
