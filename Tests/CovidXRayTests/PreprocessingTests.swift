import CovidXRay
import Foundation
import Imaging
import Tensor
import Testing

@Suite("Preprocessing")
struct PreprocessingTests {
  @Test("a film becomes RGB, of the right size, in 0...1")
  func values() throws {
    try Sample.withTemporaryFolder { folder in
      let url = folder.appending(path: "film.png")
      let pixels = (0..<16).map { UInt8(16 * $0) }
      try Image(Tensor(pixels, shape: [4, 4, 1])).writePNG(to: url)
      let film = try Preprocessing(imageSize: 2).tensor(at: url)
      #expect(film.shape == [1, 2, 2, 3])
      // The nearest pixels of a quarter: rows and columns 1 and 3.
      let expected = [5, 7, 13, 15].flatMap { (place: Int) -> [Float] in
        let grey = Float(16 * place) * (1 / 255)
        return [grey, grey, grey]
      }
      #expect(film.scalars == expected)
    }
  }

  @Test("it survives JSON, to the last bit of the scale")
  func roundTrip() throws {
    let preprocessing = Preprocessing(imageSize: 37)
    let data = try JSONEncoder().encode(preprocessing)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: data) == preprocessing)
  }

  @Test(
    "what is unknown, missing or out of range is refused",
    arguments: [
      #"{"colours":"rgb","height":8,"resizing":"nearest","scale":1,"width":8,"crop":3}"#,
      #"{"colours":"rgb","height":8,"resizing":"nearest","scale":1}"#,
      #"{"colours":"cmyk","height":8,"resizing":"nearest","scale":1,"width":8}"#,
      #"{"colours":"rgb","height":8,"resizing":"lanczos","scale":1,"width":8}"#,
      #"{"colours":"rgb","height":0,"resizing":"nearest","scale":1,"width":8}"#,
      #"{"colours":"rgb","height":8,"resizing":"nearest","scale":1,"width":1000000000}"#,
      #"{"colours":"rgb","height":8,"resizing":"nearest","scale":-1,"width":8}"#,
      #"{"colours":"rgb","height":8,"resizing":"nearest","scale":1e99,"width":8}"#, "[]", "",
    ])
  func refused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
    }
  }
}
