public import Layers
import Tensor

extension CovidNetwork {
  /// The layers of the article's network with what each costs.
  ///
  /// - Parameter imageSize: From ``minimumImageSize`` to ``TrainingRecipe/maximumImageSize``.
  public static func summary(imageSize: Int = 224) -> ModelSummary {
    var random = RandomGenerator(seed: 0)
    let model: Sequential<Float> = model(imageSize: imageSize, using: &random)
    return model.summary(inputShape: [imageSize, imageSize, 3])
  }

  /// The number of parameters of the article's network, without making one.
  ///
  /// - Parameter imageSize: From ``minimumImageSize`` to ``TrainingRecipe/maximumImageSize``.
  public static func parameterCount(imageSize: Int) -> Int {
    let recipe = TrainingRecipe.article
    return parameterCount(
      imageSize: imageSize, channels: recipe.channels, denseSize: recipe.denseSize)
  }

  static func parameterCount(imageSize: Int, channels: [Int], denseSize: Int) -> Int {
    var (inputs, count) = (3, 0)
    for width in channels {
      count += (9 * inputs + 1) * width
      inputs = width
    }
    count += (flattenedSize(imageSize: imageSize) * inputs + 1) * denseSize
    return count + denseSize + 1
  }
}
