import CovidXRay
import Datasets
import Foundation
import Imaging
import Layers
import Optim
import Tensor
import Training

/// The real images, in the folder that `COVID_DATASET` names.
private func folder(_ split: String) throws -> ImageFolder {
  guard let path = ProcessInfo.processInfo.environment["COVID_DATASET"] else {
    throw BenchmarkError(description: "this suite needs COVID_DATASET, a folder with Train and Val")
  }
  return try ImageFolder(at: URL(fileURLWithPath: path).appending(path: split))
}

private let size = ImageSize(height: 224, width: 224)

/// One pass over the training images.
private func pass(
  _ name: String, isCached: Bool, augmentation: Augmentation
) -> Case {
  Case(name: name, batch: 0) { _ in
    let images = LabeledImages(
      try folder("Train"), size: size, cacheBytes: isCached ? 1 << 30 : 0)
    let loader = try Loader(
      images, transform: AugmentedPixels(augmentation, size: size, mode: .rgb), batchSize: 32,
      shuffled: true, seed: 1, workers: Parallel.maximumThreads)
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
    Case(name: "decode + resize, one core, 224 images", batch: 0) { _ in
      let images = LabeledImages(try folder("Train"), size: size, cacheBytes: 0)
      return { for index in 0..<images.count { _ = try images.sample(at: index) } }
    },
    pass("augment from memory, 224 images", isCached: true, augmentation: .article),
    pass("decode + resize + augment, 224 images", isCached: false, augmentation: .article),
  ]
}

var mainJobCases: [Case] {
  [
    Case(name: "10 × 8 steps of 32, with validation", batch: 0) { _ in
      let train = LabeledImages(try folder("Train"), size: size)
      let held = LabeledImages(try folder("Val"), size: size)
      return {
        let loader = try Loader(
          train, transform: AugmentedPixels(.article, size: size, mode: .rgb), batchSize: 32,
          stepsPerEpoch: 8, shuffled: true, seed: 1, workers: Parallel.maximumThreads)
        let validation = try Loader(
          held, transform: AugmentedPixels(.none, size: size, mode: .rgb), batchSize: 32)
        var random = RandomGenerator(seed: 1)
        var trainer = Trainer(
          model: CovidNetwork.model(using: &random) as Sequential<Float>,
          optimizer: Adam<Float>(epsilon: 1e-7, epsilonPlacement: .beforeCorrection),
          objective: .binaryCrossEntropy)
        _ = try trainer.run(epochs: 10, on: loader, validation: validation, seed: 1)
      }
    }
  ]
}
