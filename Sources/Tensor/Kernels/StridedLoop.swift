/// The walk over one to three strided operands of one shape, row by row in row-major order.
///
/// Axes that all operands walk in one stride are merged first, so that a contiguous tensor of any rank is a single row.
package struct StridedLoop: Sendable {
  /// The shape after merging, never empty.
  private let shape: [Int]
  /// One list of strides for each operand, in elements.
  private let strides: (first: [Int], second: [Int], third: [Int])
  /// How many positions the walk visits.
  package let count: Int

  /// The step of each operand within a row.
  package var rowStrides: (first: Int, second: Int, third: Int) {
    (
      strides.first[shape.count - 1], strides.second[shape.count - 1],
      strides.third[shape.count - 1]
    )
  }
  /// How many positions a row has.
  package var rowLength: Int { shape[shape.count - 1] }

  /// Plans the walk over `shape`.
  ///
  /// An operand that is not there has stride zero everywhere.
  package init(shape: [Int], first: [Int], second: [Int]? = nil, third: [Int]? = nil) {
    let none = [Int](repeating: 0, count: shape.count)
    let (a, b, c) = (first, second ?? none, third ?? none)
    var merged: (shape: [Int], a: [Int], b: [Int], c: [Int]) = ([], [], [], [])
    for axis in shape.indices where shape[axis] != 1 {
      let size = shape[axis]
      if let last = merged.shape.indices.last,
        merged.a[last] == a[axis] * size, merged.b[last] == b[axis] * size,
        merged.c[last] == c[axis] * size
      {
        merged.shape[last] *= size
        (merged.a[last], merged.b[last], merged.c[last]) = (a[axis], b[axis], c[axis])
      } else {
        merged.shape.append(size)
        merged.a.append(a[axis])
        merged.b.append(b[axis])
        merged.c.append(c[axis])
      }
    }
    if merged.shape.isEmpty { merged = ([1], [0], [0], [0]) }
    self.shape = merged.shape
    strides = (merged.a, merged.b, merged.c)
    count = merged.shape.reduce(1, *)
  }

  /// Calls `body` for every row, or part of one, in `positions`.
  ///
  /// - Parameter body: Receives the row-major position of the first element, each operand's offset there, and the count.
  package func run(
    _ positions: Range<Int>,
    _ body: (_ position: Int, _ first: Int, _ second: Int, _ third: Int, _ count: Int) -> Void
  ) {
    guard !positions.isEmpty else { return }
    let rank = shape.count
    let length = rowLength
    var index = [Int](repeating: 0, count: rank)
    var remainder = positions.lowerBound
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      (remainder, index[axis]) = remainder.quotientAndRemainder(dividingBy: shape[axis])
    }
    var (a, b, c) = (0, 0, 0)
    for axis in 0..<rank {
      a += index[axis] * strides.first[axis]
      b += index[axis] * strides.second[axis]
      c += index[axis] * strides.third[axis]
    }
    var position = positions.lowerBound
    while true {
      let count = min(length - index[rank - 1], positions.upperBound - position)
      body(position, a, b, c, count)
      position += count
      if position == positions.upperBound { return }
      // The row is at its end: back to its start, then on along the outer axes.
      let back = index[rank - 1]
      a -= back * strides.first[rank - 1]
      b -= back * strides.second[rank - 1]
      c -= back * strides.third[rank - 1]
      index[rank - 1] = 0
      var axis = rank - 2
      while true {
        index[axis] += 1
        a += strides.first[axis]
        b += strides.second[axis]
        c += strides.third[axis]
        if index[axis] < shape[axis] { break }
        a -= shape[axis] * strides.first[axis]
        b -= shape[axis] * strides.second[axis]
        c -= shape[axis] * strides.third[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// As `run`, over all positions, on several threads when there are many.
  package func runInParallel(
    grain: Int = 1 << 16,
    _ body:
      @Sendable (_ position: Int, _ first: Int, _ second: Int, _ third: Int, _ count: Int) ->
      Void
  ) {
    Parallel.forEachRange(of: count, grain: grain) { run($0, body) }
  }
}
