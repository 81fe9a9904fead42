import Tensor
import TestSupport
import Testing

/// Every table against the plain loops in Swift.
@Suite("Stream kernels")
struct StreamKernelTests {
  private static let plain = KernelTable<Float>(name: "plain", convolution: nil, stretch: nil)
  private static let plainArithmetic = ArithmeticKernels<Float>()
  private static let sets = InstructionSet.allCases.filter(\.isSupported)
  /// Around the widths of vectors and of unrolled loops, and past a cache line.
  private static let lengths = [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1031]
  private static let special: [Float] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 0x1p-133, -0x1p-133, 88.7, 88.8, -87.3, -103.9,
    -104.1,
    .leastNormalMagnitude, .greatestFiniteMagnitude, 0.625, -0.625, 1e-8, 20,
  ]

  private static func values(_ count: Int, seed: UInt64) -> [Float] {
    var random = RandomGenerator(seed: seed)
    return Tensor<Float>.uniform([count], in: -6..<6, using: &random).scalars
  }

  /// The scalars that `kernel` writes, in the middle of a buffer whose ends must stay as they are.
  private func run(
    _ count: Int, offset: Int, _ kernel: (UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let guardCount = 64
    var buffer = [Float](repeating: 77, count: count + 2 * guardCount)
    buffer.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { kernel(base + guardCount + offset) }
    }
    #expect(buffer[..<(guardCount + offset)].allSatisfy { $0 == 77 })
    #expect(buffer[(guardCount + offset + count)...].allSatisfy { $0 == 77 })
    return Array(buffer[(guardCount + offset)..<(guardCount + offset + count)])
  }

  /// Equal, both not a number, or within `ulps` of the larger.
  private func isClose(_ x: Float, _ y: Float, ulps: Float) -> Bool {
    if x.isNaN || y.isNaN { return x.isNaN && y.isNaN }
    if x == y { return true }
    return abs(x - y) <= ulps * max(abs(x), abs(y)).ulp + Float.leastNonzeroMagnitude
  }

  private typealias Unary = (
    name: String, path: @Sendable (KernelTable<Float>) -> UnaryKernel<Float, Float>, ulps: Float
  )
  private static let unary: [Unary] = [
    ("exp", { $0.exp }, 2), ("log", { $0.log }, 2), ("sqrt", { $0.sqrt }, 0),
    ("tanh", { $0.tanh }, 3), ("sigmoid", { $0.sigmoid }, 3), ("softplus", { $0.softplus }, 4),
    ("relu", { $0.relu }, 0),
  ]

  @Test("functions of one operand agree with the plain loop", arguments: sets)
  func unaryFunctions(set: InstructionSet) {
    let table = KernelTable<Float>.vector(set)
    for (name, path, ulps) in Self.unary {
      for (index, count) in (Self.lengths + [-1]).enumerated() {
        let x = count < 0 ? Self.special : Self.values(count, seed: UInt64(index))
        // Logarithms of what is not positive are among the special values.
        let operand = name == "log" && count >= 0 ? x.map { abs($0) } : x
        for (offset, writes) in [(0, CachePolicy.throughCache), (3, .aroundCache)] {
          let expected = run(x.count, offset: offset) { out in
            operand.withUnsafeBufferPointer {
              guard let base = $0.baseAddress else { return }
              path(Self.plain)(base, 1, out, x.count, writes)
            }
          }
          let found = run(x.count, offset: offset) { out in
            operand.withUnsafeBufferPointer {
              guard let base = $0.baseAddress else { return }
              path(table)(base, 1, out, x.count, writes)
            }
          }
          for i in x.indices where !isClose(found[i], expected[i], ulps: ulps) {
            Issue.record("\(name)(\(operand[i])): \(found[i]), expected \(expected[i])")
          }
        }
      }
    }
  }

  @Test("functions of two operands are equal to the plain loop", arguments: sets)
  func binaryFunctions(set: InstructionSet) {
    let (table, arithmetic) = (KernelTable<Float>.vector(set), ArithmeticKernels<Float>.vector(set))
    let pairs:
      [(
        name: String, found: BinaryKernel<Float, Float>, expected: BinaryKernel<Float, Float>
      )] = [
        ("add", arithmetic.add, Self.plainArithmetic.add),
        ("subtract", arithmetic.subtract, Self.plainArithmetic.subtract),
        ("multiply", arithmetic.multiply, Self.plainArithmetic.multiply),
        ("minimum", arithmetic.minimum, Self.plainArithmetic.minimum),
        ("maximum", arithmetic.maximum, Self.plainArithmetic.maximum),
        ("divide", table.divide, Self.plain.divide),
        ("reluGradient", table.reluGradient, Self.plain.reluGradient),
      ]
    for (name, found, expected) in pairs {
      for count in Self.lengths {
        let x = (Self.special + Self.values(2200, seed: 1))
        let y = (Self.special.reversed() + Self.values(2200, seed: 2))
        for (xStride, yStride) in [(1, 1), (1, 0), (0, 1), (0, 0), (2, 1), (1, 2)] {
          for (offset, writes) in [(0, CachePolicy.throughCache), (5, .aroundCache)] {
            let results = [expected, found].map { kernel in
              run(count, offset: offset) { out in
                x.withUnsafeBufferPointer { x in
                  y.withUnsafeBufferPointer { y in
                    kernel(x.baseAddress!, xStride, y.baseAddress!, yStride, out, count, writes)
                  }
                }
              }
            }
            let isEqual = zip(results[0], results[1]).allSatisfy { isClose($0, $1, ulps: 0) }
            #expect(isEqual, "\(name), \(count) scalars, strides \(xStride) and \(yStride)")
          }
        }
      }
    }
  }

  @Test("reductions agree, and what is not a number wins", arguments: sets)
  func reductions(set: InstructionSet) {
    let (found, plain) = (ArithmeticKernels<Float>.vector(set), Self.plainArithmetic)
    for count in Self.lengths {
      for hole in [-1, 0, count / 2, count - 1] {
        var x = Self.values(max(count, 1), seed: 3)
        if hole >= 0 && hole < count { x[hole] = .nan }
        x.withUnsafeBufferPointer { x in
          let base = x.baseAddress!
          let sums = (found.sum.row(base, 1, count), plain.sum.row(base, 1, count))
          #expect(sums.0.isNaN == sums.1.isNaN)
          if !sums.0.isNaN { #expect(abs(sums.0 - sums.1) < 1e-5 * Float(max(count, 1))) }
          #expect(isClose(found.min.row(base, 1, count), plain.min.row(base, 1, count), ulps: 0))
          #expect(isClose(found.max.row(base, 1, count), plain.max.row(base, 1, count), ulps: 0))
        }
      }
    }
  }

  @Test("softmax agrees, in place too", arguments: sets)
  func softmax(set: InstructionSet) {
    let table = KernelTable<Float>.vector(set)
    for count in Self.lengths where count > 0 {
      let x = Self.values(count, seed: 4)
      let expected = run(count, offset: 0) { Self.plain.softmaxRow(x, $0, count, .throughCache) }
      let found = run(count, offset: 0) { table.softmaxRow(x, $0, count, .throughCache) }
      let around = run(count, offset: 3) { table.softmaxRow(x, $0, count, .aroundCache) }
      let inPlace = run(count, offset: 0) { out in
        out.update(from: x, count: count)
        table.softmaxRow(out, out, count, .throughCache)
      }
      #expect(found == around)
      #expect(found == inPlace)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test("dropout drops the same scalars, wherever a range begins", arguments: sets)
  func dropout(set: InstructionSet) {
    let table = KernelTable<Float>.vector(set)
    let key = RandomKey(seed: 0xDEAD_BEEF_1234)
    for rate in [0.25, 0.5, 1 - 0x1p-40, 0x1p-40] {
      for start in [0, 1, 2, 3, 31, 32, 33, 1 << 34, (1 << 34) - 5] {
        for count in Self.lengths {
          let x = Self.values(max(count, 1), seed: 5)
          let expected = run(count, offset: 1) {
            Self.plain.dropout(x, $0, count, start, rate, key, .throughCache)
          }
          let found = run(count, offset: 1) {
            table.dropout(x, $0, count, start, rate, key, .throughCache)
          }
          #expect(found == expected, "rate \(rate), start \(start), \(count) scalars")
        }
      }
    }
  }

  @Test("stores around the cache write the same", arguments: sets)
  func aroundCache(set: InstructionSet) {
    let table = KernelTable<Float>.vector(set)
    let x = Self.values(4 * 6 * 64, seed: 12)
    let key = RandomKey(seed: 7)
    // One of these offsets lies on the boundary of a vector, wherever the buffer begins.
    for offset in 0..<16 {
      let results = [CachePolicy.throughCache, .aroundCache].map { writes in
        run(1000, offset: offset) { table.dropout(x, $0, 1000, 32, 0.5, key, writes) }
      }
      #expect(results[0] == results[1])
      for (channels, window) in [
        (64, Window2D(2, stride: 2)), (20, Window2D(2, stride: 2)), (16, Window2D(3, stride: 3)),
      ] {
        let placed = window.placed(on: [1, 6, 6, channels], "test")
        let count = placed.outputHeight * placed.outputWidth * channels
        let indices = (0..<count).map { UInt8($0 % 4) }
        let results = [CachePolicy.throughCache, .aroundCache].map { writes in
          run(36 * channels, offset: offset) {
            table.pooling.place(x, indices, $0, channels, placed, writes)
          }
        }
        #expect(results[0] == results[1])
        #expect(results[0].reduce(0, +) != 0)
      }
    }
  }

  @Test("steps of optimizers agree", arguments: sets)
  func optimizers(set: InstructionSet) {
    let table = KernelTable<Float>.vector(set)
    let step = AdamStep<Float>(
      beta1: 0.9, beta2: 0.999, rate: 0.01, rootScale: 1.3, epsilon: 1e-7, decay: 0.99)
    for count in Self.lengths {
      let (w, m, g) = (
        Self.values(count, seed: 6), Self.values(count, seed: 7), Self.values(count, seed: 8)
      )
      let v = Self.values(count, seed: 9).map { abs($0) }
      func adam(_ table: KernelTable<Float>) -> [[Float]] {
        var (w, m, v) = (w, m, v)
        table.adam(&w, &m, &v, g, count, step)
        return [w, m, v]
      }
      for (found, expected) in zip(adam(table), adam(Self.plain)) {
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
      }
      for isNesterov in [false, true] {
        let step = SGDStep<Float>(
          learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, isNesterov: isNesterov)
        func sgd(_ table: KernelTable<Float>) -> [[Float]] {
          var (w, velocity) = (w, m)
          table.sgd(&w, &velocity, g, count, step)
          return [w, velocity]
        }
        for (found, expected) in zip(sgd(table), sgd(Self.plain)) {
          #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 2e-6 * max(1, abs($1)) })
        }
      }
    }
  }

  @Test(
    "a matrix is turned exactly", arguments: sets, [(1, 1), (16, 16), (8, 40), (17, 33), (5, 70)])
  func transpose(set: InstructionSet, size: (rows: Int, columns: Int)) {
    let (rows, columns) = size
    let x = (0..<rows * (columns + 3)).map(Float.init)
    for writes in [CachePolicy.throughCache, .aroundCache] {
      var out = [Float](repeating: 0, count: columns * (rows + 16))
      KernelTable<Float>.vector(set).transpose(
        x, columns + 3, rows, columns, &out, rows + 16, writes)
      for row in 0..<rows {
        for column in 0..<columns {
          #expect(out[column * (rows + 16) + row] == x[row * (columns + 3) + column])
        }
      }
    }
  }

  @Test("normalization agrees", arguments: sets, [(1, 1), (3, 5), (7, 16), (33, 70), (20, 130)])
  func normalization(set: InstructionSet, size: (rows: Int, channels: Int)) {
    let (rows, channels) = size
    let (found, plain) = (KernelTable<Float>.vector(set).normalization, Self.plain.normalization)
    // Means that are large beside the deviations: what one pass over the squares would lose.
    let x = Self.values(rows * channels, seed: 10).map { 1000 + $0 }
    let g = Self.values(rows * channels, seed: 11)
    let vectors = (0..<3).map { Self.values(channels, seed: 12 + UInt64($0)) }
    func results(_ kernels: NormalizationKernels<Float>) -> [[Float]] {
      var sums = [[Float]](repeating: [Float](repeating: 0, count: channels), count: 4)
      var outputs = [[Float]](repeating: [Float](repeating: 0, count: rows * channels), count: 2)
      var (mean, deviation) = (sums[0], sums[1])
      kernels.moments(x, rows, channels, &mean, &deviation)
      (sums[0], sums[1]) = (mean, deviation)
      kernels.gradientMoments(g, x, vectors[0].map { $0 + 1000 }, rows, channels, &mean, &deviation)
      (sums[2], sums[3]) = (mean, deviation)
      kernels.scale(g, vectors[0], vectors[1], rows, channels, &outputs[0])
      kernels.combine(g, vectors[0], g, vectors[1], vectors[2], rows, channels, &outputs[1])
      return sums + outputs
    }
    for (found, expected) in zip(results(found), results(plain)) {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-3 + 1e-5 * abs($1) })
    }
  }
}
