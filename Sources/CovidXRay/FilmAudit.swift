public import Auditing
public import Datasets
public import Foundation
import Imaging

extension DatasetAudit {
  /// An audit of the films of a folder as ``XRayDataset`` describes it, and of those in `Test`, if there is such a folder.
  ///
  /// - Parameters:
  ///   - url: The folder of the data set.
  ///   - patients: The patient of each file, by its path from that folder on or by its name.
  /// - Throws: `DatasetError` where the folder is no such data set.
  public init(filmsAt url: URL, patients: PatientTable? = nil) throws {
    let dataset = try XRayDataset(at: url)
    guard case .folders(let training, let validation) = dataset.origin else {
      // `XRayDataset(at:)` makes no other origin: what is wrong with the folder, it throws.
      fatalError("a data set that is read from a folder is one of folders")
    }
    var parts = [
      Part(name: "training", folder: training), Part(name: "validation", folder: validation),
    ]
    if let test = try XRayDataset.testFolderIfPresent(in: url) {
      parts.append(
        Part(name: "test", folder: try ImageFolder(at: test, classNames: dataset.classNames)))
    }
    try self.init(
      parts: parts, positiveClass: CovidClassifier.positiveClass(among: dataset.classNames),
      patients: patients)
  }
}

extension XRayDataset {
  /// The folder of films that are kept for a last test, called `Test` in any case, `nil` where there is none.
  public static func testFolderIfPresent(in url: URL) throws -> URL? {
    let names = try FolderListing.names(at: url.path(percentEncoded: false))
    return names.sorted().first { $0.lowercased() == "test" }.map { url.appending(path: $0) }
  }
}

extension CovidClassifier {
  /// This classifier as an audit takes it.
  public var audited: AuditedModel {
    AuditedModel(
      classNames: classNames,
      threshold: (classNames.firstIndex(of: positiveClass) ?? 0, threshold)
    ) { predict($0).probabilities }
  }
}
