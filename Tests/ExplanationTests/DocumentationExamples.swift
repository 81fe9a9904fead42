import Explanation
import Layers
import Tensor
import Testing

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  private static let model: Sequential<Double> = {
    var random = RandomGenerator(seed: 5)
    return Sequential {
      Conv2D(inputChannels: 1, outputChannels: 4, kernelSize: 3, using: &random)
      ReLU()
      Flatten()
      Dense(inputSize: 4 * 6 * 6, outputSize: 1, using: &random)
      Sigmoid()
    }
  }()
  private static let picture = Tensor<Double>(
    (0..<64).map { Double($0) / 64 }, shape: [1, 8, 8, 1])

  @Test("landing page: a map, its strengths and its share outside")
  func landingPage() throws {
    let (model, picture) = (Self.model, Self.picture)
    let score = ClassScore(of: model, class: 1)
    let map = GradCAM().map(of: score, at: picture)
    let strengths = map.normalized()
    let outside = map.share(outside: .central(0.8))
    #expect(map.height == 6 && strengths.values.max().item() == 1)
    #expect((0...1).contains(try #require(outside)))
  }

  @Test("what a heat map says: the gap of integrated gradients")
  func gap() {
    let (score, picture) = (ClassScore(of: Self.model, class: 1), Self.picture)
    let black = Tensor<Double>.zeros(picture.shape)
    let map = IntegratedGradients(steps: 50).map(of: score, at: picture)
    let gap = map.values.sum().item() - (score(picture) - score(black)).item()
    #expect(abs(gap) < 1e-3)
  }
}
