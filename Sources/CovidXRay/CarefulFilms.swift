package import Datasets
package import Imaging
import Tensor

/// A film to train on, and whether opacities are to be drawn into it.
package struct CarefulFilm: Sendable {
  package let image: Image
  package let isDrawnOn: Bool
}

/// The films that careful training makes of a data set; see ``TrainingRecipe/Care``.
package struct CarefulFilms<Base: SampleSource<Image>>: SampleSource {
  /// One film in one of its parts.
  package struct Entry: Sendable, Hashable {
    /// Its place in the base.
    package let index: Int
    /// What it is trained on as.
    package let label: Int
    package let isDrawnOn: Bool
  }

  let base: Base
  package let entries: [Entry]

  /// Gathers the entries of some films of `base`.
  ///
  /// - Parameters:
  ///   - base: All films.
  ///   - indices: The films that take part.
  ///   - positive: The number of the positive class.
  ///   - care: The shares.
  /// - Throws: What a film throws that cannot be read.
  package init(_ base: Base, among indices: [Int], positive: Int, care: TrainingRecipe.Care) throws
  {
    let positives = indices.filter { base.label(at: $0) == positive }
    let order = try Self.clearestFirst(positives, of: base)
    let clear = Int(care.clearShare * Double(order.count))
    let unclear = Int((care.clearShare + care.unclearShare) * Double(order.count))
    let negative = 1 - positive
    var entries: [Entry] = []
    func add(_ index: Int, as label: Int, isDrawnOn: Bool = false, times count: Int) {
      let entry = Entry(index: index, label: label, isDrawnOn: isDrawnOn)
      entries += [Entry](repeating: entry, count: count)
    }
    // With as many films of each class, the shares of these are about 0.3, 0.1, 0.2 and 0.4. More drawings would take away
    // more of what differs between the sources, and more of what tells the classes apart.
    for index in indices where base.label(at: index) != positive {
      add(index, as: negative, times: 3)
      add(index, as: positive, isDrawnOn: true, times: 1)
    }
    for index in order[..<clear] { add(index, as: negative, times: 6) }
    for index in order[unclear...] { add(index, as: positive, times: 8) }
    self.base = base
    self.entries = entries
  }

  /// Films in the order of their ``FilmDrawings/haziness(of:)``.
  static func clearestFirst(_ indices: [Int], of base: Base) throws -> [Int] {
    let haziness = try indices.map { FilmDrawings.haziness(of: try base.sample(at: $0)) }
    return indices.indices.sorted { (haziness[$0], $0) < (haziness[$1], $1) }.map { indices[$0] }
  }

  package var count: Int { entries.count }
  package func label(at index: Int) -> Int { entries[index].label }
  package func name(at index: Int) -> String { base.name(at: entries[index].index) }
  package func sample(at index: Int) throws -> CarefulFilm {
    let entry = entries[index]
    return CarefulFilm(image: try base.sample(at: entry.index), isDrawnOn: entry.isDrawnOn)
  }
}

/// Films as numbers, drawn on where that is wanted, and changed at random.
struct CarefulPixels: SampleTransform {
  let pixels: PreparedPixels
  /// Whether shadows of soft tissue are drawn into every third film or so, whatever its class.
  let drawsSoftTissue: Bool

  var outputShape: [Int] { pixels.outputShape }

  func write(_ film: CarefulFilm, key: RandomKey, to target: UnsafeMutableBufferPointer<Float>) {
    var image = film.image
    if film.isDrawnOn { image = FilmDrawings.withOpacities(image, key: key.derived(2)) }
    if drawsSoftTissue && key.derived(3).uniform(at: 0) < 0.35 {
      image = FilmDrawings.withSoftTissue(image, key: key.derived(4))
    }
    pixels.write(image, key: key, to: target)
  }
}
