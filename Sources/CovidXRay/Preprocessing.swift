public import Datasets
public import Foundation
public import Imaging
public import Tensor

/// What happens to a film before the network sees it: decoded, converted, resized, scaled.
///
/// It travels with the model, as JSON, and there is no way to predict around it. The article's own figures were marred by
/// predictions on pixels of 0…255 with a network that had been trained on 0…1.
public struct Preprocessing: Sendable, Hashable {
  /// The part of a film that is looked at.
  public enum Field: String, Sendable, CaseIterable, Codable {
    /// All of it.
    case whole
    /// The rectangle around the lungs, as ``LungField`` finds it; height and width are then stretched by themselves.
    case lungs
  }

  /// What becomes of the samples once they are scaled.
  public enum Intensity: String, Sendable, CaseIterable, Codable {
    /// They stay as they are.
    case scaled
    /// The mean of the film is taken away, the rest is divided by its deviation, and what is beyond ±3 is cut.
    case standardized
    /// As ``standardized``, and then averaged with the share of samples below each, on the same scale.
    ///
    /// Shares do not hang on the tone curve of a film at all, but say nothing of how much darker one part is than another; the
    /// mean keeps some of either.
    case levelled
    /// The plane that fits the samples best is taken away, and what is left is ``levelled``.
    ///
    /// So it does not matter whether a film is brighter below, or to one side. Whether all of a lung is lighter than the film
    /// around it can still be seen; whether haze grows downwards, half as well.
    case flattened
  }

  /// Grey or RGB, whatever a file holds.
  public let colours: Image.ColourMode
  /// The size after resizing, each side from 1 to 4096.
  public let size: ImageSize
  /// How films are resized.
  public let resizing: ResizeMethod
  /// What every sample of `0...255` is multiplied with, finite and positive.
  public let scale: Float
  /// The part of a film that is looked at.
  public let field: Field
  /// The part of height and width of the field that is cut off at each edge, in `0..<0.5`.
  public let margin: Double
  /// What becomes of the samples once they are scaled.
  public let intensity: Intensity
  /// In how many ways a film is looked at.
  public let views: FilmViews

  /// The article's: RGB, nearest neighbour without antialiasing, scaled to `0...1`.
  ///
  /// - Parameter imageSize: Height and width, from 1 to 4096.
  public init(imageSize: Int) {
    self.init(
      colours: .rgb, size: ImageSize(height: imageSize, width: imageSize), resizing: .nearest)
  }

  package init(
    colours: Image.ColourMode, size: ImageSize, resizing: ResizeMethod, scale: Float = 1 / 255,
    field: Field = .whole, margin: Double = 0, intensity: Intensity = .scaled,
    views: FilmViews = .one
  ) {
    self.colours = colours
    self.size = size
    self.resizing = resizing
    self.scale = scale
    self.field = field
    self.margin = margin
    self.intensity = intensity
    self.views = views
  }

  /// The shape of one prepared film, `[1, height, width, channels]`.
  public var shape: [Int] { [1, size.height, size.width, colours.channels] }

  /// The film in a file as the network sees it, with what is needed to find its pixels in the file again.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func prepare(imageAt url: URL) throws -> PreparedFilm {
    prepare(try Image(contentsOf: url, as: colours))
  }

  /// A decoded film, of any size and mode, as the network sees it.
  public func prepare(_ film: Image) -> PreparedFilm {
    let film = film.converted(to: colours)
    return PreparedFilm(
      original: film, region: region(of: film), views: tensors(of: fitted(film)))
  }

  /// The film in a file, at the size that the network takes.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func image(at url: URL) throws -> Image {
    if showsAll {
      // Nearest neighbour never holds the whole film then.
      return try Image(contentsOf: url, as: colours, resizedTo: size, by: resizing)
    }
    return fitted(try Image(contentsOf: url, as: colours))
  }

  /// Whether a film is shown from edge to edge.
  var showsAll: Bool { field == .whole && margin == 0 }

  /// The part of a film that is looked at, at the size that the network takes.
  func fitted(_ film: Image) -> Image {
    film.cropped(to: region(of: film)).resized(to: size, by: resizing)
  }

  /// The films of a folder, at the size that the network takes.
  public func images(in folder: ImageFolder) -> LabeledImages {
    LabeledImages(folder, as: colours, size: size) { try image(at: $0) }
  }

  /// The last step, from samples to the numbers that the network sees.
  public var pixels: PreparedPixels { PreparedPixels(self, views: .one) }

  /// The film in a file as the network sees it, of ``shape``.
  ///
  /// - Throws: `ImageError` with the path and the reason.
  public func tensor(at url: URL) throws -> Tensor<Float> { tensors(of: try image(at: url))[0] }

  /// The views of a film that has the size that the network takes, each of ``shape``.
  func tensors(of image: Image) -> [Tensor<Float>] {
    views.parameters.map { parameters in
      Tensor(shape: shape) { pixels.write(image, parameters: parameters, to: $0) }
    }
  }

  /// The part of a film that the network sees.
  private func region(of film: Image) -> ImageRegion {
    let all = field == .lungs ? LungField.region(of: film) : ImageRegion(allOf: film.size)
    let rows = Int(margin * Double(all.size.height))
    let columns = Int(margin * Double(all.size.width))
    // A margin is less than half, so that a pixel is left.
    return ImageRegion(
      row: all.row + rows, column: all.column + columns,
      size: ImageSize(
        height: all.size.height - 2 * rows, width: all.size.width - 2 * columns))
  }
}

extension Preprocessing: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case colours, height, width, resizing, scale, field, margin, intensity, views
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
    let margin = try values.decodeIfPresent(Double.self, forKey: .margin) ?? 0
    guard 0..<0.5 ~= margin else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "margin \(margin); expected a part in 0..<0.5"))
    }
    self.init(
      colours: try values.decode(Image.ColourMode.self, forKey: .colours),
      size: ImageSize(height: height, width: width),
      resizing: try values.decode(ResizeMethod.self, forKey: .resizing), scale: scale,
      field: try values.decodeIfPresent(Field.self, forKey: .field) ?? .whole, margin: margin,
      intensity: try values.decodeIfPresent(Intensity.self, forKey: .intensity) ?? .scaled,
      views: try values.decodeIfPresent(FilmViews.self, forKey: .views) ?? .one)
  }

  /// Writes every step under its name, those that came later only where they are taken.
  ///
  /// So the article's preprocessing reads as it always did, by older programs too; they refuse what they do not know.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(colours, forKey: .colours)
    try values.encode(size.height, forKey: .height)
    try values.encode(size.width, forKey: .width)
    try values.encode(resizing, forKey: .resizing)
    try values.encode(scale, forKey: .scale)
    if field != .whole { try values.encode(field, forKey: .field) }
    if margin != 0 { try values.encode(margin, forKey: .margin) }
    if intensity != .scaled { try values.encode(intensity, forKey: .intensity) }
    if views != .one { try values.encode(views, forKey: .views) }
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
