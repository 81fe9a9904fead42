/// What a subscript of a tensor takes for one axis: an `Int`, a range, or a ``TensorSlice``.
public protocol TensorRange {
  /// The selection on one axis.
  var slice: TensorSlice { get }
}

/// A selection on one axis of a tensor, by NumPy's rules: negative positions count from the end, bounds outside are cut.
public enum TensorSlice: TensorRange, Sendable, Equatable {
  /// One position. The axis disappears.
  case index(Int)
  /// The positions from `start` on, every `step`-th, before `end`. `nil` means as far as the axis goes.
  case range(start: Int?, end: Int?, step: Int)
  /// A new axis of size 1.
  case insertedAxis
  /// As many whole axes as there are left. At most one in a subscript.
  case remainingAxes

  /// The selection itself.
  public var slice: TensorSlice { self }
}

extension TensorRange where Self == TensorSlice {
  /// The whole axis.
  public static var all: TensorSlice { .range(start: nil, end: nil, step: 1) }
  /// As many whole axes as there are left, NumPy's `...`.
  ///
  /// At most one in a subscript.
  public static var ellipsis: TensorSlice { .remainingAxes }
  /// A new axis of size 1.
  public static var newAxis: TensorSlice { .insertedAxis }
  /// Every `step`-th position from `start` on, before `end`; backwards where `step` is negative.
  public static func stride(
    from start: Int? = nil, to end: Int? = nil, by step: Int
  ) -> TensorSlice {
    .range(start: start, end: end, step: step)
  }
}

extension Int: TensorRange {
  /// One position; negative counts from the end.
  public var slice: TensorSlice { .index(self) }
}
extension Range<Int>: TensorRange {
  /// The positions from the lower bound on, before the upper bound.
  public var slice: TensorSlice { .range(start: lowerBound, end: upperBound, step: 1) }
}
extension ClosedRange<Int>: TensorRange {
  /// The positions from the lower bound to the upper bound; an upper bound of −1 is the last.
  public var slice: TensorSlice {
    .range(start: lowerBound, end: endPosition(after: upperBound), step: 1)
  }
}
extension PartialRangeFrom<Int>: TensorRange {
  /// The positions from the bound on; negative counts from the end.
  public var slice: TensorSlice { .range(start: lowerBound, end: nil, step: 1) }
}
extension PartialRangeUpTo<Int>: TensorRange {
  /// The positions before the bound; negative counts from the end.
  public var slice: TensorSlice { .range(start: nil, end: upperBound, step: 1) }
}
extension PartialRangeThrough<Int>: TensorRange {
  /// The positions up to the bound, included.
  public var slice: TensorSlice {
    .range(start: nil, end: endPosition(after: upperBound), step: 1)
  }
}

/// The end of a range whose last position is `last`: none after −1, which is as far as the axis goes.
private func endPosition(after last: Int) -> Int? {
  last == -1 || last == .max ? nil : last + 1
}

extension Layout {
  /// The layout of the view that `slices` select.
  ///
  /// Axes not named are taken whole.
  package func sliced(_ slices: [TensorSlice]) -> Layout {
    let named = slices.count {
      if case .index = $0 { true } else if case .range = $0 { true } else { false }
    }
    let ellipses = slices.count { $0 == .remainingAxes }
    require(ellipses <= 1, "subscript: an ellipsis may stand once, got \(ellipses)")
    require(
      named <= shape.count,
      "subscript: \(named) positions for a tensor of rank \(shape.count), shape \(shape)")

    var result = Layout(shape: [], strides: [], offset: offset)
    var axis = 0
    func keep(_ axes: Int) {
      result.shape += shape[axis..<axis + axes]
      result.strides += strides[axis..<axis + axes]
      axis += axes
    }
    for slice in slices {
      switch slice {
      case .insertedAxis:
        result.shape.append(1)
        result.strides.append(0)
      case .remainingAxes:
        keep(shape.count - named)
      case .index(let position):
        let size = shape[axis]
        require(
          position >= -size && position < size,
          "subscript: position \(position) is out of range on axis \(axis) of shape \(shape)")
        result.offset += (position < 0 ? position + size : position) * strides[axis]
        axis += 1
      case .range(let start, let end, let step):
        require(step != 0, "subscript: the step of a range is zero")
        let size = shape[axis]
        func bounded(_ position: Int, _ lowest: Int, _ highest: Int) -> Int {
          min(max(position < 0 ? position + size : position, lowest), highest)
        }
        let count: Int
        let first: Int
        if step > 0 {
          first = start.map { bounded($0, 0, size) } ?? 0
          let last = end.map { bounded($0, 0, size) } ?? size
          count = last > first ? (last - first - 1) / step + 1 : 0
        } else {
          first = start.map { bounded($0, -1, size - 1) } ?? size - 1
          let last = end.map { bounded($0, -1, size - 1) } ?? -1
          count = first > last ? Int(UInt(first - last - 1) / step.magnitude) + 1 : 0
        }
        if count > 0 { result.offset += first * strides[axis] }
        result.shape.append(count)
        // The stride of a single position does not matter, and that of the widest step would overflow.
        result.strides.append(count > 1 ? strides[axis] * step : strides[axis])
        axis += 1
      }
    }
    keep(shape.count - axis)
    return result
  }
}

extension Tensor {
  /// The view that `slices` select, without a copy.
  ///
  /// Axes not named are taken whole.
  ///
  /// ```swift
  /// x[0]                        // the first of the outermost axis
  /// x[1..., .stride(by: -1)]    // all but the first row, columns backwards
  /// x[.ellipsis, .newAxis]      // one axis more, at the end
  /// ```
  public subscript<each Slice: TensorRange>(_ slices: repeat each Slice) -> Tensor {
    var list: [TensorSlice] = []
    repeat list.append((each slices).slice)
    return sliced(list)
  }

  /// The view that `slices` select, without a copy.
  public func sliced(_ slices: [TensorSlice]) -> Tensor {
    Tensor(storage: storage, layout: layout.sliced(slices))
  }

  /// Writes `newValue`, broadcast if need be, to the part that `slices` select.
  ///
  /// (A subscript that sets would read better; variadic generics have none that compiles yet.)
  public mutating func assign<each Slice: TensorRange>(
    _ newValue: Tensor, at slices: repeat each Slice
  ) {
    var list: [TensorSlice] = []
    repeat list.append((each slices).slice)
    assign(newValue, at: list)
  }

  /// Writes `newValue`, broadcast if need be, to the part that `slices` select.
  public mutating func assign(_ newValue: Tensor, at slices: [TensorSlice]) {
    makeUniquelyReferenced()
    let part = layout.sliced(slices)
    require(
      ShapeRules.broadcast(newValue.shape, part.shape) == part.shape,
      "assign: shape \(newValue.shape) does not broadcast to the selected \(part.shape)")
    let loop = StridedLoop(
      shape: part.shape, first: part.strides,
      second: newValue.layout.strides(broadcastTo: part.shape))
    let (to, from) = (Unchecked(storage.pointer + part.offset), Unchecked(newValue.pointer))
    let strides = loop.rowStrides
    loop.runInParallel { _, target, source, _, count in
      for i in 0..<count {
        to.value[target + i &* strides.first] = from.value[source + i &* strides.second]
      }
    }
    withExtendedLifetime(newValue) {}
  }
}
