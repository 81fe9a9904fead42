import CovidXRay
import CovidXRayWeb
import Foundation
import Imaging
import Layers
import Tensor

/// A classifier of small networks with random weights.
func classifier(
  networks: Int = 2, classNames: [String] = ["Covid", "Normal"], card: String = "",
  synthetic: Bool = false
) -> CovidClassifier {
  CovidClassifier(
    members: (0..<networks).map { seed in
      var random = RandomGenerator(seed: UInt64(seed))
      return CarefulNetwork.model(channels: [3, 4], using: &random)
    },
    preprocessing: Preprocessing(
      colours: .grey, size: ImageSize(height: 24, width: 24), resizing: .area, margin: 0.05),
    classNames: classNames, positiveClass: classNames[0], threshold: 0.4,
    provenance: ["synthetic": "\(synthetic)"], card: card)
}

/// A film as a PNG file.
func film(height: Int = 60, width: Int = 40) throws -> Data {
  let pixels = (0..<height * width).map { UInt8($0 * 37 % 251) }
  return try Image(Tensor(pixels, shape: [height, width, 1])).pngData()
}

/// A request as a browser sends it.
func head(
  _ method: String, _ path: String, query: [String: String] = [:], host: String? = "localhost:8080",
  length: Int? = nil, others: [String: String] = [:]
) -> WebRequestHead {
  var headers = others
  headers["host"] = host
  headers["content-length"] = length.map(String.init)
  return WebRequestHead(method: method, path: path, query: query, headers: headers)
}

/// The record in an answer.
func record(_ response: WebResponse) throws -> [String: Any] {
  let object = try JSONSerialization.jsonObject(with: response.body)
  guard let record = object as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
  return record
}
