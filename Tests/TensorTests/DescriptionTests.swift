import Tensor
import TestSupport
import Testing

@Suite("Description")
struct DescriptionTests {
  @Test("a tensor prints as NumPy prints it", arguments: descriptionGoldens.map(\.name))
  func golden(name: String) throws {
    let golden = try #require(descriptionGoldens.first { $0.name == name })
    #expect(golden.printed == golden.expected)
  }

  @Test("how a tensor lies in memory does not show")
  func views() {
    for (name, view) in TestSupport.views(of: Tensor<Float>.ramp([3, 2, 4])) {
      #expect(view.description == Tensor<Float>.ramp([3, 2, 4]).description, "\(name)")
    }
    #expect(
      Tensor<Float>([1.5, 2], shape: [2]).broadcast(to: [2, 2]).description
        == "[[1.5 2. ]\n [1.5 2. ]]")
  }

  @Test("only the scalars that are shown are read, so a huge view prints at once")
  func hugeView() {
    let huge = Tensor<Int64>(7).broadcast(to: [1 << 20, 1 << 20])
    #expect(huge.description.split(separator: "\n")[3] == " ...")
    #expect(huge[0, 0..<1001].description == "[7 7 7 ... 7 7 7]")
  }
}
