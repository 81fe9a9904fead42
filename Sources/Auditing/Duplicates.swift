import Foundation
import Imaging

/// Files that show the same picture.
enum Duplicates {
  /// A pair of images by their places.
  struct Pair {
    let first: Int
    let second: Int
    let isExact: Bool
    let distance: Int
  }

  /// All pairs, in the order of the images.
  static func pairs(among images: [AuditedImage]) -> [Pair] {
    var pairs: [Pair] = []
    for second in images.indices {
      for first in 0..<second {
        let distance = images[first].hash.distance(to: images[second].hash)
        guard distance <= DifferenceHash.samePicture else { continue }
        // Equal bytes look equal, so no other pairs need be compared.
        let isExact = distance == 0 && haveEqualBytes(images[first], images[second])
        pairs.append(Pair(first: first, second: second, isExact: isExact, distance: distance))
      }
    }
    return pairs
  }

  private static func haveEqualBytes(_ first: AuditedImage, _ second: AuditedImage) -> Bool {
    guard first.properties.byteCount == second.properties.byteCount,
      let a = try? Data(contentsOf: first.url), let b = try? Data(contentsOf: second.url)
    else { return false }
    return a == b
  }
}
