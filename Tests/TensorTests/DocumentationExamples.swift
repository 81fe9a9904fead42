import Tensor
import Testing

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  @Test("landing page: a product of centred rows, printed")
  func product() {
    let x = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let centred = x - x.mean(alongAxis: 0)
    let gram = centred.transposed().matrixProduct(centred)
    #expect(
      "\(gram)" == """
        [[4.5 4.5 4.5]
         [4.5 4.5 4.5]
         [4.5 4.5 4.5]]
        """)
  }

  @Test("landing page: a gradient called by itself")
  func gradient() {
    let logits = Tensor<Double>([1, 2, 3], shape: [1, 3])
    let upstream = Tensor<Double>([1, 0, 0], shape: [1, 3])
    let gradient = Tensor.softmaxGradient(output: logits.softmax(), upstream: upstream)

    // The first row of the Jacobian, `yᵢ (δ₀ᵢ − y₀)`.
    let y = logits.softmax().scalars
    let expected = [y[0] * (1 - y[0]), -y[1] * y[0], -y[2] * y[0]]
    #expect(gradient.shape == [1, 3])
    for (found, wanted) in zip(gradient.scalars, expected) { #expect(abs(found - wanted) < 1e-15) }
  }

  @Test("landing page: random numbers by address")
  func addresses() {
    let key = RandomKey(seed: 42).derived(3, 17)
    let angle = key.uniform(at: 0)
    let mask = Tensor<Float>.bernoulli([4, 4], probability: 0.5, key: key.derived(1))

    #expect((0..<1).contains(angle))
    #expect(angle == RandomKey(seed: 42).derived(3).derived(17).uniform(at: 0))
    #expect(angle != RandomKey(seed: 42).derived(3, 18).uniform(at: 0))
    #expect(mask == .bernoulli([4, 4], probability: 0.5, key: key.derived(1)))
    #expect(mask.scalars.allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test("article: views are strides")
  func strides() {
    let x = Tensor<Float>.arange(6).reshaped(to: [2, 3])
    #expect(x.strides == [3, 1])
    #expect(x.transposed().strides == [1, 3])
    #expect(x[.all, .stride(by: -1)].strides == [3, -1])
    #expect(x[0].broadcast(to: [4, 3]).strides == [0, 1])

    #expect(x.reshaped(to: [3, 2]).storageIdentifier == x.storageIdentifier)
    let row = x.transposed().reshaped(to: [6])
    #expect(row.storageIdentifier != x.storageIdentifier && row.scalars == [0, 3, 1, 4, 2, 5])
    #expect(Tensor(x[0].scalars, shape: [3]).storageIdentifier != x.storageIdentifier)
  }

  @Test("article: a write copies what is shared, and nobody else notices")
  func copies() {
    let x = Tensor<Float>.arange(6).reshaped(to: [2, 3])
    let first = x[0]
    var y = x
    y += Tensor(1)
    #expect(y[0].scalars == [1, 2, 3])
    #expect(first.scalars == [0, 1, 2])
    #expect(x.scalars == [0, 1, 2, 3, 4, 5])
  }

  @Test("article: a long sum keeps its digits")
  func sums() {
    let tenths = Tensor<Float>(repeating: 0.1, shape: [100_000])
    #expect(abs(tenths.sum().item() - 10_000) < 0.01)
    #expect(abs(tenths.scalars.reduce(0, +) - 10_000) > 1)
    #expect(Float(16_777_216) + 1 == 16_777_216)
  }

  @Test("article: a variance and a sum of exponentials of large numbers")
  func largeNumbers() {
    let y = Tensor<Float>([10_000, 10_001, 10_002], shape: [3])
    #expect(abs(y.variance().item() - 2.0 / 3) < 1e-6)
    let z = Tensor<Float>([1000, 1000], shape: [2])
    #expect(abs(z.logSumExp(alongAxis: 0).item() - 1000.6931) < 1e-3)

    let none = Tensor<Float>([], shape: [0])
    #expect(none.mean().item().isNaN && none.sum().item() == 0)
    #expect(none.max().item() == -.infinity)
  }
}
