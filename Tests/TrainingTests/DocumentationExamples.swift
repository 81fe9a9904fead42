import Autograd
import Datasets
import Layers
import Optim
import Tensor
import Testing
import Training

/// Four numbers a sample; the class says whether the first is above zero.
private func smallSamples(_ count: Int, seed: UInt64) -> TensorSamples {
  var random = RandomGenerator(seed: seed)
  let images = Tensor<Float>.uniform([count, 4], in: -1..<1, using: &random)
  return TensorSamples(images: images, labels: images[.all, 0].scalars.map { $0 > 0 ? 1 : 0 })
}

private func smallModel() -> Sequential<Float> {
  var random = RandomGenerator(seed: 1)
  return Sequential<Float> {
    Dense(inputSize: 4, outputSize: 16, using: &random)
    ReLU()
    Dropout(0.1)
    Dense(inputSize: 16, outputSize: 1, using: &random)
    Sigmoid()
  }
}

/// What the documentation of the module shows, run.
@Suite("Documentation examples")
struct DocumentationExamples {
  @Test("landing page: a classifier is trained, validated and measured")
  func trains() throws {
    let model = smallModel()
    let transform = UnchangedTensors(shape: [4])
    let batches = try Loader(
      smallSamples(64, seed: 2), transform: transform, batchSize: 8, shuffled: true, seed: 7)
    let validation = try Loader(smallSamples(32, seed: 3), transform: transform, batchSize: 5)
    var lines: [String] = []

    var trainer = Trainer(
      model: model, optimizer: Adam<Float>(learningRate: 1e-2),
      objective: .binaryCrossEntropy, earlyStopping: EarlyStopping(patience: 5))
    let history = try trainer.run(
      epochs: 20, on: batches, validation: validation, seed: 42
    ) { event in
      if case .epoch(let row) = event { lines.append("\(row.number) \(row.loss) \(row.accuracy)") }
    }
    let evaluated = try evaluate(trainer.model, objective: .binaryCrossEntropy, on: validation)

    #expect(lines.count == history.epochs.count)
    let losses = history.epochs.compactMap(\.validationLoss)
    #expect(losses.count == history.epochs.count)
    // The model of the best epoch was restored.
    #expect(evaluated.loss == losses.min())
    #expect(evaluated.loss < 0.9 * (losses.first ?? 0))
    #expect(evaluated.accuracy > 0.8)
  }

  // The number of threads belongs to the whole process, so this runs in one of its own.
  @Test("article: the weights are the same bits for any number of threads and workers")
  func repeats() async {
    await #expect(processExitsWith: .success) {
      let samples = smallSamples(60, seed: 2)
      let model = smallModel()

      func weights(workers: Int, threads: Int) throws -> [String: Tensor<Float>] {
        Parallel.maximumThreads = threads
        let batches = try Loader(
          samples, transform: UnchangedTensors(shape: [4]), batchSize: 8, shuffled: true, seed: 7,
          workers: workers)
        var trainer = Trainer(
          model: model, optimizer: Adam<Float>(learningRate: 1e-2), objective: .binaryCrossEntropy)
        _ = try trainer.run(epochs: 3, on: batches, seed: 42)
        return trainer.model.parameters.reduce(into: [:]) { $0[$1.path] = $1.parameter.value }
      }
      let first = try weights(workers: 0, threads: 1)
      let second = try weights(workers: 2, threads: 2)
      #expect(first == second)
      #expect(first.count == 4 && first["0.weight"] != model.parameters[0].parameter.value)
    }
  }
}
