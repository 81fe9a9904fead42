import CovidXRay
import Imaging
import Synchronization
import Tensor
import TestSupport
import Testing

@Suite("Synthetic chests")
struct SyntheticChestTests {
  static let small = ImageSize(height: 48, width: 48)

  static func film(
    seed: UInt64 = 1, _ split: SyntheticChest.Split = .training, index: Int = 0,
    finding: SyntheticChest.Finding = .covid, size: ImageSize = small,
    mode: Image.ColourMode = .grey
  ) -> Image {
    SyntheticChest.image(
      seed: seed, split: split, index: index, finding: finding, size: size, mode: mode)
  }

  // MARK: By address

  @Test("a film depends on its address, and on all of it")
  func address() {
    let film = Self.film()
    #expect(Self.film() == film)
    #expect(Self.film(seed: 2) != film)
    #expect(Self.film(.validation) != film)
    #expect(Self.film(index: 1) != film)
    #expect(Self.film(finding: .normal) != film)
  }

  @Test("threads draw the same films in any order")
  func threads() {
    let alone = (0..<12).map { Self.film(index: $0) }
    let drawn = Mutex([Int: Image]())
    Parallel.forEach(12) { slot in
      let film = Self.film(index: 11 - slot)
      drawn.withLock { $0[11 - slot] = film }
    }
    #expect(drawn.withLock { images in (0..<12).map { images[$0] } } == alone)
  }

  @Test("the films are those that the documented figures were measured on")
  func fingerprint() {
    // FNV-1a over the pixels. They come from sums, products and roots alone, which are the same on every processor.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for finding in SyntheticChest.Finding.allCases {
      for index in 0..<3 {
        for pixel in Self.film(index: index, finding: finding).pixels.scalars {
          hash = (hash ^ UInt64(pixel)) &* 0x100_0000_01b3
        }
      }
    }
    #expect(hash == 15_976_671_252_759_197_539)
  }

  // MARK: What they look like

  @Test("lungs are dark, and what lies between and below them is bright")
  func layout() {
    var (lungs, mediastinum, abdomen) = (0.0, 0.0, 0.0)
    for index in 0..<8 {
      let film = Self.film(index: index, finding: .normal)
      lungs += Self.mean(film, rows: 18..<26, columns: 10..<15)
      lungs += Self.mean(film, rows: 18..<26, columns: 34..<39)
      mediastinum += Self.mean(film, rows: 22..<30, columns: 22..<26)
      abdomen += Self.mean(film, rows: 43..<46, columns: 17..<22)
    }
    #expect(mediastinum / 8 > lungs / 16 + 60)
    #expect(abdomen / 8 > lungs / 16 + 60)
  }

  @Test("the same chest appears at every size, also where the picture is not square")
  func sizes() {
    let large = Self.film(size: ImageSize(height: 96, width: 96))
    let shrunk = large.resized(to: Self.small, by: .area).pixels.scalars
    #expect(Self.correlation(shrunk, Self.film().pixels.scalars) > 0.95)

    // The shorter side decides the scale; the rest is more of the surroundings.
    let wide = Self.film(size: ImageSize(height: 48, width: 64))
    let pixels = wide.pixels.scalars
    let middle = (0..<48).flatMap { pixels[$0 * 64 + 8..<$0 * 64 + 56] }
    #expect(Self.correlation(middle, Self.film().pixels.scalars) > 0.95)
  }

  @Test("films of a pixel or two can be drawn", arguments: [(1, 1), (1, 5), (2, 3)])
  func tiny(height: Int, width: Int) {
    let size = ImageSize(height: height, width: width)
    for index in 0..<20 { #expect(Self.film(index: index, size: size).size == size) }
  }

  @Test("RGB has three equal channels")
  func colour() {
    let (grey, colour) = (Self.film().pixels.scalars, Self.film(mode: .rgb).pixels.scalars)
    #expect(colour == grey.flatMap { [$0, $0, $0] })
  }

  // MARK: What tells the classes apart

  @Test("opacities alone tell a finding from none on the same film, and they whiten the lungs")
  func opacities() {
    for index: UInt64 in 0..<6 {
      let key = RandomKey(seed: 5).derived(index)
      func film(_ finding: SyntheticChest.Finding, opacityScale: Float = 1) -> Image {
        SyntheticChest.image(
          key: key, finding: finding, size: Self.small, mode: .grey, opacityScale: opacityScale)
      }
      let normal = film(.normal)
      #expect(film(.covid, opacityScale: 0) == normal)
      // Seen against the mediastinum, since the exposure depends on the whole film.
      let contrasts = [normal, film(.covid, opacityScale: 0.5), film(.covid)].map { film in
        Self.mean(film, rows: 22..<30, columns: 22..<26)
          - (Self.mean(film, rows: 18..<32, columns: 10..<15)
            + Self.mean(film, rows: 18..<32, columns: 34..<39)) / 2
      }
      #expect(contrasts[0] > contrasts[1] + 3 && contrasts[1] > contrasts[2] + 3)
    }
  }

  /// 120 films of each class to learn from, and as many to measure with, of 32 × 32 pixels.
  static let samples = SyntheticChest.Split.allCases.map { split in
    (0..<240).map { index in
      film(
        seed: 11, split, index: index / 2, finding: index % 2 == 0 ? .covid : .normal,
        size: ImageSize(height: 32, width: 32))
    }
  }

  @Test("mean and variance say next to nothing about the class")
  func meanAndVariance() {
    let (accuracy, control) = Self.accuracies(of: Self.meanAndVarianceFeatures)
    #expect(accuracy < 0.65)
    #expect(control > 0.8)
  }

  @Test("the border says next to nothing about the class")
  func border() {
    let (accuracy, control) = Self.accuracies(of: Self.borderFeatures)
    #expect(accuracy < 0.65)
    #expect(control > 0.8)
  }

  /// The share that a linear classifier gets right on films it has not seen; and the same where half of the films are
  /// brighter by 60 grey levels, to show that the classifier finds what is there.
  static func accuracies(of features: (Image) -> [Double]) -> (actual: Double, control: Double) {
    func accuracy(_ change: (Int, Image) -> Image) -> Double {
      let sets = samples.map { films in
        let rows = films.enumerated().map { features(change($0, $1)) }
        return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
      }
      return LinearClassifier.accuracy(training: sets[0], validation: sets[1])
    }
    return (
      accuracy { $1 },
      accuracy { index, film in
        let brighter = film.pixels.scalars.map { UInt8(min(255, Int($0) + 60)) }
        return index % 2 == 0 ? Image(Tensor(brighter, shape: film.pixels.shape)) : film
      }
    )
  }

  static func meanAndVarianceFeatures(_ film: Image) -> [Double] {
    let values = film.pixels.scalars.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    return [mean, values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)]
  }

  /// The pixels of a ring, four wide.
  static func borderFeatures(_ film: Image) -> [Double] {
    let (pixels, width, height) = (film.pixels.scalars, film.width, film.height)
    return pixels.indices.filter { index in
      let (row, column) = (index / width, index % width)
      return min(row, height - 1 - row, column, width - 1 - column) < 4
    }.map { Double(pixels[$0]) }
  }

  // MARK: Labels and mistakes

  @Test("classes stand in the article's order under its names, and the notice says SYNTHETIC")
  func names() {
    #expect(SyntheticChest.classNames == ["Covid", "Normal"])
    #expect(SyntheticChest.notice.contains("SYNTHETIC"))
    #expect(SyntheticChest.Split.allCases.map(\.name) == ["Train", "Val"])
  }

  static let traps: Traps = [
    "SyntheticChest: needs an index of 0 or more, got -1": { _ = film(index: -1) },
    "SyntheticChests: needs 1 phantom of each class or more, got 0": {
      _ = SyntheticChests(.training, seed: 1, countPerClass: 0)
    },
    "SyntheticChests: needs an index in 0..<60, got 60": {
      _ = SyntheticChests(.validation, seed: 1).sample(at: 60)
    },
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

  static func mean(_ film: Image, rows: Range<Int>, columns: Range<Int>) -> Double {
    let pixels = film.pixels.scalars
    let sum = rows.reduce(0) { sum, row in
      columns.reduce(sum) { $0 + Int(pixels[row * film.width + $1]) }
    }
    return Double(sum) / Double(rows.count * columns.count)
  }

  static func correlation(_ x: [UInt8], _ y: [UInt8]) -> Double {
    AugmentationTests.correlation(x.map(Double.init), y.map(Double.init))
  }
}

/// Ridge regression to ±1 on standardized features, for samples whose classes alternate.
private enum LinearClassifier {
  /// The share of validation samples on the right side.
  static func accuracy(training: Tensor<Double>, validation: Tensor<Double>) -> Double {
    let mean = training.mean(alongAxis: 0, keepingDimensions: true)
    // A pixel that never changes is left as it is.
    let deviation = training.variance(alongAxes: [0], keepingDimensions: true).shifted(by: 1e-6)
      .sqrt()
    let x = (training - mean) / deviation
    let y = Tensor<Double>((0..<x.shape[0]).map { $0 % 2 == 0 ? 1 : -1 }, shape: [x.shape[0], 1])
    // Gradient descent on ‖x w − y‖² + λ‖w‖², with a step below 1 / (largest eigenvalue ≤ trace).
    let gram = x.transposed().matrixProduct(x)
    let target = x.transposed().matrixProduct(y)
    let ridge = 0.1 * Double(x.shape[0])
    let step = 1 / (Double(x.count) + ridge)
    var weights = Tensor<Double>.zeros(target.shape)
    for _ in 0..<2000 {
      weights = weights - (gram.matrixProduct(weights) + weights * ridge - target) * step
    }
    let scores = ((validation - mean) / deviation).matrixProduct(weights).scalars
    let right = scores.enumerated().count { ($1 > 0) == ($0 % 2 == 0) }
    return Double(right) / Double(scores.count)
  }
}
