import Tensor
import TestSupport
import Testing

@Suite("Copy on write")
struct CopyOnWriteTests {
  @Test("a copy is independent of its original")
  func independence() {
    let original = Tensor<Float>([1, 2, 3], shape: [3])
    var copy = original
    copy += Tensor(10)
    #expect(original.scalars == [1, 2, 3] && copy.scalars == [11, 12, 13])
    var sliced = original[1...]
    sliced *= Tensor(2)
    #expect(original.scalars == [1, 2, 3] && sliced.scalars == [4, 6])
  }

  @Test("writing to an original does not show in the views taken before")
  func viewsKeepTheirValues() {
    var x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
    let (row, transposed, stretched) = (x[0], x.transposed(), x[0].broadcast(to: [3, 2]))
    x.assign(Tensor(0), at: .ellipsis)
    #expect(x.scalars == [0, 0, 0, 0])
    #expect(row.scalars == [1, 2] && transposed.scalars == [1, 3, 2, 4])
    #expect(stretched.scalars == [1, 2, 1, 2, 1, 2])
  }

  @Test("writing to one scalar of a broadcast tensor changes that one only")
  func writingToBroadcast() {
    var x = Tensor<Float>(1).broadcast(to: [2, 2])
    x.assign(Tensor(5), at: 0, 1)
    #expect(x.scalars == [1, 5, 1, 1])
  }

  @Test("a tensor may be updated by itself and by its own views")
  func aliasing() {
    var x = Tensor<Float>([1, 2, 3], shape: [3])
    x += x
    #expect(x.scalars == [2, 4, 6])
    x.assign(x[.stride(by: -1)], at: .all)
    #expect(x.scalars == [6, 4, 2])
    x -= x[1]
    #expect(x.scalars == [2, 0, -2])
    x *= x[.stride(by: -1)]
    #expect(x.scalars == [-4, 0, -4])
  }

  // The counter belongs to the process, so these run in processes of their own.

  @Test("updates of a tensor that nobody shares copy nothing")
  func noCopies() async {
    await #expect(processExitsWith: .success) {
      var x = Tensor<Float>.ones([64, 64])
      let before = CopyCounter.count
      let storage = x.storageIdentifier
      for step in 1...5 {
        x += Tensor(1)
        x -= Tensor<Float>.ones([64])
        x *= Tensor(Float(step))
        x /= Tensor(2)
        x.assign(Tensor(3), at: 5, 0..<7)
        x.withUnsafeMutableScalars { $0[0] = 1 }
      }
      #expect(CopyCounter.count == before)
      #expect(x.storageIdentifier == storage)
    }
  }

  @Test("a shared tensor is copied once, at the first write")
  func oneCopy() async {
    await #expect(processExitsWith: .success) {
      var x = Tensor<Float>.ones([8])
      let shared = x
      let before = CopyCounter.count
      x += Tensor(1)
      x += Tensor(1)
      #expect(CopyCounter.count == before + 1)
      #expect(shared == .ones([8]))
    }
  }

  @Test("operations that return a new tensor count no copies, shared or not")
  func operationsDoNotCount() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>.ramp([4, 6, 6, 2])
      let before = CopyCounter.count
      let y = x.softmax() + x.logSoftmax().exp() + x.permuted([0, 2, 1, 3])
      let z = y.maxPooled(Window2D(2)).sum(alongAxes: [0, 3]).matrixProduct(.ones([5, 5]))
      _ = x.padded([(0, 0), (1, 1), (1, 1), (0, 0)]) .> 0
      _ = z.gathered(at: Tensor([0, 0], shape: [2])).clamped(to: 0...1)
      #expect(CopyCounter.count == before)
    }
  }
}
