import Autograd
import Imaging

/// What whoever uses a model has to know about it, as a text that travels with the weights.
struct ModelCard {
  let classifier: CovidClassifier
  let recipe: TrainingRecipe
  /// Films of each class that were trained on, and that were measured on.
  let counts: [[Int]]
  let training: SplitEvaluation
  let validation: SplitEvaluation

  /// The card in Markdown.
  ///
  /// A function of the run's results alone: equal runs give equal cards.
  var text: String {
    let names = classifier.classNames
    let label = classifier.isSynthetic ? "SYNTHETIC. " : ""
    return """
      # \(label)\(names.joined(separator: " or ")): a small network for chest films

      \(classifier.isSynthetic ? "**\(SyntheticChest.notice).**\n\n" : "")## Intended use

      To show how such a network is trained and measured, and how far its figures can be trusted: for teaching, and for
      research on methods. It is no medical device. Nothing medical can be concluded from what it says about a film, and
      nobody's treatment may depend on it.

      ## Model

      \(model) Output: the probability of "\(names[1])". A film counts as "\(classifier.positiveClass)" where the probability \
      of that class is \(classifier.threshold) or more. \(calibration)

      ## Training

      \(classifier.isSynthetic ? "Phantoms drawn in code" : "Image files"): \(Self.list(counts[0], names)) to train on, \
      \(Self.list(counts[1], names)) to measure with. \(recipe.epochs) epochs of \(recipe.stepsPerEpoch) steps with \
      \(recipe.batchSize) images\(recipe.care == nil ? "" : " at the most"), Adam at \(recipe.learningRate), augmentation \
      "\(recipe.augmentation.rawValue)", seed \(recipe.seed).\(care)

      ## Figures

      Without augmentation, at the threshold above. Intervals are exact ones of 95 % (Clopper and Pearson); they speak of
      further films of the same kind and origin, and of no others. \(label)The training figures are those of films that the
      network has seen, and say how well it remembers. The validation figures steered no choice in this run.

      | | \(training.name), \(training.count) images | \(validation.name), \(validation.count) images |
      |---|---|---|
      \(rows)

      ## Limits

      \(classifier.isSynthetic ? Self.syntheticLimits : Self.limits)
      """ + "\n"
  }

  private var model: String {
    let count = classifier.members.count
    let widths = recipe.channels.map(String.init).joined(separator: ", ")
    let parameters = classifier.network.parameterCount()
    let size = classifier.preprocessing.size
    let views =
      switch classifier.preprocessing.views {
      case .one: ""
      case .five:
        " A film is looked at in five ways, slightly turned and scaled, and the mean counts."
      case .fifteen:
        """
         A film is looked at in five ways, slightly turned and scaled, each in three tones, and the mean counts.
        """
      }
    let members =
      count == 1 ? "" : " \(count) such networks, whose mean counts; how far they disagree is told."
    if recipe.care == nil {
      return """
        The article's network: four convolutions (\(widths) channels), three poolings, two dense layers, \(parameters) \
        parameters.\(members) Input: \(size) pixels, RGB, nearest neighbour, scaled to 0…1.\(views)
        """
    }
    return """
      A small network: \(recipe.channels.count) convolutions (\(widths) channels), each with batch normalization and pooling, \
      and a mean over the film, \(parameters) parameters.\(members) Input: the lung field, found by a drawing of a chest and \
      stretched to \(size) grey pixels, flattened (without the plane that fits it best) and levelled (half standardized, half by \
      rank).\(views)
      """
  }

  private var calibration: String {
    guard let temperature = classifier.temperature else {
      return "The probabilities are not calibrated."
    }
    return """
      The probabilities are calibrated by a temperature of \(temperature), for films of the same kind and as many of each class.
      """
  }

  private var care: String {
    guard let care = recipe.care else { return "" }
    let percent = { (share: Double) in "\(Int((100 * share).rounded())) %" }
    return """


      The question that was trained is whether something is to be seen in the lungs: every negative film also took part \
      as a positive one, with opacities drawn into its lungs; the \(percent(care.clearShare)) of positive films with the \
      clearest lungs took part as negative ones, the next \(percent(care.unclearShare)) not at all. A positive film on which \
      nothing is to be seen will be missed. One of \(care.folds) parts of the patients was left out by each network, to end its \
      training and to choose temperature and threshold: that which finds \(percent(care.targetSensitivity)) of the positive \
      films left out, the \(percent(care.clearShare)) with the clearest lungs not counted. \
      \(classifier.provenance[Provenance.patients] ?? "")
      """
  }

  private var rows: String {
    zip(training.rates, validation.rates).map { training, validation in
      let name =
        training.name == "sensitivity"
        ? "sensitivity (\(classifier.positiveClass))" : training.name
      return "| \(name) | \(SplitEvaluation.text(training.rate)) | "
        + "\(SplitEvaluation.text(validation.rate)) |"
    }.joined(separator: "\n")
  }

  /// Counts with the names of their classes, such as `112 Covid, 112 Normal`.
  static func list(_ counts: [Int], _ classNames: [String]) -> String {
    zip(counts, classNames).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  private static let syntheticLimits = """
    The phantoms are drawings. A network that has learnt to tell them apart has learnt nothing about films of people: on
    such films, what it says is arbitrary.
    """

  /// What is known of the images that were published with the article; of others, nothing is known here.
  private static let limits = """
    A network learns whatever tells the classes apart, and in images that come from different places that need not be the
    lungs. Look for such differences before you believe a figure. For the images published with the article (112 + 112 to
    train on, 30 + 30 to measure with) they are known:

    - **Leakage.** Of 29 Covid films for validation, 4 are of patients that are in the training films too, and 1 is a
      training film under another name.
    - **Shortcuts.** The Normal films are of children of one to five years from one hospital, the Covid films are of adults,
      from the literature. "The file is not greyscale" alone is right for 95.8 % of all files. A ridge regression on nothing
      but the border of the film, 4 pixels of a thumbnail of 32 × 32, is right for 94.9 % of the validation films (area under
      the ROC curve .984). One training film is lateral; several carry arrows or a text like "day 3".
    - **Other films.** Trained as in the article, the network called 92 to 95 % of some 500 Normal films from another source,
      nearly all of adults, Covid: a specificity of 5 to 8 %, with a sensitivity above 90 %. It had learnt to tell children
      from adults.
    - **Numbers.** 58 right of 60 are compatible with a true rate of anything from 88.5 to 99.6 %.

    So high figures on these images are no evidence of anything about lungs.
    """
}
