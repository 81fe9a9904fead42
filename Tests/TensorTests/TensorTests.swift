import Tensor
import TestSupport
import Testing

@Suite("Tensor")
struct TensorTests {
  @Test("scalars come back in row-major order, under their shape")
  func making() {
    let x = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(x.shape == [2, 3] && x.rank == 2 && x.count == 6)
    #expect(x.strides == [3, 1] && x.isContiguous)
    #expect(x.scalars == [1, 2, 3, 4, 5, 6])
    #expect(x[1, 0].item() == 4)
  }

  @Test("a scalar has rank 0 and one element; a size of zero leaves none")
  func extremes() {
    let scalar = Tensor<Double>(3.5)
    #expect(scalar.shape == [] && scalar.count == 1 && scalar.item() == 3.5)
    let empty = Tensor<Int32>([], shape: [2, 0, 3])
    #expect(empty.count == 0 && empty.scalars == [] && empty.rank == 3)
    #expect(empty == .zeros([2, 0, 3]) && empty != .zeros([2, 3, 0]))
  }

  @Test("zeros, ones, arange, identity and repeating")
  func factories() {
    #expect(Tensor<Bool>.zeros([2]).scalars == [false, false])
    #expect(Tensor<UInt8>.ones([2, 1]).scalars == [1, 1])
    #expect(Tensor<Int64>.arange(4).scalars == [0, 1, 2, 3])
    #expect(Tensor<UInt8>.arange(256).scalars.last == 255)
    #expect(Tensor<Double>.arange(0).shape == [0])
    #expect(Tensor<Float>.identity(2).scalars == [1, 0, 0, 1])
    #expect(Tensor<Float>.identity(0).shape == [0, 0])
    #expect(Tensor<Int32>(repeating: 7, shape: [3]).scalars == [7, 7, 7])
    #expect(Tensor<Int32>(shape: [2]) { $0.initialize(repeating: 9) }.scalars == [9, 9])
  }

  @Test("an initializing closure that throws gives its error, and no tensor")
  func throwingInitializer() {
    struct Failure: Error {}
    #expect(throws: Failure.self) { try Tensor<Float>(shape: [4]) { _ in throw Failure() } }
  }

  @Test("tensors are equal when shape and scalars are, however they lie")
  func equality() {
    let x = Tensor<Float>.ramp([2, 3])
    for (name, view) in views(of: x) { #expect(view == x, "\(name)") }
    #expect(x != x.reshaped(to: [3, 2]))
    #expect(x != x + Tensor<Float>([0, 0, 0, 0, 0, 1], shape: [2, 3]))
    #expect(Tensor<Float>(.nan) != Tensor<Float>(.nan))
  }

  @Test("memory is aligned to cache lines", arguments: [1, 3, 17, 1000, 70_000])
  func alignment(count: Int) {
    for _ in 0..<3 {
      Tensor<UInt8>.zeros([count]).withUnsafeScalars { buffer in
        #expect(UInt(bitPattern: buffer.baseAddress) % UInt(BufferCache.alignment) == 0)
      }
    }
  }

  @Test("contiguous() lays any view out in row-major order, and leaves alone what lies so")
  func contiguous() {
    let x = Tensor<Double>.ramp([3, 4, 2])
    for (name, view) in views(of: x) {
      let laidOut = view.contiguous()
      #expect(laidOut.isContiguous && laidOut.strides == [8, 2, 1], "\(name)")
      #expect(laidOut == x, "\(name)")
      #expect(view.withUnsafeScalars { Array($0) } == x.scalars, "\(name)")
    }
    #expect(x.contiguous().storageIdentifier == x.storageIdentifier)
    let large = Tensor<Float>.ramp([300, 300]).transposed()
    #expect(large.contiguous()[7, 211].item() == large[7, 211].item())
  }

  @Test("raw access in place reaches the scalars of a view in row-major order")
  func mutableScalars() {
    for (name, view) in views(of: Tensor<Double>.ramp([2, 3])) {
      var copy = view
      copy.withUnsafeMutableScalars { buffer in
        for i in buffer.indices { buffer[i] = Double(i) }
      }
      #expect(copy.scalars == [0, 1, 2, 3, 4, 5], "\(name)")
      #expect(view == .ramp([2, 3]), "\(name)")
    }
  }

  static let traps: Traps = [
    "Tensor: shape [2, 2] holds 4 scalars, got 3": {
      _ = Tensor<Float>([1, 2, 3], shape: [2, 2])
    },
    "Tensor: shape [-1, -3] holds 3 scalars, got 3": {
      _ = Tensor<Float>([1, 2, 3], shape: [-1, -3])
    },
    "Tensor: a size is negative in shape [2, -1]": { _ = Tensor<Float>.zeros([2, -1]) },
    "item: needs a tensor of one scalar, got shape [2]": { _ = Tensor<Float>.ones([2]).item() },
    "item: needs a tensor of one scalar, got shape [0]": { _ = Tensor<Float>.ones([0]).item() },
    "arange: needs a count of 0 or more, got -1": { _ = Tensor<Float>.arange(-1) },
    "converted: 256.0 is out of range for uint8": {
      _ = Tensor<Float>([256], shape: [1]).converted(to: UInt8.self)
    },
    "converted: nan is out of range for int64": {
      _ = Tensor<Double>(.nan).converted(to: Int64.self)
    },
    "Parallel.maximumThreads: needs 1 or more, got 0": { Parallel.maximumThreads = 0 },
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }
}

@Suite("Conversion between scalars")
struct ConversionTests {
  @Test("fractions are cut towards zero, integers are exact, floats are rounded")
  func values() {
    let x = Tensor<Double>([-1.9, -0.5, 0.5, 2.99, 255], shape: [5])
    #expect(x.converted(to: Int32.self).scalars == [-1, 0, 0, 2, 255])
    #expect(x.converted(to: Float.self).scalars == [-1.9, -0.5, 0.5, 2.99, 255])
    #expect(Tensor<Double>([-0.5], shape: [1]).converted(to: UInt8.self).scalars == [0])
    #expect(Tensor<UInt8>([0, 255], shape: [2]).converted(to: Float.self).scalars == [0, 255])
    #expect(Tensor<Int32>([16_777_217], shape: [1]).converted(to: Float.self).item() == 16_777_216)
  }

  @Test("infinities and what is not a number survive between floating-point types")
  func notFinite() {
    let x = Tensor<Double>([.infinity, -.infinity, .nan, 1e300], shape: [4])
    let y = x.converted(to: Float.self).scalars
    #expect(y[0] == .infinity && y[1] == -.infinity && y[2].isNaN && y[3] == .infinity)
  }

  @Test("truth values count as one and zero")
  func truth() {
    let mask = Tensor<Bool>([true, false], shape: [2])
    #expect(mask.converted(to: Float.self).scalars == [1, 0])
    #expect(mask.converted(to: Int64.self).scalars == [1, 0])
  }

  @Test("64-bit integers beyond 2⁵³ keep every digit between integer types")
  func wideIntegers() {
    let x = Tensor<Int64>([9_007_199_254_740_993, .max, .min], shape: [3])
    #expect(x.converted(to: Int64.self) == x)
  }

  @Test("every view converts like the contiguous tensor")
  func views() {
    let x = Tensor<Double>.ramp([3, 2]).scaled(by: 100)
    for (name, view) in TestSupport.views(of: x) {
      #expect(view.converted(to: Int32.self) == x.converted(to: Int32.self), "\(name)")
    }
  }
}
