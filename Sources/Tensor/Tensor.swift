/// An array of any rank, of scalars of one type.
///
/// A value type: a copy is independent of its original, and costs nothing until one of them is written to. Views (slices,
/// transposes, broadcasts) share the storage they were made from in the same way.
///
/// ```swift
/// let x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
/// let y = x.transposed() + 1
/// ```
public struct Tensor<Scalar: TensorScalar>: Sendable {
  package private(set) var storage: Storage<Scalar>
  package private(set) var layout: Layout

  package init(storage: Storage<Scalar>, layout: Layout) {
    self.storage = storage
    self.layout = layout
  }

  // MARK: Making one

  /// A tensor of `scalars` in row-major order (the last index runs fastest).
  ///
  /// - Precondition: There are as many scalars as `shape` holds.
  public init(_ scalars: some Collection<Scalar>, shape: [Int]) {
    require(
      shape.allSatisfy { $0 >= 0 } && ShapeRules.count(shape) == scalars.count,
      "Tensor: shape \(shape) holds \(ShapeRules.count(shape)) scalars, got \(scalars.count)")
    self.init(shape: shape) { buffer in
      _ = buffer.initialize(from: scalars)
    }
  }

  /// A tensor of shape `[]` that holds one scalar.
  public init(_ scalar: Scalar) {
    self.init(repeating: scalar, shape: [])
  }

  /// A tensor all of whose scalars are `value`.
  public init(repeating value: Scalar, shape: [Int]) {
    self.init(shape: shape) { $0.initialize(repeating: value) }
  }

  /// A tensor whose scalars `initialize` writes, all of them, in row-major order.
  ///
  /// - Parameters:
  ///   - shape: Sizes of zero or more.
  ///   - initialize: Receives uninitialized memory, and must leave none of it so.
  public init(
    shape: [Int], initializingWith initialize: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) rethrows {
    require(shape.allSatisfy { $0 >= 0 }, "Tensor: a size is negative in shape \(shape)")
    layout = Layout(contiguous: shape)
    storage = Storage(uninitializedCount: layout.count)
    try initialize(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
  }

  /// A tensor of zeros, or of `false`.
  public static func zeros(_ shape: [Int]) -> Tensor {
    Tensor(repeating: .additiveIdentity, shape: shape)
  }

  // MARK: What it is

  /// The size of every axis, outermost first.
  ///
  /// `[]` for a single scalar.
  public var shape: [Int] { layout.shape }
  /// The number of axes.
  public var rank: Int { layout.shape.count }
  /// The number of scalars.
  public var count: Int { layout.count }
  /// The step in memory from one index to the next on every axis, in scalars.
  public var strides: [Int] { layout.strides }
  /// Whether the scalars lie in row-major order without gaps.
  public var isContiguous: Bool { layout.isContiguous }

  /// The scalars in row-major order.
  public var scalars: [Scalar] {
    Array(unsafeUninitializedCapacity: count) { buffer, initializedCount in
      if let base = buffer.baseAddress { copyScalars(to: base) }
      initializedCount = count
    }
  }

  /// The scalar of a tensor that holds exactly one.
  public func item() -> Scalar {
    require(count == 1, "item: needs a tensor of one scalar, got shape \(shape)")
    return storage.pointer[layout.offset]
  }

  // MARK: Raw memory

  /// The first scalar of this view.
  ///
  /// Valid only while the tensor is.
  package var pointer: UnsafeMutablePointer<Scalar> { storage.pointer + layout.offset }

  /// Writes the scalars to `destination`, in row-major order.
  package func copyScalars(to destination: UnsafeMutablePointer<Scalar>) {
    if let turning = TurningCopy(layout) {
      turning.run(from: UnsafePointer(pointer), to: destination)
      return withExtendedLifetime(self) {}
    }
    let source = Unchecked(UnsafePointer(pointer))
    let target = Unchecked(destination)
    let loop = StridedLoop(shape: shape, first: strides)
    let stride = loop.rowStrides.first
    loop.runInParallel { position, offset, _, _, count in
      let (from, to) = (source.value + offset, target.value + position)
      if stride == 1 {
        to.initialize(from: from, count: count)
      } else {
        for i in 0..<count { to[i] = from[i &* stride] }
      }
    }
    withExtendedLifetime(self) {}
  }

  /// This tensor with its scalars in row-major order without gaps.
  ///
  /// Costs nothing where that is so already.
  public func contiguous() -> Tensor {
    if isContiguous { return self }
    return Tensor(shape: shape) { buffer in
      if let base = buffer.baseAddress { copyScalars(to: base) }
    }
  }

  /// Calls `body` with the scalars in row-major order, copied first if they do not lie so.
  public func withUnsafeScalars<Result>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    let contiguous = contiguous()
    return try withExtendedLifetime(contiguous) {
      try body(UnsafeBufferPointer(start: contiguous.pointer, count: contiguous.count))
    }
  }

  /// Calls `body` with the scalars in row-major order, to be changed in place.
  ///
  /// Copies first when another tensor shares the storage, or when they do not lie in that order.
  public mutating func withUnsafeMutableScalars<Result>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    makeUniquelyReferenced()
    return try body(UnsafeMutableBufferPointer(start: pointer, count: count))
  }

  /// Copies the scalars unless this tensor alone holds them, in row-major order without gaps.
  package mutating func makeUniquelyReferenced() {
    if isKnownUniquelyReferenced(&storage), isContiguous { return }
    CopyCounter.increment()
    let copy = Tensor(shape: shape) { buffer in
      if let base = buffer.baseAddress { copyScalars(to: base) }
    }
    self = copy
  }

  /// Whether a write would need no copy.
  package mutating func isUniquelyReferencedAndContiguous() -> Bool {
    isKnownUniquelyReferenced(&storage) && isContiguous
  }

  /// The address of the storage: equal for two tensors that share it.
  package var storageIdentifier: ObjectIdentifier { ObjectIdentifier(storage) }
}

extension Tensor where Scalar: NumericScalar {
  /// A tensor of ones.
  public static func ones(_ shape: [Int]) -> Tensor { Tensor(repeating: 1, shape: shape) }

  /// The numbers `0, 1, …, count − 1`, of shape `[count]`.
  public static func arange(_ count: Int) -> Tensor {
    require(count >= 0, "arange: needs a count of 0 or more, got \(count)")
    return Tensor(shape: [count]) { buffer in
      var value: Scalar = 0
      for i in 0..<count {
        buffer.initializeElement(at: i, to: value)
        if i + 1 < count { value += 1 }
      }
    }
  }

  /// The square matrix with ones on its diagonal and zeros elsewhere, of shape `[size, size]`.
  public static func identity(_ size: Int) -> Tensor {
    var result = zeros([size, size])
    result.withUnsafeMutableScalars { buffer in
      for i in 0..<size { buffer[i * size + i] = 1 }
    }
    return result
  }

  /// Every scalar as the nearest value of another type; fractions are cut towards zero for integers.
  ///
  /// - Precondition: Every value is in the range of the new type.
  public func converted<Other: NumericScalar>(to type: Other.Type = Other.self) -> Tensor<Other> {
    if let same = self as? Tensor<Other> { return same }
    return withUnsafeScalars { source in
      Tensor<Other>(shape: shape) { target in
        for i in source.indices {
          let value = Other.converting(source[i].asDouble)
          require(
            value != nil, "converted: \(source[i]) is out of range for \(Other.dtype)")
          target.initializeElement(at: i, to: value ?? 0)
        }
      }
    }
  }
}

extension Tensor where Scalar == Bool {
  /// One where `true`, zero where `false`.
  public func converted<Other: NumericScalar>(to type: Other.Type = Other.self) -> Tensor<Other> {
    withUnsafeScalars { source in
      Tensor<Other>(shape: shape) { target in
        for i in source.indices { target.initializeElement(at: i, to: source[i] ? 1 : 0) }
      }
    }
  }
}

extension Tensor: Equatable {
  /// Whether two tensors have the same shape and equal scalars.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape
      && a.withUnsafeScalars { x in b.withUnsafeScalars { y in x.elementsEqual(y) } }
  }
}
