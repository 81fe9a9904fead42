import CovidXRay
import Explanation
import Imaging
import Layers
import Reporting
import Tensor
import TestSupport
import Testing

@Suite("Explanations of films")
struct FilmExplanationTests {
  private static let classifier = EnsembleTests.classifier(seeds: [1, 2])
  private static let film = classifier.preprocessing.prepare(
    Image(Tensor((0..<60 * 40).map { UInt8($0 * 37 % 251) }, shape: [60, 40, 1])))

  @Test("every method maps what the network saw", arguments: ExplanationMethod.allCases)
  func methods(method: ExplanationMethod) throws {
    let explanation = try Self.classifier.explain(Self.film, by: method)
    // Two blocks of the network; Grad-CAM stands before the pooling of the second.
    let size = method == .gradCAM ? 12 : 24
    #expect(explanation.map.height == size && explanation.map.width == size)
    #expect(explanation.className == Self.classifier.predict(Self.film).predictedClass)
    #expect(explanation.map.values.abs().max().item() > 0)
    #expect((0...1).contains(try #require(explanation.shareOutsideLungs)))
    let overlay = explanation.overlay()
    #expect(overlay.film == Self.film.original && overlay.isSigned == explanation.map.isSigned)
    #expect(overlay.rows == Self.film.region.rows && overlay.columns == Self.film.region.columns)
    #expect(overlay.picture().size == Self.film.original.size)
  }

  @Test("the map of an ensemble is the mean of its members' maps")
  func ensemble() throws {
    let members = try [1, 2].map {
      try EnsembleTests.classifier(seeds: [$0])
        .explain(Self.film, by: .integratedGradients, class: "Normal").map
    }
    let together = try Self.classifier.explain(
      Self.film, by: .integratedGradients, class: "Normal")
    #expect(together.map.values.relativeError(to: AttributionMap.mean(of: members).values) < 1e-6)
    #expect(members[0] != members[1])
  }

  @Test("what speaks for one class speaks against the other")
  func opposite() throws {
    let maps = try ["Covid", "Normal"].map {
      try Self.classifier.explain(Self.film, by: .occlusion, class: $0).map.values
    }
    #expect(maps[0].relativeError(to: -maps[1]) < 1e-4)
  }

  @Test("the share outside the lungs is counted on the film, not on what was cut out of it")
  func share() throws {
    let explanation = try Self.classifier.explain(Self.film, by: .saliency)
    // The network saw rows 3 to 57 of 60 and columns 2 to 38 of 40: of each side the middle 90 %.
    #expect(abs(explanation.evenShareOutsideLungs - (1 - 64.0 / 81)) < 1e-12)
    let all = RelativeBox(top: 0.05, left: 0.05, bottom: 0.95, right: 0.95)
    let inside = try Self.classifier.explain(Self.film, by: .saliency, lungBox: all)
    #expect(try #require(inside.shareOutsideLungs) < 1e-12)
    #expect(abs(inside.evenShareOutsideLungs) < 1e-12)
  }

  @Test("an overlay of a smaller size keeps the film's shape and the map's place")
  func reduced() throws {
    let explanation = try Self.classifier.explain(Self.film, by: .gradCAM)
    let overlay = explanation.overlay(longestSide: 20)
    #expect(overlay.film.size == ImageSize(height: 20, width: 13))
    #expect(overlay.rows == 1..<19 && overlay.columns == 1..<13)
    #expect(explanation.overlay(longestSide: 60).film == Self.film.original)
    #expect(explanation.overlay(longestSide: 1).film.size == ImageSize(height: 1, width: 1))
  }

  @Test("a class that the model does not know throws")
  func unknownClass() {
    #expect(throws: UnknownClass.self) {
      _ = try Self.classifier.explain(Self.film, by: .gradCAM, class: "Influenza")
    }
  }
}
