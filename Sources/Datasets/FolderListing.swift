import Foundation

/// What is in a folder, or why it cannot be said.
package enum FolderListing {
  /// The names of what is in the folder at `path`, in no order.
  ///
  /// - Throws: `DatasetError` where there is no folder, or none that may be listed.
  package static func names(at path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DatasetError(.missing, path: path, "no such folder")
    }
    guard isFolder.boolValue else {
      throw DatasetError(.notAFolder, path: path, "a file; expected a folder")
    }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch CocoaError.fileReadNoPermission {
      throw DatasetError(.inaccessible, path: path, "no permission to list it")
    } catch {
      throw DatasetError(
        .inaccessible, path: path, "cannot be listed: \(error.localizedDescription)")
    }
  }
}
