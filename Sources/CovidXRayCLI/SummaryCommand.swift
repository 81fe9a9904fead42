import ArgumentParser
import CovidXRay
import Layers
import Tensor

struct SummaryCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Print the layers of a model with their sizes and costs, and its card if it has one.")

  @Argument(help: "A model.safetensors that train has written; by default, the article's network.")
  var model: Path?

  @Option(
    parsing: .unconditional,
    help: """
      Height and width of the images, \(CovidNetwork.minimumImageSize) to \
      \(TrainingRecipe.maximumImageSize); that of the model, or 224.
      """)
  var imageSize: Int?

  @Flag(help: "Print the table as JSON.")
  var json = false

  func validate() throws {
    guard let imageSize else { return }
    var recipe = TrainingRecipe.article
    recipe.imageSize = imageSize
    do {
      try recipe.validate()
    } catch let error as RecipeError {
      throw error.asValidationError
    }
  }

  func execute() throws {
    guard let model else {
      return try report(
        CovidNetwork.summary(imageSize: imageSize ?? TrainingRecipe.article.imageSize), nil)
    }
    let classifier = try CovidClassifier(contentsOf: model.url)
    let shape = Array(classifier.preprocessing.shape.dropFirst())
    if let imageSize, imageSize != shape[0] {
      throw ValidationError(
        "--image-size is \(imageSize), but that of \(model.text) is \(shape[0])")
    }
    try report(classifier.network.summary(inputShape: shape), classifier)
  }

  private func report(_ summary: ModelSummary, _ classifier: CovidClassifier?) throws {
    if json {
      return try Console.print(
        json: SummaryRecord(
          synthetic: classifier?.isSynthetic ?? false, summary: summary, card: classifier?.card))
    }
    try Console.print(summary.description)
    if let classifier { try Console.print("\n" + printable(classifier.card)) }
  }

  /// A text from a file without what could steer a terminal.
  private func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0 == "\n" || $0.properties.generalCategory != .control }))
  }
}

/// The record of a model.
private struct SummaryRecord: Encodable {
  let event = "summary"
  let synthetic: Bool
  let layers: [ModelSummary.Row]
  let inputShape: [Int]
  let parameters: Int
  let trainableParameters: Int
  let multiplyAdds: Int
  let outputBytes: Int
  let card: String?

  init(synthetic: Bool, summary: ModelSummary, card: String?) {
    self.synthetic = synthetic
    self.card = card
    layers = summary.rows
    inputShape = summary.inputShape
    parameters = summary.parameterCount
    trainableParameters = summary.trainableCount
    multiplyAdds = summary.multiplyAdds
    outputBytes = summary.outputBytes
  }
}
