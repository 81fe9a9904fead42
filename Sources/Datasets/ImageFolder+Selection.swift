package import Foundation
import Tensor

extension ImageFolder {
  /// The files of several folders of the same classes as those of one, class by class.
  ///
  /// - Parameters:
  ///   - folders: One or more, with the same classes.
  ///   - url: The folder that all of them are in; paths begin there.
  /// - Precondition: The classes are the same.
  package static func joined(_ folders: [ImageFolder], in url: URL) -> ImageFolder {
    require(
      !folders.isEmpty && folders.allSatisfy { $0.classNames == folders[0].classNames },
      "ImageFolder.joined: needs folders of the same classes, got \(folders.map(\.classNames))")
    let files = folders.flatMap { folder in
      folder.files.map { file in
        File(
          url: file.url, path: "\(folder.url.standardizedFileURL.lastPathComponent)/\(file.path)",
          label: file.label)
      }
    }
    return ImageFolder(
      url: url, classNames: folders[0].classNames,
      files: folders[0].classNames.indices.flatMap { label in files.filter { $0.label == label } },
      ignored: [])
  }

  /// The files at `indices` alone.
  ///
  /// - Precondition: Every index names a file.
  package func selecting(_ indices: [Int]) -> ImageFolder {
    require(
      indices.allSatisfy(files.indices.contains),
      "ImageFolder.selecting: an index is outside 0..<\(files.count)")
    return ImageFolder(
      url: url, classNames: classNames, files: indices.map { files[$0] }, ignored: [])
  }
}
