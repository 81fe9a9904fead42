public import Explanation
import Imaging
public import Reporting
import Tensor

/// A way to ask which parts of a film moved a classifier.
public enum ExplanationMethod: String, Sendable, Hashable, CaseIterable, Codable {
  /// Grad-CAM at the last convolution.
  case gradCAM = "grad-cam"
  /// The gradient's magnitude.
  case saliency
  /// The gradient's magnitude, averaged over noisy copies of the film.
  case smoothGrad = "smooth-grad"
  /// Integrated gradients, from a film of zeros: black, or the mean grey where films are standardized or levelled.
  case integratedGradients = "integrated-gradients"
  /// How much the score falls when a patch is covered with the mean of the film.
  case occlusion

  /// What people call it.
  public var title: String {
    switch self {
    case .gradCAM: "Grad-CAM"
    case .saliency: "Saliency"
    case .smoothGrad: "SmoothGrad"
    case .integratedGradients: "Integrated gradients"
    case .occlusion: "Occlusion"
    }
  }

  /// The question that it answers, about a class.
  public func question(about className: String) -> String {
    switch self {
    case .gradCAM: "Which places speak for \(className)?"
    case .saliency, .smoothGrad:
      "Which pixels would move the score of \(className) most, if they changed a little?"
    case .integratedGradients:
      "How is the score of \(className) dealt out over the pixels, against an empty film?"
    case .occlusion: "How much does the score of \(className) fall when a patch is covered?"
    }
  }

  fileprivate var method: any AttributionMethod {
    switch self {
    case .gradCAM: GradCAM()
    case .saliency: Saliency()
    case .smoothGrad: SmoothGrad()
    case .integratedGradients: IntegratedGradients()
    case .occlusion: Occlusion()
    }
  }

  /// Which quantile of its magnitudes a map is drawn in units of: a few pixels must not make all others look faint.
  fileprivate var quantile: Double {
    switch self {
    case .gradCAM, .occlusion: 1
    case .saliency, .smoothGrad, .integratedGradients: 0.995
    }
  }
}

/// Which parts of a film moved a classifier, and how much of that lies outside the lungs' place.
///
/// A heat map shows what moved the network, not where disease is: see ``notice``.
public struct FilmExplanation: Sendable {
  /// What whoever sees a heat map must know.
  public static let notice =
    "A heat map shows what moved the network, not where disease is. It is no diagnosis."

  /// Where lungs are on a film that shows a chest from edge to edge: the middle 80 % of its height and width.
  public static let lungBox = RelativeBox.central(0.8)

  /// How it was asked.
  public let method: ExplanationMethod
  /// The class that the map speaks for.
  public let className: String
  /// The map of what the network saw; the mean over the networks, where there are several.
  public let map: AttributionMap
  /// The film.
  public let film: PreparedFilm
  /// The box that lungs are taken to be in, in fractions of the film's sides.
  public let lungBox: RelativeBox

  /// The share of the map outside the box; `nil` where nothing speaks for the class at all.
  public var shareOutsideLungs: Double? {
    map.share(outside: lungBox.relative(to: seen))
  }

  /// The share that a map would have outside the box if it were the same everywhere.
  public var evenShareOutsideLungs: Double { 1 - lungBox.relative(to: seen).area }

  /// What the network saw, in fractions of the film's sides.
  private var seen: RelativeBox {
    let (height, width) = (Double(film.original.height), Double(film.original.width))
    let (rows, columns) = (film.region.rows, film.region.columns)
    return RelativeBox(
      top: Double(rows.lowerBound) / height, left: Double(columns.lowerBound) / width,
      bottom: Double(rows.upperBound) / height, right: Double(columns.upperBound) / width)
  }

  /// The map over the film, at the resolution of the film.
  ///
  /// - Parameter longestSide: If the film is larger, it is reduced to this many pixels, at least one.
  public func overlay(longestSide: Int? = nil) -> HeatMapOverlay {
    let strengths = map.normalized(quantile: method.quantile).values
    let original = film.original
    let longest = max(original.height, original.width)
    guard let longestSide, longestSide < longest else {
      return HeatMapOverlay(
        strengths, isSigned: map.isSigned, on: original, rows: film.region.rows,
        columns: film.region.columns)
    }
    func reduced(_ position: Int) -> Int {
      Int((Double(position) * Double(longestSide) / Double(longest)).rounded())
    }
    func reduced(_ range: Range<Int>, of length: Int) -> Range<Int> {
      let start = min(reduced(range.lowerBound), length - 1)
      return start..<min(max(reduced(range.upperBound), start + 1), length)
    }
    let size = ImageSize(
      height: max(reduced(original.height), 1), width: max(reduced(original.width), 1))
    return HeatMapOverlay(
      strengths, isSigned: map.isSigned, on: original.resized(to: size, by: .area),
      rows: reduced(film.region.rows, of: size.height),
      columns: reduced(film.region.columns, of: size.width))
  }
}

extension CovidClassifier {
  /// Asks which parts of a film speak for a class.
  ///
  /// The score is the logit, before the sigmoid. With several networks the map is the mean of theirs; of several views of a film,
  /// the unchanged one is explained.
  ///
  /// - Parameters:
  ///   - film: As ``preprocessing`` has prepared it.
  ///   - method: How to ask.
  ///   - className: The class; the predicted one by default.
  ///   - lungBox: The box that lungs are taken to be in, in fractions of the film's sides.
  /// - Throws: ``UnknownClass``.
  public func explain(
    _ film: PreparedFilm, by method: ExplanationMethod, class className: String? = nil,
    lungBox: RelativeBox = FilmExplanation.lungBox
  ) throws -> FilmExplanation {
    let className = className ?? predict(film).predictedClass
    guard let index = classNames.firstIndex(of: className) else {
      throw UnknownClass(name: className, classNames: classNames)
    }
    let maps = members.map {
      method.method.map(of: ClassScore(of: $0, class: index), at: film.tensor)
    }
    return FilmExplanation(
      method: method, className: className, map: .mean(of: maps), film: film, lungBox: lungBox)
  }
}
