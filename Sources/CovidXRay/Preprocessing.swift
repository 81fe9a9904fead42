public import Datasets
public import Foundation
public import Imaging
public import Tensor

/// What happens to a film before the network sees it: decoded, converted, resized, scaled.
///
/// It travels with the model, as JSON, and there is no way to predict around it. The article's own figures were marred by
/// predictions on pixels of 0…255 with a network that had been trained on 0…1.
public struct Preprocessing: Sendable, Hashable {
  /// Grey or RGB, whatever a file holds.
  public let colours: Image.ColourMode
  /// The size after resizing, each side from 1 to 4096.
  public let size: ImageSize
  /// How films are resized.
  public let resizing: ResizeMethod
  /// What every sample of `0...255` is multiplied with, finite and positive.
  public let scale: Float

  /// The article's: RGB, nearest neighbour without antialiasing, scaled to `0...1`.
  ///
  /// - Parameter imageSize: Height and width, from 1 to 4096.
  public init(imageSize: Int) {
    self.init(
      colours: .rgb, size: ImageSize(height: imageSize, width: imageSize), resizing: .nearest,
      scale: 1 / 255)
  }

  init(colours: Image.ColourMode, size: ImageSize, resizing: ResizeMethod, scale: Float) {
    self.colours = colours
    self.size = size
    self.resizing = resizing
    self.scale = scale
  }

  /// The shape of one prepared film, `[1, height, width, channels]`.
  public var shape: [Int] { [1, size.height, size.width, colours.channels] }

  /// The film in a file, at the size that the network takes.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func image(at url: URL) throws -> Image {
    try Image(contentsOf: url, as: colours, resizedTo: size, by: resizing)
  }

  /// The films of a folder, at the size that the network takes.
  public func images(in folder: ImageFolder) -> LabeledImages {
    LabeledImages(folder, as: colours, size: size, by: resizing)
  }

  /// The last step, from samples to the numbers that the network sees.
  public var scaling: ScaledPixels { ScaledPixels(size: size, mode: colours, scale: scale) }

  /// The film in a file as the network sees it, of ``shape``.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func tensor(at url: URL) throws -> Tensor<Float> {
    let image = try image(at: url)
    return Tensor(shape: shape) {
      scaling.write(image, key: RandomKey(seed: 0), to: $0)
    }
  }
}

extension Preprocessing: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case colours, height, width, resizing, scale
  }

  /// Any name at all, to see those that are not known.
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads preprocessing of which nothing is trusted: a step that is not known would have to be ignored, so it throws.
  public init(from decoder: any Decoder) throws {
    let names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
    if let unknown = names.sorted().first(where: { Key(rawValue: $0) == nil }) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "unknown step \"\(printable(unknown))\""))
    }
    let values = try decoder.container(keyedBy: Key.self)
    let (height, width) = (
      try values.decode(Int.self, forKey: .height), try values.decode(Int.self, forKey: .width)
    )
    let scale = try values.decode(Float.self, forKey: .scale)
    guard 1...4096 ~= height, 1...4096 ~= width, scale > 0, scale.isFinite else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: [],
          debugDescription: "size \(height) × \(width), scale \(scale); expected sides from 1 to "
            + "4096 and a positive scale"))
    }
    self.init(
      colours: try values.decode(Image.ColourMode.self, forKey: .colours),
      size: ImageSize(height: height, width: width),
      resizing: try values.decode(ResizeMethod.self, forKey: .resizing), scale: scale)
  }

  /// Writes every step under its name.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(colours, forKey: .colours)
    try values.encode(size.height, forKey: .height)
    try values.encode(size.width, forKey: .width)
    try values.encode(resizing, forKey: .resizing)
    try values.encode(scale, forKey: .scale)
  }
}

/// JSON whose bytes depend on the value alone.
enum CanonicalJSON {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
