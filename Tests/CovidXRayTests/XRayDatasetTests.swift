import CovidXRay
import Datasets
import Foundation
import Testing

@Suite("X-ray data set")
struct XRayDatasetTests {
  @Test("classes and counts come from the folders")
  func folders() throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let dataset = try XRayDataset(at: folder)
      #expect(dataset.classNames == ["Covid", "Normal"])
      #expect(dataset.counts(.training) == [3, 3] && dataset.counts(.validation) == [2, 2])
      #expect(!dataset.isSynthetic)
    }
  }

  @Test("the parts may be called otherwise", arguments: ["train val", "TRAIN Validation"])
  func names(names: String) throws {
    try Sample.withTemporaryFolder { folder in
      try Sample.writeDataset(to: folder)
      let parts = names.split(separator: " ").map(String.init)
      for (old, new) in zip(["Train", "Val"], parts) {
        try FileManager.default.moveItem(
          at: folder.appending(path: old), to: folder.appending(path: new))
      }
      #expect(try XRayDataset(at: folder).counts(.validation) == [2, 2])
    }
  }

  /// A data set spoilt in one way, and what the message about it must have.
  struct Spoilt: Sendable, CustomTestStringConvertible {
    let message: String
    let spoil: @Sendable (URL) throws -> Void

    init(_ message: String, _ spoil: @escaping @Sendable (URL) throws -> Void) {
      self.message = message
      self.spoil = spoil
    }

    var testDescription: String { message }
  }

  private static let spoilt: [Spoilt] = [
    Spoilt("Data: no such folder") { try FileManager.default.removeItem(at: $0) },
    Spoilt("Data: a file") {
      try FileManager.default.removeItem(at: $0)
      try Data("x".utf8).write(to: $0)
    },
    Spoilt("Data: no folder Train") { try remove($0, "Train") },
    Spoilt("Data: no folder Val") { try remove($0, "Val") },
    Spoilt("several folders of validation films, Val, validation") { try make($0, "validation") },
    Spoilt("Train/Covid") { try empty($0, "Train/Covid") },
    Spoilt("one class only, Normal") { try remove($0, "Train/Covid") },
    Spoilt("one class only, Normal") { try remove($0, "Val/Covid") },
    Spoilt("3 classes, Covid, Normal, three") { try copy($0, "Train/Covid", "Train/three") },
    Spoilt("a folder \"Other\"") { try copy($0, "Val/Covid", "Val/Other") },
  ]

  @Test("what cannot be trained on is refused, and the message says where", arguments: spoilt)
  func refused(spoilt: Spoilt) throws {
    try Sample.withTemporaryFolder { folder in
      let data = folder.appending(path: "Data")
      try Sample.writeDataset(to: data)
      try spoilt.spoil(data)
      let error = #expect(throws: DatasetError.self) { try XRayDataset(at: data) }
      let text = error?.description ?? "none"
      #expect(text.contains(spoilt.message) && text.contains("Data"), "\(text)")
    }
  }
}

private func remove(_ folder: URL, _ path: String) throws {
  try FileManager.default.removeItem(at: folder.appending(path: path))
}

private func make(_ folder: URL, _ path: String) throws {
  try FileManager.default.createDirectory(
    at: folder.appending(path: path), withIntermediateDirectories: false)
}

private func empty(_ folder: URL, _ path: String) throws {
  try remove(folder, path)
  try make(folder, path)
}

private func copy(_ folder: URL, _ from: String, _ to: String) throws {
  try FileManager.default.copyItem(
    at: folder.appending(path: from), to: folder.appending(path: to))
}
