public import Imaging
package import Tensor

/// SYNTHETIC chest films: phantoms drawn in code, so that everything can be tried without a patient's picture.
///
/// A phantom has lungs, ribs, clavicles, heart, mediastinum and diaphragm, vessels, and what else lies about on films; its
/// size, pose, exposure, sharpness and grain vary. The class "Covid" has in addition patchy opacities towards the
/// periphery of the lungs, some of them faint. All else is drawn from the same distributions for both classes, so that
/// neither brightness nor border tells one from the other.
///
/// A network that finds these opacities has learnt to find these opacities: figures measured here say nothing about films
/// of patients. Whatever is printed or written about them carries ``notice``.
public enum SyntheticChest {
  /// What every output about phantoms says.
  public static let notice =
    "SYNTHETIC chest phantoms drawn in code, no patients: figures mean nothing clinical"

  /// The names of the classes, as those of the article's folders: class 0 is "Covid", class 1 is "Normal".
  public static let classNames = Finding.allCases.map(\.name)

  /// What a phantom shows, which is its class.
  public enum Finding: Int, Sendable, CaseIterable {
    /// With opacities: the positive class.
    case covid = 0
    /// Without.
    case normal = 1

    /// The name of the class.
    public var name: String { self == .covid ? "Covid" : "Normal" }
  }

  /// Which part of a data set a phantom belongs to.
  ///
  /// No chest is in both.
  public enum Split: UInt64, Sendable, CaseIterable {
    /// Phantoms to learn from.
    case training = 0
    /// Phantoms to measure with.
    case validation = 1

    /// The name of the split, as that of the article's folder: `Train` or `Val`.
    public var name: String { self == .training ? "Train" : "Val" }
  }

  /// Draws a phantom.
  ///
  /// A function of its arguments alone, so that any thread can draw any film in any order. At another size it shows the
  /// same chest. Takes some 3 ms at 224 × 224.
  ///
  /// - Parameters:
  ///   - seed: The seed of the whole data set.
  ///   - split: The part of the data set.
  ///   - index: The number of the phantom within split and class, 0 or more.
  ///   - finding: Its class.
  ///   - size: Height and width, of which the shorter decides the scale.
  ///   - mode: Grey, or RGB with three equal channels.
  /// - Returns: A picture in which dense matter is bright, as on a film.
  public static func image(
    seed: UInt64, split: Split, index: Int, finding: Finding,
    size: ImageSize = ImageSize(height: 224, width: 224), mode: Image.ColourMode = .rgb
  ) -> Image {
    require(index >= 0, "SyntheticChest: needs an index of 0 or more, got \(index)")
    let key = RandomKey(seed: seed).derived(split.rawValue, UInt64(finding.rawValue), UInt64(index))
    return image(key: key, finding: finding, size: size, mode: mode)
  }

  /// The phantom of a key.
  ///
  /// Opacities have a key of their own below `key`: but for them, both findings show one and the same film.
  ///
  /// - Parameter opacityScale: Multiplies the strength of the opacities. 1 is what data sets have.
  package static func image(
    key: RandomKey, finding: Finding, size: ImageSize, mode: Image.ColourMode,
    opacityScale: Float = 1
  ) -> Image {
    var film = SyntheticFilm(key: key, size: size)
    if finding == .covid {
      film.addOpacities(key: key.derived(Address.opacities), scale: opacityScale)
    }
    return film.exposed(mode: mode)
  }

  /// The keys below that of a phantom.
  enum Address {
    static let anatomy: UInt64 = 0
    static let opacities: UInt64 = 1
    static let texture: UInt64 = 2
    static let markings: UInt64 = 3
    static let exposure: UInt64 = 4
    static let grain: UInt64 = 5
  }
}
