import CovidXRay
import Datasets
import Foundation
import Imaging
import Tensor

/// The folder with the real images.
private func dataset() throws -> URL {
  guard let path = ProcessInfo.processInfo.environment["COVID_DATASET"] else {
    throw BenchmarkError(description: "this suite needs COVID_DATASET, a folder with Train and Val")
  }
  return URL(fileURLWithPath: path)
}

private func trainingFolder() throws -> ImageFolder {
  try ImageFolder(at: try dataset().appending(path: "Train"))
}

private let size = ImageSize(height: 224, width: 224)

/// One pass over the training images, read by as many workers as there are threads; with one thread it is the caller who
/// reads.
private func pass(
  _ name: String, isCached: Bool, augmentation: Augmentation, threads: Int
) -> Case {
  Case(name: name, threads: threads, images: { try trainingFolder().files.count }) { _ in
    let images = LabeledImages(
      try trainingFolder(), size: size, cacheBytes: isCached ? 1 << 30 : 0)
    let loader = try Loader(
      images, transform: AugmentedPixels(augmentation, size: size, mode: .rgb), batchSize: 32,
      shuffled: true, seed: 1, workers: threads - 1)
    var epoch = 0
    return {
      let stream = loader.batches(epoch: epoch)
      while try stream.next() != nil {}
      epoch += 1
    }
  }
}

var pipelineCases: [Case] {
  [
    Case(
      name: "decode + resize, 1 core", threads: 1, images: { try trainingFolder().files.count }
    ) { _ in
      let images = LabeledImages(try trainingFolder(), size: size, cacheBytes: 0)
      return { for index in 0..<images.count { _ = try images.sample(at: index) } }
    },
    pass("augment from memory, 1 core", isCached: true, augmentation: .article, threads: 1),
    pass("decode + resize + augment, 1 core", isCached: false, augmentation: .article, threads: 1),
    pass("decode + resize + augment, 2 cores", isCached: false, augmentation: .article, threads: 2),
  ]
}

/// Training by the article's recipe, validation after every epoch included, and not the final measurements.
private func mainJob(_ name: String, epochs: Int) -> Case {
  struct IsTrained: Error {}
  return Case(name: name, isLong: true) { _ in
    let folder = try dataset()
    var recipe = TrainingRecipe.article
    recipe.epochs = epochs
    return {
      do {
        _ = try CovidClassifier.train(
          on: folder, recipe: recipe, workers: Parallel.maximumThreads
        ) {
          if case .evaluating = $0 { throw IsTrained() }
        }
      } catch is IsTrained {}
    }
  }
}

var mainJobCases: [Case] {
  [
    mainJob("1 epoch of 8 steps of 32", epochs: 1),
    mainJob("10 epochs of 8 steps of 32", epochs: 10),
  ]
}
