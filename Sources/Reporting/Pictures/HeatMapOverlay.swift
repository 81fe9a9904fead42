public import Foundation
public import Imaging
public import Tensor

/// A film in grey with a heat map over it, at the resolution of the film.
///
/// Where a strength is 0 the film shows unchanged; the stronger, the more of it the colour covers. Strengths in one direction go
/// from purple to yellow (inferno), those in two from blue for −1 to red for 1 (berlin): colours that are even to the
/// eye, and that people with every kind of colour vision tell apart.
public struct HeatMapOverlay: Sendable {
  /// The film.
  public let film: Image
  /// The strengths, of shape `[height, width]`, in `0...1`, or in `-1...1` if there are two directions.
  public let strengths: Tensor<Double>
  /// Whether there are two directions.
  public let isSigned: Bool
  /// The rows of the film that the map covers.
  public let rows: Range<Int>
  /// The columns of the film that the map covers.
  public let columns: Range<Int>
  /// How much of the film a strength of 1 covers, in `0...1`.
  public let opacity: Double

  /// A map over a film.
  ///
  /// - Parameters:
  ///   - strengths: Of shape `[height, width]`, at least one, in `0...1` or `-1...1`; at any resolution.
  ///   - isSigned: Whether there are two directions.
  ///   - film: Grey or RGB; drawn in grey.
  ///   - rows: The rows of the film that the map covers; all by default.
  ///   - columns: The columns of the film that the map covers; all by default.
  ///   - opacity: How much of the film a strength of 1 covers, in `0...1`.
  public init(
    _ strengths: Tensor<Double>, isSigned: Bool, on film: Image, rows: Range<Int>? = nil,
    columns: Range<Int>? = nil, opacity: Double = 0.6
  ) {
    let (rows, columns) = (rows ?? 0..<film.height, columns ?? 0..<film.width)
    require(
      strengths.rank == 2 && strengths.count > 0,
      "HeatMapOverlay: needs strengths [height, width], at least one, got shape \(strengths.shape)")
    let bounds = isSigned ? -1.0...1 : 0...1
    require(
      strengths.scalars.allSatisfy(bounds.contains),
      "HeatMapOverlay: needs strengths in \(bounds), got \(strengths.min().item()) to "
        + "\(strengths.max().item())")
    require(
      !rows.isEmpty && !columns.isEmpty && rows.clamped(to: 0..<film.height) == rows
        && columns.clamped(to: 0..<film.width) == columns,
      "HeatMapOverlay: rows \(rows) and columns \(columns) of a film of \(film.size)")
    require((0...1).contains(opacity), "HeatMapOverlay: needs an opacity in 0...1, got \(opacity)")
    self.film = film
    self.strengths = strengths
    self.isSigned = isSigned
    self.rows = rows
    self.columns = columns
    self.opacity = opacity
  }

  /// The film with the map over it, of the size of the film.
  public func picture() -> Image {
    let covered = strengths.bilinearlyResized(height: rows.count, width: columns.count)
    let shades = Shades(isSigned: isSigned, opacity: opacity)
    let (height, width) = (film.height, film.width)
    return film.converted(to: .grey).pixels.withUnsafeScalars { film in
      covered.withUnsafeScalars { map in
        Image(size: ImageSize(height: height, width: width), mode: .rgb) { target in
          for y in 0..<height {
            for x in 0..<width {
              let place = y * width + x
              var colour = SIMD3<Float>(repeating: Float(film[place]))
              if rows.contains(y), columns.contains(x) {
                let strength =
                  map[(y - rows.lowerBound) * columns.count + x - columns.lowerBound]
                colour = shades.colour(of: strength, over: colour)
              }
              for part in 0..<3 { target[3 * place + part] = UInt8(colour[part].rounded()) }
            }
          }
        }
      }
    }
  }

  /// The picture with a colour bar at its right, which tells what the colours mean.
  ///
  /// Strengths are relative: 1 is the strongest of this map. Films of less than 56 rows get a ground below them.
  public func pictureWithColourBar() -> Image {
    let bar = ColourBar(
      isSigned: isSigned, shades: Shades(isSigned: isSigned, opacity: opacity), film: film.size)
    return bar.drawn(beside: picture())
  }

  /// ``pictureWithColourBar()`` as a PNG file.
  public func pngData() throws -> Data { try pictureWithColourBar().pngData() }

  /// Writes ``pictureWithColourBar()`` as a PNG file, complete or not at all.
  ///
  /// - Throws: `ImageError` with the path when the file cannot be written.
  public func writePNG(to url: URL) throws { try pictureWithColourBar().writePNG(to: url) }
}

/// The colours of strengths over what lies below.
struct Shades {
  /// In steps of 1/1000, each with how much it covers.
  private let table: [(colour: SIMD3<Float>, cover: Float)]
  private let isSigned: Bool

  init(isSigned: Bool, opacity: Double) {
    self.isSigned = isSigned
    table = (0...1000).map { step in
      let position = Double(step) / 1000
      let strength = isSigned ? 2 * position - 1 : position
      // Without the darkest colours: weak strengths would outline themselves in black where the film is bright.
      let colour =
        isSigned
        ? ColourMap.berlin.colour(at: 0.5 + 0.3 * strength + (strength < 0 ? -0.2 : 0.2))
        : ColourMap.inferno.colour(at: 0.2 + 0.8 * strength)
      return (colour, Float(opacity * strength.magnitude))
    }
  }

  func colour(of strength: Double, over ground: SIMD3<Float>) -> SIMD3<Float> {
    let position = isSigned ? (strength + 1) / 2 : strength
    // Interpolation may leave the range by a rounding error.
    let entry = table[min(max(Int((position * 1000).rounded()), 0), 1000)]
    return ground * (1 - entry.cover) + entry.colour * entry.cover
  }
}
