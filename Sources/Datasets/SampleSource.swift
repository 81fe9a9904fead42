import Tensor

/// Where samples and their labels come from: a folder of images, tensors in memory, pictures drawn in code.
///
/// Any thread may ask for any sample at any time, and gets the same one every time. Random changes belong into a
/// `SampleTransform`.
public protocol SampleSource<Sample>: Sendable {
  /// What a sample is before it becomes numbers, such as an `Image`.
  associatedtype Sample: Sendable

  /// The number of samples.
  var count: Int { get }

  /// The class of a sample, from 0.
  func label(at index: Int) -> Int

  /// What messages call a sample: the path of its file, for instance.
  func name(at index: Int) -> String

  /// Reads or makes a sample.
  ///
  /// - Throws: Whatever keeps it from being read, with the path.
  func sample(at index: Int) throws -> Sample
}

extension SampleSource {
  /// The number of the sample.
  public func name(at index: Int) -> String { "sample \(index)" }

  /// The classes of all samples, in order.
  public var labels: [Int] { (0..<count).map(label(at:)) }

  /// The samples at `indices` alone, in that order: a fold, a split, what is left without the unreadable.
  public func subset(_ indices: [Int]) -> Subset<Self> { Subset(self, indices: indices) }
}

/// Some of the samples of a source, in an order of their own.
public struct Subset<Base: SampleSource>: SampleSource {
  /// The source of the samples.
  public let base: Base
  /// For each sample, its index in `base`.
  public let indices: [Int]

  /// The samples of `base` at `indices`, all of which are in `0..<base.count`.
  public init(_ base: Base, indices: [Int]) {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < base.count },
      "Subset: needs indices in 0..<\(base.count), got \(indices)")
    self.base = base
    self.indices = indices
  }

  /// The number of samples.
  public var count: Int { indices.count }
  /// The class of a sample.
  public func label(at index: Int) -> Int { base.label(at: indices[index]) }
  /// What messages call a sample.
  public func name(at index: Int) -> String { base.name(at: indices[index]) }
  /// Reads a sample from the base.
  public func sample(at index: Int) throws -> Base.Sample { try base.sample(at: indices[index]) }
}
