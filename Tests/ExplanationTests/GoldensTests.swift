import Explanation
import Layers
import Tensor
import TestSupport
import Testing

/// Both networks, every class, in `Double` and `Float`, against PyTorch.
@Suite("Golden explanations")
struct GoldensTests {
  static let methods: [(name: String, method: any AttributionMethod)] = [
    ("gradCAM", GradCAM()), ("gradCAM", GradCAM(cut: 6)), ("saliency", Saliency()),
    ("integrated", IntegratedGradients(steps: 8, baseline: 0.25, batchSize: 3)),
    ("integrated", IntegratedGradients(steps: 8, baseline: 0.25, batchSize: 100)),
    ("occlusion", Occlusion(patch: (4, 3), stride: (3, 2), batchSize: 7)),
    ("occlusion.value", Occlusion(patch: (4, 3), stride: (3, 2), fill: .value(0.5))),
  ]

  private func check<Scalar: DifferentiableScalar>(
    _ network: GoldenNetwork, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "explanation")
    let model: Sequential<Scalar> = try network.model(from: golden)
    let input: Tensor<Scalar> = try golden.tensor("input")
    for index in network.classes {
      let name = "\(network.rawValue).\(index)"
      let score = ClassScore(of: model, class: index)
      let probability = ClassScore(of: model, class: index, as: .probability)
      let expected = (try golden.scalar("\(name)/logit"), try golden.scalar("\(name)/probability"))
      #expect(abs(Double(score(input).item()) - expected.0) <= Scalar.goldenTolerance, "\(name)")
      #expect(
        abs(Double(probability(input).item()) - expected.1) <= Scalar.goldenTolerance, "\(name)")
      for (key, method) in Self.methods {
        let map = method.map(of: score, at: input)
        let error = map.values.relativeError(to: try golden.tensor("\(name)/\(key)"))
        #expect(error <= Scalar.goldenTolerance, "\(name) \(method) in \(Scalar.self), \(error)")
        #expect(map.isSigned == (key != "gradCAM" && key != "saliency"))
      }
      let saliency = Saliency().map(of: probability, at: input).values
      let error = saliency.relativeError(to: try golden.tensor("\(name)/saliency.probability"))
      #expect(error <= Scalar.goldenTolerance, "\(name) in \(Scalar.self), error \(error)")
    }
  }

  @Test("scores and every method", arguments: GoldenNetwork.allCases)
  func methods(network: GoldenNetwork) throws {
    try check(network, Double.self)
    try check(network, Float.self)
  }

  @Test("a model without its last activation, or with its parts nested, is explained alike")
  func nested() throws {
    let golden = try Golden(named: "explanation")
    let input: Tensor<Double> = try golden.tensor("input")
    for network in GoldenNetwork.allCases {
      let model: Sequential<Double> = try network.model(from: golden)
      let nested = Sequential<Double> {
        model[..<6]
        model[6...]
      }
      for (key, method) in Self.methods where (method as? GradCAM)?.cut == nil {
        let expected: Tensor<Double> = try golden.tensor("\(network.rawValue).1/\(key)")
        for other in [model.dropLast(), nested] {
          let map = method.map(of: ClassScore(of: other, class: 1), at: input)
          #expect(map.values.relativeError(to: expected) < 1e-9, "\(method)")
        }
      }
    }
  }

  @Test("resizing, against PyTorch's interpolate")
  func resized() throws {
    let golden = try Golden(named: "explanation")
    let map = AttributionMap(try golden.tensor("resized/input"), isSigned: true)
    for (height, width) in [(11, 8), (2, 7), (1, 1), (5, 3), (4, 9)] {
      let resized = map.resized(height: height, width: width)
      let error = resized.values.relativeError(to: try golden.tensor("resized/\(height)x\(width)"))
      #expect(error < 1e-12 && resized.isSigned, "\(height) × \(width)")
    }
  }
}
