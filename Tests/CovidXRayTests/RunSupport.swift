import CovidXRay
import Foundation
import Imaging
import Tensor

/// Folders, films and runs that are small enough for debug builds.
enum Sample {
  /// The recipe of the article with two epochs of a network so narrow that it trains in a moment.
  static var recipe: TrainingRecipe {
    var recipe = TrainingRecipe.article
    recipe.epochs = 2
    recipe.stepsPerEpoch = 3
    recipe.batchSize = 4
    recipe.imageSize = 24
    recipe.channels = [3, 4, 3, 4]
    recipe.denseSize = 5
    return recipe
  }

  /// Five phantoms of each class to train on, three to measure with: batches that do not come out even.
  static let phantoms = XRayDataset.synthetic(seed: 1, training: 5, validation: 3)

  /// A finished run on phantoms.
  static let syntheticRun = Result { try CovidClassifier.train(on: phantoms, recipe: recipe) }

  /// A folder of its own for one test, removed afterwards.
  static func withTemporaryFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "covid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Writes films of noise, dark ones of class `Covid` and bright ones of class `Normal`, as a data set.
  static func writeDataset(
    to folder: URL, training: Int = 3, validation: Int = 2,
    classNames: [String] = ["Covid", "Normal"]
  ) throws {
    var random = RandomGenerator(seed: 7)
    for (split, count) in [("Train", training), ("Val", validation)] {
      for (label, name) in classNames.enumerated() {
        let url = folder.appending(path: "\(split)/\(name)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for number in 0..<count {
          try film(brightness: 60 + 100 * label, using: &random)
            .writePNG(to: url.appending(path: "\(number).png"))
        }
      }
    }
  }

  static func film(brightness: Int, using random: inout RandomGenerator) -> Image {
    let pixels = (0..<30 * 28).map { _ in
      UInt8(brightness + Int.random(in: -20...20, using: &random))
    }
    return Image(Tensor(pixels, shape: [30, 28, 1]))
  }
}
