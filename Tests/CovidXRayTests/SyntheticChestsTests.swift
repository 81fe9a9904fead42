import CovidXRay
import Datasets
import Imaging
import Testing

@Suite("Data sets of synthetic chests")
struct SyntheticChestsTests {
  static let size = ImageSize(height: 24, width: 24)

  @Test("by default there are as many films as in the article")
  func counts() {
    let (training, validation) = (
      SyntheticChests(.training, seed: 1), SyntheticChests(.validation, seed: 1)
    )
    #expect(training.count == 224 && validation.count == 60)
    #expect(training.labels == Array(repeating: 0, count: 112) + Array(repeating: 1, count: 112))
    #expect(validation.labels.count { $0 == 0 } == 30)
    #expect(training.size == ImageSize(height: 224, width: 224) && training.mode == .rgb)
    #expect(training.classNames == ["Covid", "Normal"])
  }

  @Test("samples are the films of their address")
  func samples() {
    let films = SyntheticChests(
      .validation, seed: 9, countPerClass: 3, size: Self.size, mode: .grey)
    for index in 0..<6 {
      let finding: SyntheticChest.Finding = index < 3 ? .covid : .normal
      let expected = SyntheticChest.image(
        seed: 9, split: .validation, index: index % 3, finding: finding, size: Self.size,
        mode: .grey)
      // The second time it comes from memory.
      #expect(films.sample(at: index) == expected && films.sample(at: index) == expected)
      #expect(films.label(at: index) == finding.rawValue)
    }
  }

  @Test("a data set with more films begins with those of a smaller one")
  func prefix() {
    let few = SyntheticChests(.training, seed: 2, countPerClass: 2, size: Self.size)
    let many = SyntheticChests(.training, seed: 2, countPerClass: 4, size: Self.size)
    #expect((0..<2).allSatisfy { few.sample(at: $0) == many.sample(at: $0) })
    #expect((0..<2).allSatisfy { few.sample(at: 2 + $0) == many.sample(at: 4 + $0) })
  }

  @Test("every name says SYNTHETIC, split, class and number")
  func names() {
    let films = SyntheticChests(.training, seed: 1, countPerClass: 2, size: Self.size)
    #expect(
      (0..<4).map(films.name(at:)) == [
        "SYNTHETIC/Train/Covid/0", "SYNTHETIC/Train/Covid/1", "SYNTHETIC/Train/Normal/0",
        "SYNTHETIC/Train/Normal/1",
      ])
  }
}
