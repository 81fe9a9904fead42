import Datasets
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Sample sources")
struct SourceTests {
  private let size = ImageSize(height: 2, width: 2)

  @Test("a folder's images have one size and mode, with the class of their folder")
  func labeledImages() throws {
    try withTemporaryFolder { root in
      try root.write("a/1.png", grey: 10)
      try root.write("b/2.png", grey: 20)
      try root.write("b/3.png", grey: 30)
      for mode in Image.ColourMode.allCases {
        let images = LabeledImages(try ImageFolder(at: root), as: mode, size: size)
        #expect(images.count == 3 && images.labels == [0, 1, 1])
        #expect(images.classNames == ["a", "b"] && images.name(at: 1) == "b/2.png")
        #expect(
          try images.sample(at: 2)
            == Image(Tensor(repeating: 30, shape: [2, 2, mode.channels])))
      }
    }
  }

  @Test("what has been decoded stays in memory up to the limit, and the file is not read again")
  func cache() throws {
    try withTemporaryFolder { root in
      for name in ["1", "2", "3"] { try root.write("a/\(name).png", grey: 50) }
      let folder = try ImageFolder(at: root)
      // Room for two of 2 × 2 × 3 bytes.
      let images = LabeledImages(folder, size: size, cacheBytes: 30)
      let first = try (0..<3).map(images.sample(at:))
      #expect(images.cachedBytes == 24)
      for file in folder.files { try FileManager.default.removeItem(at: file.url) }
      #expect(try images.sample(at: 0) == first[0])
      #expect(try images.sample(at: 1) == first[1])
      #expect(throws: ImageError.self) { try images.sample(at: 2) }
      let uncached = LabeledImages(folder, size: size, cacheBytes: 0)
      #expect(throws: ImageError.self) { try uncached.sample(at: 0) }
    }
  }

  @Test(
    "files become batches; a bad one stops the run with its path, or is listed", arguments: [0, 2])
  func folderThroughLoader(workers: Int) throws {
    try withTemporaryFolder { root in
      try root.write("Covid/1.png", grey: 255)
      try root.write("Covid/2.jpg", Data("not an image".utf8))
      // Characters that mean something in a URL.
      try root.write("Normal/3 100%20#1?.png", grey: 51)
      let images = LabeledImages(try ImageFolder(at: root), as: .grey, size: size)
      let scaling = ScaledPixels(for: images)
      let strict = try Loader(images, transform: scaling, batchSize: 8, workers: workers)
      let error = try #require(
        #expect(throws: ImageError.self) { try strict.batches(epoch: 0).next() })
      #expect(error.path.hasSuffix("Covid/2.jpg") && error.reason == .unknownFormat)

      let lenient = try Loader(
        images, transform: scaling, batchSize: 8, workers: workers, unreadable: .skip)
      #expect(lenient.skipped.map(\.name) == ["Covid/2.jpg"])
      #expect(lenient.skipped[0].reason.contains("neither JPEG nor PNG"))
      let batch = try #require(try lenient.batches(epoch: 0).next())
      #expect(batch.images.shape == [2, 2, 2, 1])
      #expect(batch.labels.scalars == [0, 1] && batch.indices == [0, 2])
      #expect(
        batch.images.scalars == [1, 1, 1, 1] + [Float](repeating: 51 * Float(1.0 / 255), count: 4))
    }
  }

  @Test("the example of the documentation runs")
  func example() throws {
    try withTemporaryFolder { url in
      for path in ["a/1.png", "b/2.png", "b/3.png"] { try url.write(path) }
      var shapes: [[Int]] = []
      let images = LabeledImages(try ImageFolder(at: url), size: ImageSize(height: 224, width: 224))
      let loader = try Loader(
        images, transform: ScaledPixels(for: images), batchSize: 32, shuffled: true, seed: 42,
        workers: 2)
      let batches = loader.batches(epochs: 0..<10)
      while let batch = try batches.next() {
        shapes.append(batch.images.shape)
      }
      #expect(shapes == Array(repeating: [3, 224, 224, 3], count: 10))
    }
  }

  @Test("tensors in memory are served row by row")
  func tensors() throws {
    let images = Tensor<Float>((0..<24).map(Float.init), shape: [2, 3, 4]).permuted([1, 0, 2])
    let samples = TensorSamples(images: images, labels: [1, 0, 1])
    #expect(samples.sampleShape == [2, 4] && samples.labels == [1, 0, 1])
    #expect(samples.sample(at: 1) == Tensor([4, 5, 6, 7, 16, 17, 18, 19], shape: [2, 4]))
    let loader = try Loader(samples, transform: UnchangedTensors(shape: [2, 4]), batchSize: 2)
    let batches = try loader.batches(epoch: 0).all()
    #expect(batches[0].images.shape == [2, 2, 4] && batches[1].images.shape == [1, 2, 4])
    #expect(batches[1].images.scalars == samples.sample(at: 2).scalars)
  }

  @Test("a subset renumbers the samples of its base")
  func subset() throws {
    let subset = Numbers(count: 10).subset([7, 2])
    #expect(subset.count == 2 && subset.labels == [1, 2])
    #expect(subset.name(at: 0) == "sample 7")
    #expect(try subset.sample(at: 1) == 2)
    #expect(try subset.subset([1]).sample(at: 0) == 2)
  }

  @Test("wrong indices, labels and shapes stop the program, and the message says which")
  func preconditions() async throws {
    let results = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Numbers(count: 2).subset([2])
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = TensorSamples(images: Tensor<Float>.zeros([2, 1]), labels: [0])
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let samples = TensorSamples(images: Tensor<Float>.zeros([2, 1]), labels: [0, 1])
        let transform = UnchangedTensors(shape: [2])
        _ = try Loader(samples, transform: transform, batchSize: 1).batches(epoch: 0).next()
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let scaling = ScaledPixels(size: ImageSize(height: 1, width: 2), mode: .grey)
        let image = Image(Tensor<UInt8>.zeros([2, 1, 1]))
        _ = Tensor<Float>(shape: [2]) { scaling.write(image, key: RandomKey(seed: 0), to: $0) }
      },
    ]
    let needs = [
      "Subset: needs indices in 0..<2, got [2]",
      "TensorSamples: needs as many labels of 0 or more as samples, got 1 labels and shape [2, 1]",
      "UnchangedTensors: needs a sample of shape [2], got [1]",
      "ScaledPixels: needs an image of shape [1, 2, 1], got [2, 1, 1]",
    ]
    for (result, need) in zip(results, needs) {
      let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(message.contains(need))
    }
  }
}
