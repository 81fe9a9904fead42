import Autograd
import CovidXRay
import Layers
import Tensor
import TestSupport

/// The article's network at its full size, with weights and images from the formula in `Tests/Goldens/network.py`.
enum FullNetwork {
  /// The names of the golden file, in the order of the model's parameters.
  static let names = ["conv1", "conv2", "conv3", "conv4", "dense1", "dense2"].flatMap {
    ["\($0).weight", "\($0).bias"]
  }
  static let batch = 2
  static let imageSize = 224

  /// Sixteen bits for entry `index` of tensor `stream`: the upper half of the hash "lowbias32".
  static func hash(_ index: Int, stream: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: index) &+ UInt32(truncatingIfNeeded: stream) &* 2_654_435_761
    x ^= x >> 16
    x = x &* 0x7feb_352d
    x ^= x >> 15
    x = x &* 0x846c_a68b
    x ^= x >> 16
    return x >> 16
  }

  /// Every entry is a multiple of a power of two that `Float` holds exactly.
  static func model(from golden: Golden) throws -> Sequential<Float> {
    let scales = try golden.tensor("scales", as: Float.self).scalars
    let centres = try golden.tensor("centres", as: Float.self).scalars
    let stream = try golden.integers("stream")[0]
    var random = RandomGenerator(seed: 0)
    var model: Sequential<Float> = CovidNetwork.model(using: &random)
    var k = 0
    model.updateParameters { parameter, _ in
      parameter.value = Tensor(shape: parameter.shape) { buffer in
        for i in buffer.indices {
          buffer[i] = scales[k] * (Float(hash(i, stream: stream + k)) / 65536 - centres[k])
        }
      }
      k += 1
    }
    return model
  }

  static let images = Tensor<Float>(shape: [batch, imageSize, imageSize, 3]) { buffer in
    for i in buffer.indices {
      let pixel = i / 3
      let (n, y, x) = (
        pixel / (imageSize * imageSize), pixel / imageSize % imageSize, pixel % imageSize
      )
      buffer[i] =
        3 * Float(hash(i, stream: 100)) / 262_144 + Float((2 * y + (n + 1) * x) % 64) / 256
    }
  }

  static let targets = Tensor<Float>((0..<batch).map { Float($0 % 2) }, shape: [batch, 1])

  /// What one pass and one sweep give.
  struct Result: Sendable {
    var logits, probabilities: Tensor<Float>
    var loss: Float
    /// By the names of the golden file, in their order.
    var gradients: [Tensor<Float>]
  }

  /// Without dropout: the golden network has none.
  static func run(isFused: Bool) throws -> Result {
    let model = try model(from: Golden(named: "full_network"))
    var context = Context.recordedInference
    context.fusesLayers = isFused
    let logits = model[..<(model.count - 1)](Variable(images), in: &context)
    let probabilities = logits.sigmoid()
    let loss = binaryCrossEntropy(probabilities, targets: targets)
    let gradients = loss.gradients()
    return Result(
      logits: logits.value, probabilities: probabilities.value, loss: loss.item(),
      gradients: model.parameters.map { gradients[$0.parameter] ?? .zeros([0]) })
  }

  /// Computed once for all tests.
  static let fused = Swift.Result { try run(isFused: true) }
  static let unfused = Swift.Result { try run(isFused: false) }
}
