/// How a picture changes its size.
public enum ResizeMethod: String, Sendable, CaseIterable, Codable {
  /// Takes the pixel nearest to each new pixel's centre. Fast; aliases when it shrinks.
  ///
  /// As in Pillow, positions are accumulated in double precision: `x₀ = s/2`, then `xᵢ₊₁ = xᵢ + s`, with `s` the ratio of
  /// the sizes. The closed form `⌊(i + ½)s⌋` differs by a pixel now and then.
  case nearest
  /// Averages with triangular weights, two new pixels wide when it shrinks. Pillow's `BILINEAR`, bit for bit.
  case bilinear
  /// Averages the pixels that each new pixel covers. Pillow's `BOX`, bit for bit.
  case area
}
