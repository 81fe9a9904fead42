import Evaluation
public import Imaging
import Reporting

/// One film that a classifier has judged, to be looked at.
public struct CaseStudy: Sendable {
  /// What the film is called.
  public let name: String
  /// What it shows.
  public let actualClass: String
  /// What the classifier says.
  public let predictedClass: String
  /// The class that ``probability`` is of.
  public let positiveClass: String
  /// The probability of the positive class.
  public let probability: Double
  /// The film.
  public let film: Image
  /// The film with a heat map over it, and in words what the map shows.
  public let heatMap: (picture: Image, description: String)?

  /// Whether the classifier is right.
  public var isCorrect: Bool { actualClass == predictedClass }

  /// How many films a page shows at most.
  public static let maximumCount = 12

  /// Chooses the films that tell most: the mistakes, the surest first, up to half of `limit`; then of every class the surest
  /// right one; then the right ones that were nearly wrong.
  ///
  /// - Returns: Indices into the films of the set, at most `limit`.
  package static func chosen(from set: FilmEvaluation, limit: Int = maximumCount) -> [Int] {
    let predicted = set.predictedClasses
    let predictions = set.films.predictions
    let threshold = set.summary.threshold?.value ?? 0.5
    let positive = predictions.probabilities(ofClass: set.films.positiveIndex)
    func distance(_ index: Int) -> Double { abs(positive[index] - threshold) }
    let order = positive.indices.sorted { (-distance($0), $0) < (-distance($1), $1) }
    let wrong = order.filter { predicted[$0] != predictions.labels[$0] }
    let right = order.filter { predicted[$0] == predictions.labels[$0] }
    let surest = predictions.classNames.indices.compactMap { label in
      right.first { predictions.labels[$0] == label }
    }
    let doubtful = right.reversed().filter { !surest.contains($0) }
    let mistakes = wrong.prefix(max((limit + 1) / 2, limit - right.count))
    return Array((mistakes + surest + doubtful).prefix(limit))
  }

  /// The case in a page.
  var picture: HTMLReport.Picture {
    var parts = [
      HTMLReport.Picture.Part(film, alternative: "Film \(name), of class \(actualClass)")
    ]
    if let heatMap { parts.append(.init(heatMap.picture, alternative: heatMap.description)) }
    let percent = (1000 * probability).rounded() / 10
    return HTMLReport.Picture(
      parts, title: "\(isCorrect ? "Right" : "Wrong"): \(actualClass), called \(predictedClass)",
      caption: "\(name). Probability of \(positiveClass) \(percent) %."
        + (heatMap.map { " \($0.description)." } ?? ""), isMarked: !isCorrect)
  }
}
