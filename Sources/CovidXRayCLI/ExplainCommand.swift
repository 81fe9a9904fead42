import ArgumentParser
import CovidXRay
import Explanation
import Foundation
import Reporting

struct ExplainCommand: CovidXRaySubcommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Draw which parts of image files moved a model.",
    discussion: """
      For each file and method, a PNG in the folder: the film in grey at its own size, a heat map over it, and a bar that \
      tells what the colours mean. \(FilmExplanation.notice) A large share outside the box where lungs are is a reason \
      not to trust what the model says; a small one is no proof of the opposite.

      A file that cannot be read is reported, the others are explained all the same, and the exit code is 65.
      """)

  @OptionGroup var films: FilmOptions

  @Option(
    help: "The folder for the pictures, made if need be; those of the same name are replaced.")
  var out: Path

  @Option(
    help: """
      How to ask, separated by commas: \
      \(ExplanationMethod.allCases.map(\.rawValue).joined(separator: ", ")).
      """)
  var method = MethodList(methods: [.gradCAM])

  @Option(name: .customLong("class"), help: "The class to explain; the predicted one by default.")
  var className: String?

  @Option(
    parsing: .unconditional,
    help: """
      Where lungs are, in fractions of the film's sides: top,left,bottom,right. The middle 80 % by default.
      """)
  var lungBox = LungBox(box: FilmExplanation.lungBox)

  @OptionGroup var computing: ThreadOptions

  @OptionGroup var printing: PrintOptions

  func execute() throws {
    computing.apply()
    let classifier = try CovidClassifier(contentsOf: films.model.url)
    let isSynthetic = classifier.isSynthetic
    if let className, !classifier.classNames.contains(className) {
      throw ValidationError(
        "--class is \"\(className)\", but the model knows "
          + classifier.classNames.joined(separator: " and "))
    }
    if !printing.quiet {
      if isSynthetic { Console.note("Model: \(SyntheticChest.notice)") }
      Console.note(FilmExplanation.notice)
    }
    do {
      try FileManager.default.createDirectory(at: out.url, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        code: .unwritableOutput,
        message: "\(out.text): cannot be made: \(error.localizedDescription)")
    }
    var names = PictureNames()
    try films.forEachFilm(
      isSynthetic: isSynthetic, printing, read: classifier.preprocessing.prepare(imageAt:)
    ) { film, file in
      let name = names.next(for: file.url)
      let explained = try method.methods.map { method -> (FilmExplanation, String) in
        let explanation = try classifier.explain(
          film, by: method, class: className, lungBox: lungBox.box)
        let url = out.url.appending(path: "\(name)-\(method.rawValue).png")
        try Failure.writing { try explanation.overlay().writePNG(to: url) }
        return (explanation, url.relativePath)
      }
      try report(explained, classifier.predict(film), of: file, isSynthetic: isSynthetic)
    }
  }

  private func report(
    _ explained: [(explanation: FilmExplanation, picture: String)], _ prediction: Prediction,
    of file: Path, isSynthetic: Bool
  ) throws {
    if printing.json {
      return try Console.print(
        json: ExplanationRecord(
          prediction: PredictionRecord(
            "explanation", prediction, of: file, isSynthetic: isSynthetic),
          explanations: explained.map { .init($0.explanation, picture: $0.picture) }))
    }
    let shares = explained.map { explanation, _ in
      "\(explanation.method.rawValue) \(Self.percent(explanation.shareOutsideLungs))"
    }
    let (first, even) = (
      explained[0].explanation, Self.percent(explained[0].explanation.evenShareOutsideLungs)
    )
    try Console.print(
      try prediction.line(for: file)
        + "; for \(first.className), outside the lung box (even: \(even)): "
        + shares.joined(separator: ", ") + (isSynthetic ? " (SYNTHETIC model)" : ""))
  }

  private static func percent(_ share: Double?) -> String {
    share.map { String(format: "%.1f %%", 100 * $0) } ?? "nothing speaks for it"
  }
}

/// Methods by name, separated by commas.
struct MethodList: ExpressibleByArgument {
  let methods: [ExplanationMethod]

  init(methods: [ExplanationMethod]) { self.methods = methods }

  /// Fails for unknown names, for none, and for one that comes twice.
  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    methods = names.compactMap { ExplanationMethod(rawValue: String($0)) }
    guard methods.count == names.count, Set(methods).count == methods.count else { return nil }
  }

  var defaultValueDescription: String { methods.map(\.rawValue).joined(separator: ",") }
}

/// A box as four fractions, separated by commas.
struct LungBox: ExpressibleByArgument {
  let box: RelativeBox

  init(box: RelativeBox) { self.box = box }

  /// Fails unless the four are in `0...1` and enclose something.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter { (0...1).contains($0) }
    guard parts.count == 4, numbers.count == 4, numbers[0] < numbers[2], numbers[1] < numbers[3]
    else { return nil }
    box = RelativeBox(top: numbers[0], left: numbers[1], bottom: numbers[2], right: numbers[3])
  }

  var defaultValueDescription: String {
    [box.top, box.left, box.bottom, box.right].map { String(format: "%g", $0) }
      .joined(separator: ",")
  }
}

/// Names for pictures: those of the films, with a number where two films have the same.
private struct PictureNames {
  private var taken: Set<String> = []

  mutating func next(for url: URL) -> String {
    let name = url.deletingPathExtension().lastPathComponent
    var candidate = name
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }
}

/// The record of a file.
private struct ExplanationRecord: Encodable {
  struct Map: Encodable {
    let method: ExplanationMethod
    let explainedClass: String
    let picture: String
    let shareOutsideLungs: Double?
    let evenShareOutsideLungs: Double

    init(_ explanation: FilmExplanation, picture: String) {
      method = explanation.method
      explainedClass = explanation.className
      self.picture = picture
      shareOutsideLungs = explanation.shareOutsideLungs
      evenShareOutsideLungs = explanation.evenShareOutsideLungs
    }
  }

  private enum Key: CodingKey {
    case notice, explanations
  }

  let prediction: PredictionRecord
  let explanations: [Map]

  /// The fields of the prediction, and two more beside them.
  func encode(to encoder: any Encoder) throws {
    try prediction.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(FilmExplanation.notice, forKey: .notice)
    try container.encode(explanations, forKey: .explanations)
  }
}
