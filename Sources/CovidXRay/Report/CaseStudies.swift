import Evaluation
import Foundation
import Imaging
import Reporting

/// The films of a page, and what keeps others from being there.
struct CaseStudies {
  let cases: [CaseStudy]
  /// Why films that were chosen are not shown.
  let failures: [String]

  /// Chooses films of a set, and prepares them.
  ///
  /// A film that cannot be read any more is left out, and said to be: the figures of a finished run do not hang on it.
  init(
    of set: FilmEvaluation, by model: CovidClassifier, limit: Int,
    film: (Int) throws -> PreparedFilm
  ) {
    var cases: [CaseStudy] = []
    var failures: [String] = []
    let predictions = set.films.predictions
    let predicted = set.predictedClasses
    let positive = predictions.probabilities(ofClass: set.films.positiveIndex)
    for index in CaseStudy.chosen(from: set, limit: limit) {
      do {
        let film = try film(index)
        let explanation = try model.explain(film, by: .gradCAM)
        cases.append(
          CaseStudy(
            name: set.films.sampleNames[index],
            actualClass: predictions.classNames[predictions.labels[index]],
            predictedClass: predictions.classNames[predicted[index]],
            positiveClass: set.films.positiveClass,
            probability: positive[index],
            film: film.original,
            heatMap: explanation.inPage()))
      } catch {
        failures.append("\(error)")
      }
    }
    self.cases = cases
    self.failures = failures
  }

  /// The films side by side, with what has to be known about them.
  func blocks(of name: String) -> [HTMLReport.Block] {
    guard !cases.isEmpty || !failures.isEmpty else { return [] }
    var blocks: [HTMLReport.Block] = [
      .paragraph(
        "Of the \(name) images, those that tell most: mistakes, the surest first; the surest right one of each class; and "
          + "right ones that were nearly wrong. Beside each film, what spoke for the class that it was called (Grad-CAM)."
      ), .notice(FilmExplanation.notice),
    ]
    if !cases.isEmpty { blocks.append(.gallery(cases.map(\.picture))) }
    if !failures.isEmpty {
      blocks.append(.notice("Films that could not be shown: \(failures.joined(separator: "; "))."))
    }
    return blocks
  }
}

extension FilmExplanation {
  /// The map over the film at the size of a page, and in words how much of it lies where no lung is.
  fileprivate func inPage() -> (picture: Image, description: String) {
    let share = shareOutsideLungs.map {
      String(format: "%.0f %% of it outside the middle of the film", 100 * $0)
    }
    return (
      overlay(longestSide: HTMLReport.Picture.Part.longestSide).picture(),
      "Heat map: what spoke for \(className), \(share ?? "nothing at all")"
    )
  }
}
