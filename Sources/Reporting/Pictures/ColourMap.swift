/// Colours for strengths, even to the eye: equal steps of strength look like equal steps of colour.
///
/// Tables of 52 colours with straight lines between them, within 1.2 of 255 of the 256 colours that they stand for.
package struct ColourMap: Sendable {
  /// From black over purple and orange to a pale yellow, by Nathaniel Smith and Stéfan van der Walt (CC0).
  package static let inferno = ColourMap(
    """
      000004 02020c 050417 0a0722 10092d 160b39 1e0c45 260c51 2f0a5b 380962 400a67 490b6a 510e6c
      59106e 61136e 69166e 71196e 781c6d 801f6c 88226a 902568 982766 a02a63 a82e5f b0315b b73557
      bf3952 c63d4d cc4248 d34743 d94d3d df5337 e45a31 e9612b ed6925 f1711f f47918 f78212 f98b0b
      fa9407 fb9d07 fca60c fcb014 fbba1f fac42a f8cd37 f6d746 f4e156 f2ea69 f2f27d f5f992 fcffa4
    """)

  /// From blue over black to red, for what has two directions, by Fabio Crameri (MIT).
  ///
  /// Told apart by people with every kind of colour vision.
  package static let berlin = ColourMap(
    """
      9eb0ff 93affa 87adf4 7bacee 6fa9e8 62a6e0 56a2d7 4b9bcd 4194c1 398bb4 3382a8 2f789c 2b6f8f
      276683 245d78 20546c 1d4b61 1a4256 173a4b 143240 122a36 11232c 101c23 11161b 121214 160e0d
      1b0b07 210b03 260d01 2c0e00 330f00 391100 411201 481502 501803 591c07 63210c 6e2813 79301b
      843924 8e422e 984c39 a25544 ac5e4f b6685a c07165 ca7b71 d5857d df8f89 ea9995 f4a3a1 ffadad
    """)

  private let colours: [SIMD3<Float>]

  private init(_ table: String) {
    colours = table.split(whereSeparator: \.isWhitespace).compactMap { Int($0, radix: 16) }
      .map { SIMD3(Float($0 >> 16), Float($0 >> 8 & 255), Float($0 & 255)) }
  }

  /// The colour at a position in `0...1`, each part in `0...255`.
  package func colour(at position: Double) -> SIMD3<Float> {
    let place = min(max(position, 0), 1) * Double(colours.count - 1)
    let first = min(Int(place), colours.count - 2)
    let share = Float(place - Double(first))
    return colours[first] * (1 - share) + colours[first + 1] * share
  }
}
