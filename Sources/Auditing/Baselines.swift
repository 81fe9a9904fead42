import Evaluation
import Foundation
import Imaging
import Tensor

/// The simple models of an audit.
struct SimpleModel: Sendable {
  /// The width of the border that `borderPixels` sees, in fields of the thumbnail: an eighth of its side.
  static let borderWidth = AuditedImage.side / 8

  let name: String
  let method: String
  let classifier: LinearClassifier.Method
  let isStandardized: Bool
  /// Whether the model sees the middle of images, and so might tell classes apart by their content.
  let seesContent: Bool
  let features: @Sendable (AuditedImage) -> [Double]

  // Brightness lies in 0...1, and a penalty of 10 is fixed beforehand, not chosen by how well it does.
  static let all: [SimpleModel] = [
    SimpleModel(
      name: "metadata only", method: "logistic regression", classifier: .logistic(penalty: 1),
      isStandardized: true, seesContent: false, features: metadata),
    SimpleModel(
      name: "border pixels only", method: "ridge regression", classifier: .ridge(penalty: 10),
      isStandardized: false, seesContent: false, features: { $0.border(width: borderWidth) }),
    SimpleModel(
      name: "mean and variance", method: "logistic regression", classifier: .logistic(penalty: 1),
      isStandardized: true, seesContent: false,
      features: { [$0.thumbnail.mean, $0.thumbnail.deviation * $0.thumbnail.deviation] }),
    SimpleModel(
      name: "thumbnail of 32 × 32", method: "logistic regression",
      classifier: .logistic(penalty: 10), isStandardized: false, seesContent: true,
      features: \.thumbnail),
  ]

  /// What a file says of itself before its pixels.
  private static func metadata(of image: AuditedImage) -> [Double] {
    let properties = image.properties
    func flag(_ value: Bool) -> Double { value ? 1 : 0 }
    return ImageProperties.Colours.allCases.map { flag(properties.colours == $0) } + [
      flag(properties.format == .png), flag(properties.bitsPerSample > 8),
      flag(properties.isProgressive), flag(properties.hasColourProfile),
      log(Double(properties.size.width)), log(Double(properties.size.height)), log(image.aspect),
      log(image.bytesPerPixel),
    ]
  }

  /// The features of images, one row each.
  func matrix(_ images: [AuditedImage]) -> Tensor<Double> {
    let rows = images.map(features)
    return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
  }
}
