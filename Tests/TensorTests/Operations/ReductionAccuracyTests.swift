import Tensor
import TestSupport
import Testing

@Suite("Accuracy of sums")
struct ReductionAccuracyTests {
  /// The value that a million of these must sum to within 1e-6 of.
  private static let tenth = Float(0.1)
  private static let million = 1_000_000

  private func error(_ sum: Float, count: Int = million) -> Double {
    abs(Double(sum) / (Double(Self.tenth) * Double(count)) - 1)
  }

  @Test("2²⁵ ones sum to 33,554,432: a single running sum would stop at half of that")
  func ones() {
    // Stretched from one scalar, so that it costs no memory.
    #expect(Tensor<Float>(1).broadcast(to: [1 << 25]).sum().item() == 33_554_432)
  }

  @Test("a million tenths sum to 100,000 within a millionth, contiguous, stretched or strided")
  func tenths() {
    let row = Tensor<Float>(repeating: Self.tenth, shape: [2 * Self.million])
    #expect(error(row[..<Self.million].sum().item()) < 1e-6)
    #expect(error(row[.stride(by: 2)].sum().item()) < 1e-6)
    #expect(error(row[.stride(by: -2)].sum().item()) < 1e-6)
    #expect(error(Tensor(Self.tenth).broadcast(to: [Self.million]).sum().item()) < 1e-6)
  }

  @Test("as exact along axis 0, for narrow and for wide rows", arguments: [2, 40])
  func acrossRows(width: Int) {
    let column = Tensor<Float>(repeating: Self.tenth, shape: [width])
    let sums = column.broadcast(to: [Self.million / width * 2, width]).sum(alongAxis: 0)
    #expect(sums.shape == [width])
    let errors = sums.scalars.map { error($0, count: Self.million / width * 2) }
    #expect((errors.max() ?? .nan) < 1e-6)
  }

  @Test("as exact along axis 0 for rows so wide that there are many pieces")
  func acrossWideRows() {
    let row = Tensor<Float>(repeating: Self.tenth, shape: [1030])
    let sums = row.broadcast(to: [2000, 1030]).sum(alongAxis: 0)
    let errors = sums.scalars.map { error($0, count: 2000) }
    #expect((errors.max() ?? .nan) < 1e-6)
  }

  @Test("a large scalar swallows the ones of its own lane only, 63 of a quarter million")
  func smallAmongLarge() {
    var x = Tensor<Float>.zeros([1 << 18])
    x.assign(Tensor(16_777_216), at: 0)
    x.assign(Tensor(1), at: 1...)
    #expect(Double(x.sum().item()) >= Double(16_777_216 + (1 << 18) - 1 - 63))
  }

  @Test("the number of threads changes no bit")
  func threads() async {
    // The limit belongs to the process.
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>.ramp([90, 1000])
      let tall = x[0].broadcast(to: [150, 1000])
      func results() -> [Tensor<Float>] {
        [
          x.sum(), x.sum(alongAxis: 0), x.sum(alongAxis: 1), x.transposed().sum(alongAxis: 0),
          tall.sum(), tall.sum(alongAxis: 0), x.max(alongAxis: 0), x.softmax(),
          x.matrixProduct(x.transposed()),
        ]
      }
      Parallel.maximumThreads = 1
      let alone = results()
      for threads in [2, 3, 8] {
        Parallel.maximumThreads = threads
        #expect(Parallel.maximumThreads == threads)
        for (index, (x, y)) in zip(alone, results()).enumerated() {
          #expect(x == y, "\(index) with \(threads) threads")
        }
      }
    }
  }
}
