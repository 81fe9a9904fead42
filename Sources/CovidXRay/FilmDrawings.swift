import Foundation
package import Imaging
package import Tensor

/// What can be drawn into the lungs of a film at random, so that a network learns to look for it.
///
/// Films are those of ``LungField``: the lungs reach from 8 % inside of one edge to 8 % inside of the other.
package enum FilmDrawings {
  /// The film with soft opacities in its lungs.
  ///
  /// Some patches, more of them low and to the side, or a haze that grows downwards, with an uneven texture. They brighten what
  /// is there, so that ribs and vessels stay visible.
  package static func withOpacities(_ film: Image, key: RandomKey) -> Image {
    var draws = SyntheticDraws(key: key)
    let noise = SyntheticNoise(key: key.derived(1))
    let isBilateral = draws.chance(0.75)
    let side = draws.side()
    let patches = (0..<draws.integer(1...6)).map { _ in
      Patch(side: isBilateral ? draws.side() : side, draws: &draws)
    }
    let haze = draws.chance(0.25) ? draws.uniform(0.2...0.6) : 0
    let hazeTop = draws.uniform(0...0.6)
    let strength = draws.uniform(0.35...0.95)
    let (noiseX, noiseY) = (draws.uniform(0...64), draws.uniform(0...64))

    let levels = film.pixels.scalars.sorted()
    let bright = Float(levels[levels.count * 17 / 20])
    return film.mapped { value, u, v in
      var density = haze / (1 + exp((hazeTop - v) / 0.15))
      for patch in patches { density = max(density, patch.density(u, v)) }
      let texture =
        1 + 0.7 * noise.value(noiseX + 11 * u, noiseY + 11 * v)
        + 0.5 * noise.value(noiseY + 23 * u, noiseX + 23 * v)
      density = min(max(density * max(texture, 0.2), 0), 1) * lungs(u, v)
      return value + strength * density * max(bright - value, 0)
    }
  }

  /// The film with the shadows of soft tissue over the lower lungs, as of breasts: on both sides alike, no sign of anything.
  package static func withSoftTissue(_ film: Image, key: RandomKey) -> Image {
    var draws = SyntheticDraws(key: key)
    let distance = draws.uniform(0.24...0.36)
    let height = draws.uniform(0.75...1.05)
    let radius = draws.uniform(0.18...0.3)
    let ratio = draws.uniform(0.9...1.2)
    let strength = draws.uniform(0.05...0.3)
    let bright = Float(film.pixels.scalars.max() ?? 0)
    return film.mapped { value, u, v in
      let (x, y) = ((abs(u - 0.5) - distance) / radius, (v - height) / (radius * ratio))
      let shadow = 1 / (1 + exp(((x * x + y * y).squareRoot() - 1) / 0.12))
      return value + strength * shadow * (bright - value)
    }
  }

  /// A soft patch.
  private struct Patch {
    let u, v, width, height, density: Float

    init(side: Float, draws: inout SyntheticDraws) {
      let fromEdge = draws.uniform(0.02...0.36)
      u = side < 0 ? fromEdge : 1 - fromEdge
      // The larger of two: low patches are the more frequent ones.
      v = max(draws.uniform(0...1), draws.uniform(0...1))
      width = draws.uniform(0.05...0.17)
      height = draws.uniform(0.06...0.25)
      density = draws.uniform(0.25...1)
    }

    func density(_ u: Float, _ v: Float) -> Float {
      let (x, y) = ((u - self.u) / width, (v - self.v) / height)
      return density * exp(-0.5 * (x * x + y * y))
    }
  }

  /// How light the lungs are, from 0 where they are as dark as their darkest parts, to 1 where they are like the heart.
  ///
  /// It knows no classes, and nothing of it is learnt. Among adults it follows what there is to be seen in the lungs.
  package static func haziness(of film: Image) -> Double {
    let grey = film.converted(to: .grey)
    var (lung, middle) = ([UInt8](), [UInt8]())
    for (value, u, v) in grey.places {
      if lungs(u, v) > 0.73 { lung.append(value) }
      if abs(u - 0.5) < 0.1 && v > 0.2 && v < 0.9 { middle.append(value) }
    }
    guard !lung.isEmpty && !middle.isEmpty else { return 0 }
    lung.sort()
    middle.sort()
    let dark = Double(lung[lung.count / 20])
    let bright = Double(middle[middle.count / 2])
    let mean = lung.reduce(0) { $0 + Double($1) } / Double(lung.count)
    return (mean - dark) / max(bright - dark, 5)
  }

  /// Near 1 within the lungs, near 0 outside.
  package static func lungs(_ u: Float, _ v: Float) -> Float {
    let x = abs(abs(u - 0.5) - 0.3) / 0.2
    let y = abs(v - 0.5) / 0.5
    return 1 / (1 + exp((x * x + y * y * y - 1) / 0.15))
  }
}

extension Image {
  /// Every sample of a grey film with its place among the lungs.
  fileprivate var places: [(value: UInt8, u: Float, v: Float)] {
    let (values, width, height) = (pixels.scalars, width, height)
    return values.indices.map {
      (values[$0], Self.place($0 % width, width), Self.place($0 / width, height))
    }
  }

  /// Where a pixel lies among the lungs, which reach from 0 to 1.
  private static func place(_ index: Int, _ count: Int) -> Float {
    let margin = Float(LungField.margin)
    return (Float(index) + 0.5) / Float(count) * (1 + 2 * margin) - margin
  }

  /// The picture with every sample changed by its value and its place among the lungs, `u` to the right, `v` downwards.
  fileprivate func mapped(_ change: (Float, _ u: Float, _ v: Float) -> Float) -> Image {
    let (width, height, channels) = (width, height, channels)
    return pixels.withUnsafeScalars { source in
      Image(size: size, mode: mode) { target in
        for row in 0..<height {
          let v = Self.place(row, height)
          for column in 0..<width {
            let u = Self.place(column, width)
            for channel in 0..<channels {
              let index = (row * width + column) * channels + channel
              target[index] = UInt8(min(max(change(Float(source[index]), u, v), 0), 255).rounded())
            }
          }
        }
      }
    }
  }
}
