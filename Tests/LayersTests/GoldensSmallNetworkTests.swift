import Autograd
import Layers
import Optim
import Tensor
import TestSupport
import Testing

/// The article's network with narrow channels on images of 46 × 46, against PyTorch, which Keras agrees with.
@Suite("Golden small network")
struct GoldensSmallNetworkTests {
  /// Where the parameters of the golden file are in the model.
  static let names: [(path: String, key: String)] = [
    (0, "conv1", "filter"), (2, "conv2", "filter"), (6, "conv3", "filter"),
    (10, "conv4", "filter"), (15, "dense1", "weight"), (18, "dense2", "weight"),
  ].flatMap { position, name, weight in
    [("\(position).\(weight)", "\(name).weight"), ("\(position).bias", "\(name).bias")]
  }

  /// How many layers lead to each activation.
  static let activations = ["conv1": 2, "conv2": 5, "conv3": 9, "conv4": 13, "dense1": 17]

  private func network<Scalar: DifferentiableScalar>(
    from golden: Golden, prefix: String = "weights"
  ) throws -> Sequential<Scalar> {
    let channels = [3, 4, 8, 4, 8]
    var model = Sequential<Scalar> {
      for block in 0..<4 {
        Conv2D(
          filter: .zeros([3, 3, channels[block], channels[block + 1]]),
          bias: .zeros([channels[block + 1]]))
        ReLU()
        if block > 0 {
          MaxPool2D(2)
          Dropout(0.25)
        }
      }
      Flatten()
      Dense(weight: .zeros([72, 8]), bias: .zeros([8]))
      ReLU()
      Dropout(0.5)
      Dense(weight: .zeros([8, 1]), bias: .zeros([1]))
      Sigmoid()
    }
    try model.fill(from: golden, prefix: prefix, names: Self.names)
    return model
  }

  /// Without dropout: the golden network has none.
  private func loss<Scalar>(
    _ model: Sequential<Scalar>, from golden: Golden, isFused: Bool
  ) throws -> (loss: Variable<Scalar>, context: Context) {
    var context = Context.recordedInference
    context.fusesLayers = isFused
    let images = try golden.tensor("images", as: Scalar.self)
    let probabilities = model(images, in: &context)
    return (
      binaryCrossEntropy(probabilities, targets: try golden.tensor("labels")), context
    )
  }

  private func checkForward<Scalar: DifferentiableScalar>(
    isFused: Bool, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "small_network")
    let model: Sequential<Scalar> = try network(from: golden)
    #expect(model.parameters.count == 12)
    let images = Variable(try golden.tensor("images", as: Scalar.self))
    func compare(_ count: Int, _ key: String) throws {
      var context = Context.inference
      context.fusesLayers = isFused
      let error = model[..<count](images, in: &context).value
        .relativeError(to: try golden.tensor(key))
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
    }
    for (name, count) in Self.activations { try compare(count, "activations/\(name)") }
    try compare(19, "logits")
    try compare(20, "probabilities")
  }

  private func checkGradients<Scalar: DifferentiableScalar>(
    isFused: Bool, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "small_network")
    let model: Sequential<Scalar> = try network(from: golden)
    let (loss, _) = try loss(model, from: golden, isFused: isFused)
    let expected = try golden.scalar("loss")
    #expect(abs(Double(loss.item()) - expected) <= Scalar.goldenTolerance * expected)
    let gradients = loss.gradients()
    #expect(gradients.parameterIDs.count == 12)
    for (path, key) in Self.names {
      let parameter = try #require(model.parameter(path))
      let gradient = try #require(gradients[parameter])
      let error = gradient.relativeError(to: try golden.tensor("gradients/\(key)"))
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
    }
  }

  private func checkTraining<Scalar: DifferentiableScalar>(
    isFused: Bool, movementTolerance: Double, _ type: Scalar.Type
  ) throws {
    let golden = try Golden(named: "small_network")
    var model: Sequential<Scalar> = try network(from: golden)
    var optimizer = Adam<Scalar>(
      learningRate: 1e-3, epsilon: 1e-7, epsilonPlacement: .beforeCorrection)
    var losses: [Scalar] = []
    for _ in 0..<10 {
      let (loss, context) = try loss(model, from: golden, isFused: isFused)
      losses.append(loss.item())
      optimizer.update(&model, along: loss.gradients(), in: context)
    }
    losses.append(try loss(model, from: golden, isFused: isFused).loss.item())
    let lossError = Tensor(losses, shape: [11]).largestEntryError(to: try golden.tensor("losses"))
    #expect(lossError <= Scalar.goldenTolerance, "losses in \(Scalar.self), error \(lossError)")
    for (path, key) in Self.names {
      let value = try #require(model.parameter(path)).value
      let (start, end): (Tensor<Scalar>, Tensor<Scalar>) = (
        try golden.tensor("weights/\(key)"), try golden.tensor("after10/\(key)")
      )
      let error = value.relativeError(to: end)
      #expect(error <= Scalar.goldenTolerance, "\(key) in \(Scalar.self), error \(error)")
      // The weights hardly move in ten steps, so what they moved is compared as well.
      let movement = (value - start).relativeError(to: end - start)
      #expect(movement <= movementTolerance, "\(key) in \(Scalar.self), movement \(movement)")
    }
  }

  @Test("every activation, logits and probabilities", arguments: [true, false])
  func forward(isFused: Bool) throws {
    try checkForward(isFused: isFused, Double.self)
    try checkForward(isFused: isFused, Float.self)
  }

  @Test("the loss and all twelve gradients", arguments: [true, false])
  func gradients(isFused: Bool) throws {
    try checkGradients(isFused: isFused, Double.self)
    try checkGradients(isFused: isFused, Float.self)
  }

  // Adam divides by the root of the second moment, and so enlarges rounding in small gradients: hence looser bounds for the
  // movement in Double. PyTorch in float32 stays within 1e-5 of it.
  @Test(
    "ten steps of Adam: eleven losses, all weights, and how far they moved",
    arguments: [true, false])
  func training(isFused: Bool) throws {
    try checkTraining(isFused: isFused, movementTolerance: 1e-8, Double.self)
    try checkTraining(isFused: isFused, movementTolerance: 1e-4, Float.self)
  }
}
