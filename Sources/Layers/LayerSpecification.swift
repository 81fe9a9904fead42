import Tensor

/// The architecture of a layer without its weights: its kind and its options, as plain data that files can hold.
public struct LayerSpecification: Codable, Sendable, Hashable {
  /// The value of an option.
  public enum Option: Codable, Sendable, Hashable {
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case integers([Int])

    /// Reads whichever of the kinds the value is.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .flag(value)
      } else if let value = try? container.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else {
        self = .integers(try container.decode([Int].self))
      }
    }

    /// Writes the bare value.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .integers(let value): try container.encode(value)
      }
    }
  }

  /// What the layer is, such as `"Conv2D"`.
  public var kind: String
  /// Sizes, strides, rates, by name.
  public var options: [String: Option]
  /// The layers inside, in order.
  public var layers: [LayerSpecification]

  /// A specification of `kind`.
  public init(
    kind: String, options: [String: Option] = [:], layers: [LayerSpecification] = []
  ) {
    self.kind = kind
    self.options = options
    self.layers = layers
  }
}

/// Why a layer could not be built from its specification.
public struct LayerSpecificationError: Error, CustomStringConvertible, Equatable {
  /// The kind of the layer at fault.
  public let kind: String
  /// What is wrong with it.
  public let reason: String

  /// Creates an error about a layer of `kind`.
  public init(kind: String, reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Kind and reason.
  public var description: String { "layer \(kind): \(reason)" }
}

extension LayerSpecification {
  /// An integer within `range`.
  func integer(_ name: String, in range: ClosedRange<Int> = 1...(1 << 24)) throws -> Int {
    guard case .integer(let value) = options[name] else { throw missing(name, "an integer") }
    guard range.contains(value) else {
      throw LayerSpecificationError(
        kind: kind,
        reason: "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A number within `range`.
  func number(_ name: String, in range: ClosedRange<Double>) throws -> Double {
    let value: Double
    switch options[name] {
    case .number(let number): value = number
    case .integer(let integer): value = Double(integer)
    default: throw missing(name, "a number")
    }
    guard range.contains(value) else {
      throw LayerSpecificationError(
        kind: kind,
        reason: "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// `true` or `false`.
  func flag(_ name: String) throws -> Bool {
    guard case .flag(let value) = options[name] else { throw missing(name, "true or false") }
    return value
  }

  /// Exactly `count` integers, each 0 or more.
  func integers(_ name: String, count: Int, atLeast least: Int) throws -> [Int] {
    guard case .integers(let values) = options[name], values.count == count,
      values.allSatisfy({ $0 >= least && $0 <= 1 << 24 })
    else { throw missing(name, "\(count) integers of \(least) or more") }
    return values
  }

  /// Zeros of `shape`, for a checkpoint to fill.
  ///
  /// All of them are one scalar in memory: sizes come from outside, and a file of a hundred bytes must not take gigabytes.
  func zeros<Scalar: DifferentiableScalar>(_ shape: [Int]) throws -> Tensor<Scalar> {
    var count = 1
    for size in shape {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
      guard !isTooLarge, product <= 1 << 40 else {
        throw LayerSpecificationError(
          kind: kind, reason: "weights of shape \(shape) are more than 2⁴⁰ scalars")
      }
      count = product
    }
    return Tensor<Scalar>.zeros(shape.map { _ in 1 }).broadcast(to: shape)
  }

  private func missing(_ name: String, _ expected: String) -> LayerSpecificationError {
    LayerSpecificationError(
      kind: kind,
      reason: "\(name) is \(options[name].map { "\($0)" } ?? "missing"), expected \(expected)")
  }
}
