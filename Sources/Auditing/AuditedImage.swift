import Datasets
import Foundation
import Imaging
import Synchronization
import Tensor

/// What the audit keeps of an image file.
struct AuditedImage: Sendable {
  /// The side of `thumbnail`.
  static let side = 32

  /// The path from the folder of the data set on.
  let path: String
  /// The place of its part.
  let part: Int
  /// Its class.
  let label: Int
  let url: URL
  /// Its patient, where the table knows.
  let patient: String?
  let properties: ImageProperties
  let hash: DifferenceHash
  /// The brightness of 32 × 32 fields, row by row, in `0...1`.
  let thumbnail: [Double]

  /// The fields of the thumbnail within `width` of its border.
  func border(width: Int) -> [Double] {
    let inside = width..<Self.side - width
    return thumbnail.indices.filter {
      !inside.contains($0 / Self.side) || !inside.contains($0 % Self.side)
    }.map { thumbnail[$0] }
  }
}

/// A file that cannot be read.
struct Unreadable {
  let error: any Error
  /// The path and the trouble.
  var reason: String { String(describing: error) }
}

extension AuditedImage {
  /// Reads all images of the parts, on all cores.
  ///
  /// - Returns: The images in their order, and the files that cannot be read with the reason.
  static func all(
    in parts: [DatasetAudit.Part], patients: PatientTable?
  ) -> (images: [AuditedImage], unreadable: [Unreadable]) {
    let files = parts.enumerated().flatMap { index, part in
      part.folder.files.map { (part: index, file: $0, path: part.path(of: $0)) }
    }
    let results = Mutex<[Int: Result<AuditedImage, any Error>]>([:])
    Parallel.forEach(files.count) { slot in
      let (part, file, path) = files[slot]
      let result = Result {
        try AuditedImage(file, path: path, part: part, patient: patients?.patient(of: path))
      }
      results.withLock { $0[slot] = result }
    }
    var images: [AuditedImage] = []
    var unreadable: [Unreadable] = []
    let done = results.withLock { $0 }
    for slot in files.indices {
      switch done[slot] {
      case .success(let image): images.append(image)
      case .failure(let error): unreadable.append(Unreadable(error: error))
      case nil:
        // `Parallel.forEach` calls for every slot, and each leaves a result or an error here, whatever its file holds.
        fatalError("audit: image \(slot) was never read")
      }
    }
    return (images, unreadable)
  }

  private init(_ file: ImageFolder.File, path: String, part: Int, patient: String?) throws {
    let properties = try ImageProperties(contentsOf: file.url)
    let image = try Image(contentsOf: file.url, as: .grey)
    let thumbnail = image.resized(
      to: ImageSize(height: Self.side, width: Self.side), by: .area)
    self.init(
      path: path, part: part, label: file.label, url: file.url, patient: patient,
      properties: properties, hash: DifferenceHash(of: image),
      thumbnail: thumbnail.pixels.scalars.map { Double($0) / 255 })
  }
}
