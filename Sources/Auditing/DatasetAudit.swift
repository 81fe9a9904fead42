public import Datasets
import Evaluation
import Foundation
import Imaging
import Tensor

/// Looks at labelled images for what would make a figure measured on them too good: pictures and patients in two parts,
/// and clues to the class that have nothing to do with what an image shows.
///
/// ```swift
/// let parts = try ["Train", "Val"].map { name in
///   DatasetAudit.Part(name: name, folder: try ImageFolder(at: url.appending(path: name)))
/// }
/// let report = try DatasetAudit(parts: parts, positiveClass: "Covid").report()
/// print(report.text)
/// ```
///
/// It knows nothing of chests but for one thing: the middle that ``Visibility/withoutMiddle`` hides.
public struct DatasetAudit: Sendable {
  /// A part of a data set.
  public struct Part: Sendable {
    /// What it is called in the report, such as `"training"`.
    public let name: String
    /// Its images.
    public let folder: ImageFolder

    /// The images of `folder`, called `name`.
    public init(name: String, folder: ImageFolder) {
      self.name = name
      self.folder = folder
    }

    /// The path of a file from the folder of the data set on, of which the part is a folder.
    func path(of file: ImageFolder.File) -> String {
      "\(folder.url.standardizedFileURL.lastPathComponent)/\(file.path)"
    }
  }

  /// What an audit is doing.
  public enum Progress: Sendable, Hashable {
    /// It reads all images.
    case reading
    /// It fits rules and simple models.
    case fitting
    /// So many images have been shown to the model.
    case asking(done: Int, count: Int)
  }

  private let parts: [Part]
  private let classNames: [String]
  private let positive: Int
  private let patients: PatientTable?

  /// An audit of parts of one data set.
  ///
  /// - Parameters:
  ///   - parts: The part to learn from, then those to measure with, if there are any. All have the same classes.
  ///   - positiveClass: The class that areas under the curve are about.
  ///   - patients: The patient of each file, by its path from the folder of the data set on (`Train/Covid/a.jpg`) or by its
  ///     name.
  /// - Throws: `DatasetError` where the parts do not have the same classes, or there are images of fewer than two to learn
  ///   from.
  public init(parts: [Part], positiveClass: String, patients: PatientTable? = nil) throws {
    require(!parts.isEmpty, "DatasetAudit: needs one part or more")
    classNames = parts[0].folder.classNames
    try parts[0].folder.requireTwoClasses()
    for part in parts where part.folder.classNames != classNames {
      throw DatasetError(
        .unknownClass, path: part.folder.url.path(percentEncoded: false),
        "classes \(part.folder.classNames.joined(separator: ", ")); expected "
          + classNames.joined(separator: ", "))
    }
    guard let positive = classNames.firstIndex(of: positiveClass) else {
      throw DatasetError(
        .unknownClass, path: parts[0].folder.url.path(percentEncoded: false),
        "no class \"\(positiveClass)\" in it, only \(classNames.joined(separator: ", "))")
    }
    self.parts = parts
    self.positive = positive
    self.patients = patients
  }

  /// Audits the images, and a model on them if one is given.
  ///
  /// - Parameters:
  ///   - model: A model of the same classes.
  ///   - unreadable: What to do about files that cannot be read.
  ///   - progress: Called on the way. What it throws ends the audit.
  /// - Throws: `ImageError` and `DatasetError` with the path and the reason; `InvalidScores` where the model gives what is no
  ///   probability; what the model throws.
  public func report(
    model: AuditedModel? = nil, unreadable: UnreadableSamples = .stop,
    progress: (Progress) throws -> Void = { _ in }
  ) throws -> AuditReport {
    if let model, Set(model.classNames) != Set(classNames) {
      throw DatasetError(
        .unknownClass, path: parts[0].folder.url.path(percentEncoded: false),
        "classes \(classNames.joined(separator: ", ")); the model knows "
          + model.classNames.joined(separator: ", "))
    }
    try progress(.reading)
    let (images, bad) = AuditedImage.all(in: parts, patients: patients)
    if unreadable == .stop, let first = bad.first { throw first.error }
    try requireTwoClasses(among: images)
    try progress(.fitting)
    let scorer = Scorer(
      images: images, partCount: parts.count, classNames: classNames, positive: positive)
    let relations = Relations(images: images, parts: parts, patients: patients)
    let properties = scorer.properties()
    let baselines = try SimpleModel.all.map { try scorer.answers(of: $0) }
    let models = try model.map { try scorer.answers(of: $0, progress) } ?? []
    let counts = parts.indices.map { part in
      classNames.indices.map { label in
        images.count { $0.part == part && $0.label == label }
      }
    }
    let partNames = parts.map(\.name)
    let evidence = Verdict.Evidence(
      partNames: partNames, counts: counts, relations: relations, properties: properties,
      baselines: baselines, models: models, scorer: scorer)
    return AuditReport(
      classNames: classNames, positiveClass: classNames[positive],
      parts: parts.indices.map { part in
        AuditReport.Part(
          name: partNames[part], counts: counts[part],
          patientCount: scorer.intervals.patientCount(at: scorer.places(inPart: part)))
      },
      unreadable: bad.map(\.reason), duplicates: relations.duplicates,
      patients: relations.patients, nameSeries: relations.nameSeries, leaks: relations.leaks,
      properties: properties.map(\.property), baselines: baselines.map(\.baseline),
      models: models.map(\.model),
      findings: Verdict.findings(from: evidence))
  }

  private func requireTwoClasses(among images: [AuditedImage]) throws {
    guard Set(images.filter { $0.part == 0 }.map(\.label)).count < 2 else { return }
    throw DatasetError(
      .nothingReadable, path: parts[0].folder.url.path(percentEncoded: false),
      "readable images of fewer than two classes; expected two or more")
  }
}
