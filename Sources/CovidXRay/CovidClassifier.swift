import Autograd
public import Foundation
public import Imaging
public import Layers
public import Tensor

/// A trained network, or several, that tell two kinds of chest films apart, with all that is needed to use them as was meant.
///
/// ```swift
/// let run = try CovidClassifier.train(on: folder, recipe: .article)
/// let probability = try run.model.predict(imageAt: url).probability(of: "Covid")
/// ```
///
/// Films reach the networks through ``preprocessing`` alone, which is saved with the weights.
public struct CovidClassifier: Sendable {
  /// The networks, one or more of the same layers, whose probabilities are averaged: each maps ``Preprocessing/shape`` to the
  /// probability of the second class.
  public let members: [Sequential<Float>]
  /// The first network.
  public var network: Sequential<Float> { members[0] }
  /// What happens to a film before the networks see it.
  public let preprocessing: Preprocessing
  /// The two classes; the place of a name is its number.
  public let classNames: [String]
  /// The class that ``threshold`` speaks of: "Covid" if there is such a class, or else the first.
  public let positiveClass: String
  /// The probability of the positive class from which on a film counts as positive.
  public let threshold: Double
  /// What log-odds are divided by to calibrate the probabilities; `nil` where they are as the networks give them.
  public let temperature: Double?
  /// Where the weights come from: recipe, images, counts.
  public let provenance: [String: String]
  /// What the model is for, what it was trained on, how it did, and what it must not be used for, in Markdown.
  public let card: String
  private let prepared: [PreparedModel<Float>]

  /// - Precondition: There is a member.
  package init(
    members: [Sequential<Float>], preprocessing: Preprocessing, classNames: [String],
    positiveClass: String, threshold: Double, temperature: Double? = nil,
    provenance: [String: String], card: String
  ) {
    require(!members.isEmpty, "CovidClassifier: needs a network")
    self.members = members
    self.preprocessing = preprocessing
    self.classNames = classNames
    self.positiveClass = positiveClass
    self.threshold = threshold
    self.temperature = temperature
    self.provenance = provenance
    self.card = card
    prepared = members.map { $0.prepared(for: preprocessing.shape) }
  }

  /// The same classifier with another card.
  func with(card: String) -> CovidClassifier {
    CovidClassifier(
      members: members, preprocessing: preprocessing, classNames: classNames,
      positiveClass: positiveClass, threshold: threshold, temperature: temperature,
      provenance: provenance, card: card)
  }

  /// The class that figures are about: "Covid" if there is such a class, or else the first.
  static func positiveClass(among classNames: [String]) -> String {
    classNames.contains("Covid") ? "Covid" : classNames[0]
  }

  /// Whether the model was trained on phantoms drawn in code, and says nothing about patients.
  public var isSynthetic: Bool { provenance[Provenance.synthetic] == "true" }

  /// The probabilities for the film in a file.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func predict(imageAt url: URL) throws -> Prediction {
    prediction(for: preprocessing.tensors(of: try preprocessing.image(at: url)))
  }

  /// The probabilities for a film that has been decoded, of any size, grey or RGB.
  ///
  /// Those of the file that it was decoded from.
  public func predict(_ film: Image) -> Prediction { predict(preprocessing.prepare(film)) }

  /// The probabilities for a film that has been prepared.
  ///
  /// - Precondition: ``preprocessing`` has prepared it, or an equal one.
  public func predict(_ film: PreparedFilm) -> Prediction {
    require(
      film.views.count == preprocessing.views.parameters.count,
      "predict: the film has \(film.views.count) views, prepared in another way")
    return prediction(for: film.views)
  }

  /// What the networks say about one film: the mean over members, and over views, each of ``Preprocessing/shape``.
  func prediction(for views: [Tensor<Float>]) -> Prediction {
    let members = prepared.map { network in
      views.reduce(0) { $0 + Double(network($1).item()) } / Double(views.count)
    }
    let second = calibrated(members.reduce(0, +) / Double(members.count))
    return Prediction(
      classNames: classNames, probabilities: [1 - second, second],
      memberProbabilities: members.map(calibrated).map { [1 - $0, $0] },
      positiveClass: positiveClass, threshold: threshold)
  }

  /// The probability whose log-odds are those of `probability`, divided by the temperature.
  private func calibrated(_ probability: Double) -> Double {
    guard let temperature else { return probability }
    return 1 / (1 + exp(-log(probability / (1 - probability)) / temperature))
  }
}

/// The names under which a model file says where its weights come from.
enum Provenance {
  static let synthetic = "synthetic"
  static let recipe = "recipe"
  static let images = "images"
  static let training = "trainingImages"
  static let validation = "validationImages"
  static let skipped = "skippedImages"
  static let patients = "patients"
}
