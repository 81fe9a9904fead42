import CovidXRay
import Datasets
import Imaging
import Tensor
import TestSupport
import Testing

@Suite("Augmentation")
struct AugmentationTests {
  static let seed = RandomKey(seed: 7)

  /// Some pixels without symmetry.
  static func film(height: Int, width: Int, mode: Image.ColourMode = .rgb) -> Image {
    Image(size: ImageSize(height: height, width: width), mode: mode) { pixels in
      for index in pixels.indices { pixels[index] = UInt8((index * 37 + index / 5 * 11) % 256) }
    }
  }

  /// The image changed by `parameters`, as scalars.
  static func scalars(_ image: Image, _ parameters: Augmentation.Parameters) -> [Float] {
    let transform = AugmentedPixels(.article, size: image.size, mode: image.mode)
    return Tensor<Float>(shape: transform.outputShape) { target in
      transform.write(image, parameters: parameters, to: target)
    }.scalars
  }

  static func scalars(_ image: Image, _ augmentation: Augmentation, key: RandomKey) -> [Float] {
    let transform = AugmentedPixels(augmentation, size: image.size, mode: image.mode)
    return Tensor<Float>(shape: transform.outputShape) { target in
      transform.write(image, key: key, to: target)
    }.scalars
  }

  // MARK: By hand

  @Test("no augmentation divides by 255 and does nothing else")
  func none() {
    let image = Self.film(height: 5, width: 7)
    let expected = image.pixels.scalars.map { Float($0) * (1 / 255) }
    #expect(Self.scalars(image, .none, key: Self.seed) == expected)
    #expect(Self.scalars(image, Augmentation.Parameters()) == expected)
  }

  @Test("a flip mirrors every row exactly")
  func flip() {
    let image = Self.film(height: 4, width: 6, mode: .grey)
    var parameters = Augmentation.Parameters()
    parameters.isFlipped = true
    let flipped = Self.scalars(image, parameters).map { UInt8(($0 * 255).rounded()) }
    let rows = image.pixels.scalars
    var mirrored: [UInt8] = []
    for row in 0..<4 { mirrored += rows[row * 6..<(row + 1) * 6].reversed() }
    #expect(flipped == mirrored)
  }

  @Test("shifts are parts of the size, and move what is seen up and left")
  func shift() {
    let image = Self.film(height: 8, width: 4, mode: .grey)
    var parameters = Augmentation.Parameters()
    (parameters.rowShift, parameters.columnShift) = (0.25, 0.25)
    let moved = Self.scalars(image, parameters).map { UInt8(($0 * 255).rounded()) }
    let old = image.pixels.scalars
    for row in 0..<8 {
      for column in 0..<4 {
        // Two rows and one column on, and the nearest pixel beyond the edge.
        #expect(moved[row * 4 + column] == old[min(row + 2, 7) * 4 + min(column + 1, 3)])
      }
    }
  }

  @Test("a positive rotation turns what is seen counterclockwise")
  func rotation() {
    var pixels = [UInt8](repeating: 0, count: 81)
    pixels[4 * 9 + 7] = 255
    var parameters = Augmentation.Parameters()
    parameters.rotation = 90
    let turned = Self.scalars(Image(Tensor(pixels, shape: [9, 9, 1])), parameters)
    // From three o'clock to twelve.
    #expect(abs(turned[1 * 9 + 4] - 1) < 1e-5)
    #expect(turned.reduce(0, +) < 1.001)
  }

  @Test("contrast stretches about the middle grey, brightness adds, and the result stays in 0...1")
  func exposure() {
    let image = Image(Tensor<UInt8>([0, 51, 153, 255], shape: [1, 4, 1]))
    var parameters = Augmentation.Parameters()
    (parameters.contrast, parameters.brightness) = (0.5, 0.1)
    let dull = Self.scalars(image, parameters)
    for (value, expected) in zip(dull, [0.35, 0.45, 0.65, 0.85] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
    (parameters.contrast, parameters.brightness) = (2, 0.2)
    let stark = Self.scalars(image, parameters)
    for (value, expected) in zip(stark, [0, 0.1, 0.9, 1] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }

  // MARK: Draws

  @Test("the article's draws fill their ranges, each by itself, and flip every second time")
  func articleDraws() {
    let draws = (0..<2000).map { Augmentation.article.parameters(key: Self.seed.derived($0)) }
    for (values, range) in [
      (draws.map(\.shear), -0.2...0.2), (draws.map(\.rowZoom), 0.8...1.2),
      (draws.map(\.columnZoom), 0.8...1.2),
    ] {
      Self.expectUniform(values, in: range)
    }
    #expect(abs(Self.correlation(draws.map(\.rowZoom), draws.map(\.columnZoom))) < 0.1)
    #expect(abs(Self.correlation(draws.map(\.shear), draws.map(\.columnZoom))) < 0.1)
    #expect((900...1100).contains(draws.count { $0.isFlipped }))
    #expect(
      draws.allSatisfy {
        $0.rotation == 0 && $0.rowShift == 0 && $0.columnShift == 0 && $0.contrast == 1
          && $0.brightness == 0
      })
  }

  @Test("careful draws turn, shift and scale a little, alike along both axes, and never flip")
  func carefulDraws() {
    let draws = (0..<2000).map { Augmentation.careful.parameters(key: Self.seed.derived($0)) }
    for (values, range) in [
      (draws.map(\.rotation), -5...5), (draws.map(\.rowZoom), 0.9...1.1),
      (draws.map(\.rowShift), -0.05...0.05), (draws.map(\.columnShift), -0.05...0.05),
      (draws.map { Double($0.contrast) }, 0.8...1.2),
      (draws.map { Double($0.brightness) }, -0.1...0.1),
    ] as [([Double], ClosedRange<Double>)] {
      Self.expectUniform(values, in: range)
    }
    #expect(abs(Self.correlation(draws.map(\.rowShift), draws.map(\.columnShift))) < 0.1)
    #expect(draws.allSatisfy { $0.rowZoom == $0.columnZoom && !$0.isFlipped && $0.shear == 0 })
  }

  @Test("an image depends on the key alone, and on all of it", arguments: Augmentation.allCases)
  func keyed(augmentation: Augmentation) {
    let image = Self.film(height: 12, width: 12)
    let first = Self.scalars(image, augmentation, key: Self.seed.derived(0, 1))
    #expect(Self.scalars(image, augmentation, key: Self.seed.derived(0, 1)) == first)
    for key in [Self.seed.derived(1, 1), Self.seed.derived(0, 2), RandomKey(seed: 8)] {
      #expect((Self.scalars(image, augmentation, key: key) == first) == (augmentation == .none))
    }
    #expect(first.allSatisfy { (0...1).contains($0) })
  }

  @Test("batches are the same for any number of workers, and other ones in the next pass")
  func workers() throws {
    let films = SyntheticChests(
      .training, seed: 3, countPerClass: 3, size: ImageSize(height: 16, width: 16))
    var passes: [[[Float]]] = []
    for workers in [0, 1, 3] {
      let loader = try Loader(
        films, transform: AugmentedPixels(.careful, size: films.size, mode: films.mode),
        batchSize: 6, seed: 5, workers: workers)
      let stream = loader.batches(epochs: 0..<2)
      var batches: [[Float]] = []
      while let batch = try stream.next() { batches.append(batch.images.scalars) }
      passes.append(batches)
    }
    #expect(passes[0].count == 2 && passes[0] == passes[1] && passes[0] == passes[2])
    #expect(passes[0][0] != passes[0][1])
  }

  // MARK: Keras

  @Test("Keras' transforms come out within a grey level", arguments: ["article", "extreme"])
  func keras(group: String) throws {
    let golden = try Golden(named: "augmentation")
    let images = try golden.tensor("images", as: UInt8.self)
    let outputs = try golden.tensor("\(group)/outputs", as: UInt8.self)
    let rows = try Self.kerasParameters(golden, group)
    #expect(rows.count == outputs.shape[0] && rows.count >= 48)
    let sampleLength = 24 * 24 * 3
    let (scalars, expected) = (images.scalars, outputs.scalars)
    for (number, parameters) in rows.enumerated() {
      let start = number % 4 * sampleLength
      let image = Image(Tensor(Array(scalars[start..<start + sampleLength]), shape: [24, 24, 3]))
      let result = Self.scalars(image, parameters)
      // A grey level is what rounding can do. Unrounded, Keras' Float positions leave some hundredths, no more.
      let differences = zip(result, expected[number * sampleLength..<(number + 1) * sampleLength])
        .map { abs(255 * $0 - Float($1)) }
      #expect(differences.max() ?? .infinity < 0.52, "transform \(number)")
    }
  }

  @Test("Keras' transforms of 224 × 224 pixels come out, unrounded")
  func kerasFullSize() throws {
    let golden = try Golden(named: "augmentation")
    let image = Self.kerasLargeImage()
    let rows = try golden.integers("large/rows")
    let outputs = try golden.tensor("large/outputs", as: Float.self).scalars
    let rowLength = 224 * 3
    for (number, parameters) in try Self.kerasParameters(golden, "large").enumerated() {
      let result = Self.scalars(image, parameters)
      var worst: Float = 0
      for (place, row) in rows.enumerated() {
        let start = (number * rows.count + place) * rowLength
        for (value, expected) in zip(
          result[row * rowLength..<(row + 1) * rowLength], outputs[start..<start + rowLength])
        {
          worst = max(worst, abs(255 * value - expected))
        }
      }
      #expect(worst < 0.02, "transform \(number)")
    }
  }

  /// The dumped parameters: shear, zoom of columns, zoom of rows, flip.
  static func kerasParameters(
    _ golden: Golden, _ group: String
  ) throws -> [Augmentation.Parameters] {
    let values = try golden.tensor("\(group)/parameters", as: Double.self).scalars
    return stride(from: 0, to: values.count, by: 4).map { start in
      var parameters = Augmentation.Parameters()
      parameters.shear = values[start]
      (parameters.columnZoom, parameters.rowZoom) = (values[start + 1], values[start + 2])
      parameters.isFlipped = values[start + 3] == 1
      return parameters
    }
  }

  /// The image that the golden file describes by a formula.
  static func kerasLargeImage() -> Image {
    Image(size: ImageSize(height: 224, width: 224), mode: .rgb) { pixels in
      for index in pixels.indices {
        let (channel, x, y) = (index % 3, index / 3 % 224, index / 672)
        pixels[index] = UInt8(hashed(index, 400) >> 9 + UInt32((y + 2 * x + 40 * channel) % 128))
      }
    }
  }

  // MARK: Mistakes

  static let traps: Traps = [
    "AugmentedPixels: needs an image of shape [4, 4, 3], got [4, 5, 3]": {
      var target = [Float](repeating: 0, count: 48)
      target.withUnsafeMutableBufferPointer {
        AugmentedPixels(.article, size: ImageSize(height: 4, width: 4), mode: .rgb)
          .write(film(height: 4, width: 5), key: seed, to: $0)
      }
    }
  ]

  @Test("mistakes stop the program with a message", arguments: traps.messages)
  func trap(message: String) async throws {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [message] in Self.traps.run(message) }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains(message))
  }

  // MARK: Statistics

  /// Bounds, mean and spread of a uniform distribution, each within about five standard errors of 2000 draws.
  static func expectUniform(_ values: [Double], in range: ClosedRange<Double>) {
    let width = range.upperBound - range.lowerBound
    let units = values.map { ($0 - range.lowerBound) / width }
    let mean = units.reduce(0, +) / Double(units.count)
    let variance = units.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(units.count)
    #expect(units.allSatisfy { $0 >= 0 && $0 <= 1.000_001 })
    #expect(abs(mean - 0.5) < 0.033 && abs(variance - 1 / 12) < 0.01)
  }

  static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let product = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +)
    let squares = (
      x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +),
      y.map { ($0 - meanY) * ($0 - meanY) }.reduce(0, +)
    )
    return product / (squares.0 * squares.1).squareRoot()
  }
}

/// The hash of the golden files: 16 bits for an index and a stream.
func hashed(_ index: Int, _ stream: UInt32) -> UInt32 {
  var x = UInt32(truncatingIfNeeded: index) &+ stream &* 2_654_435_761
  x ^= x >> 16
  x &*= 0x7feb_352d
  x ^= x >> 15
  x &*= 0x846c_a68b
  x ^= x >> 16
  return x >> 16
}

@Suite("Wide augmentation")
struct WideAugmentationTests {
  private func written(
    _ image: Image, key: RandomKey = RandomKey(seed: 1),
    _ change: (inout Augmentation.Parameters) -> Void
  ) -> [Float] {
    var parameters = Augmentation.Parameters()
    change(&parameters)
    let pixels = AugmentedPixels(.wide, size: image.size, mode: image.mode)
    let tensor = Tensor<Float>(shape: pixels.outputShape) {
      pixels.write(image, parameters: parameters, key: key, to: $0)
    }
    return tensor.scalars
  }

  private let image = Image(
    Tensor<UInt8>([0, 51, 102, 153, 204, 255, 0, 51, 102], shape: [3, 3, 1]))

  @Test("every number stays in its range, and none is constant")
  func ranges() {
    let draws = (0..<500).map { Augmentation.wide.parameters(key: RandomKey(seed: 3).derived($0)) }
    let ranges: [(KeyPath<Augmentation.Parameters, Double>, ClosedRange<Double>)] = [
      (\.rotation, -7...7), (\.rowZoom, 0.85...1.12), (\.columnZoom, 0.85...1.12),
      (\.rowShift, -0.08...0.08), (\.columnShift, -0.08...0.08),
    ]
    for (path, range) in ranges {
      let values = draws.map { $0[keyPath: path] }
      #expect(values.allSatisfy(range.contains))
      #expect(
        (values.max() ?? 0) - (values.min() ?? 0) > 0.9 * (range.upperBound - range.lowerBound))
    }
    let others: [(KeyPath<Augmentation.Parameters, Float>, ClosedRange<Float>)] = [
      (\.contrast, 0.8...1.2), (\.brightness, -0.1...0.1), (\.gamma, 0.406...2.46),
      (\.rowGradient, -0.15...0.15), (\.columnGradient, -0.15...0.15), (\.sharpness, 0...2.5),
      (\.grain, 0...0.03),
    ]
    for (path, range) in others {
      let values = draws.map { $0[keyPath: path] }
      #expect(values.allSatisfy(range.contains))
      #expect(
        (values.max() ?? 0) - (values.min() ?? 0) > 0.9 * (range.upperBound - range.lowerBound))
    }
    #expect(draws.allSatisfy { !$0.isFlipped && $0.shear == 0 })
  }

  @Test("gamma, gradients and sharpness do what they say")
  func values() {
    let plain = image.pixels.scalars.map { Float($0) / 255 }
    func near(_ a: [Float], _ b: [Float]) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 } }
    #expect(near(written(image) { $0.gamma = 2 }, plain.map { $0 * $0 }))
    let light: [Float] = [-0.1, -0.1, -0.1, 0, 0, 0, 0.1, 0.1, 0.1].map { $0 * 2 / 3 }
    #expect(
      near(
        written(image) { $0.rowGradient = 0.1 },
        zip(plain, light).map { max(0, min(1, $0 + $1)) }))
    // Blurred: the middle is the mean of all, a corner that of its neighbours and of what continues it.
    let blurred = written(image) { $0.sharpness = 0 }
    #expect(abs(blurred[4] - plain.reduce(0, +) / 9) < 1e-5)
    let corner = (4 * plain[0] + 2 * plain[1] + 2 * plain[3] + plain[4]) / 9
    #expect(abs(blurred[0] - corner) < 1e-5)
    #expect(near(written(image) { $0.sharpness = 1.000_001 }, plain))
  }

  @Test("grain hangs on the key, and is no larger than it may be")
  func grain() {
    let grey = Image(Tensor<UInt8>(repeating: 128, shape: [9, 7, 1]))
    let first = written(grey) { $0.grain = 0.02 }
    #expect(first == written(grey) { $0.grain = 0.02 })
    #expect(first != written(grey, key: RandomKey(seed: 2)) { $0.grain = 0.02 })
    let deviations = first.map { abs($0 - 128.0 / 255) }
    #expect(deviations.max()! <= 0.020_001 && deviations.max()! > 0.015)
    #expect(Set(first).count > 50)
  }
}
