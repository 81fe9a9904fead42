import Foundation
import Reporting
import TestSupport
import Testing

@Suite("Colour maps")
struct ColourMapTests {
  @Test("all colours are those of Matplotlib, within 1.2 of 255")
  func colours() throws {
    let data = try Data(contentsOf: Golden.folder.appending(path: "colour_maps.json"))
    let golden = try JSONDecoder().decode([String: [[Float]]].self, from: data)
    for (name, map) in [("inferno", ColourMap.inferno), ("berlin", .berlin)] {
      let expected = try #require(golden[name])
      #expect(expected.count == 256)
      for (index, colour) in expected.enumerated() {
        let found = map.colour(at: Double(index) / 255)
        let error = (0..<3).map { (found[$0] - colour[$0]).magnitude }.max() ?? .infinity
        #expect(error <= 1.25, "\(name) at \(index): \(found), expected \(colour)")
      }
    }
  }

  @Test("beyond its ends a map keeps its last colour")
  func ends() {
    #expect(ColourMap.inferno.colour(at: -1) == ColourMap.inferno.colour(at: 0))
    #expect(ColourMap.berlin.colour(at: 2) == ColourMap.berlin.colour(at: 1))
  }
}
