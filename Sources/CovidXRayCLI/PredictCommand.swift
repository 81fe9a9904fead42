import ArgumentParser
import CovidXRay

struct PredictCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Print what a model says about image files.",
    discussion: """
      Each file is decoded, resized and scaled as the images were that the model was trained on. A file that cannot be read \
      is reported, the others are predicted all the same, and the exit code is 65.
      """)

  @OptionGroup var films: FilmOptions

  @OptionGroup var computing: ThreadOptions

  @OptionGroup var printing: PrintOptions

  func execute() throws {
    computing.apply()
    let classifier = try CovidClassifier(contentsOf: films.model.url)
    let isSynthetic = classifier.isSynthetic
    if isSynthetic && !printing.quiet { Console.note("Model: \(SyntheticChest.notice)") }
    try films.forEachFilm(
      isSynthetic: isSynthetic, printing, read: classifier.predict(imageAt:)
    ) { prediction, file in
      if printing.json {
        try Console.print(
          json: PredictionRecord("prediction", prediction, of: file, isSynthetic: isSynthetic))
      } else {
        try Console.print(
          try prediction.line(for: file) + (isSynthetic ? " (SYNTHETIC model)" : ""))
      }
    }
  }
}
