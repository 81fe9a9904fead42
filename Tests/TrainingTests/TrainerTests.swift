import Autograd
import Datasets
import Layers
import Optim
import Tensor
import TestSupport
import Testing
import Training

@Suite("Trainer")
struct TrainerTests {
  private func trained(
    epochs: Int = 3, workers: Int = 0, seed: UInt64 = 7, batchSize: Int = 4
  ) throws -> (trainer: Trainer<Sequential<Float>, Adam<Float>>, history: History) {
    var trainer = Trainer(
      model: Toy.model(), optimizer: Adam<Float>(learningRate: 0.05),
      objective: .binaryCrossEntropy)
    let history = try trainer.run(
      epochs: epochs, on: Toy.loader(batchSize: batchSize, workers: workers), seed: seed)
    return (trainer, history)
  }

  @Test("does what a loop by hand does: weights, losses and accuracies, each sample counted once")
  func byHand() throws {
    let (loader, validation) = (try Toy.loader(), try Toy.loader(Toy.samples(7, seed: 2)))
    var trainer = Trainer(
      model: Toy.model(), optimizer: Adam<Float>(learningRate: 0.05),
      objective: .binaryCrossEntropy)
    let history = try trainer.run(epochs: 3, on: loader, validation: validation, seed: 7)

    var (model, optimizer) = (Toy.model(), Adam<Float>(learningRate: 0.05))
    let stream = loader.batches(epochs: 0..<3)
    for epoch in 0..<3 {
      var (loss, correct, sizes) = (0.0, 0.0, [Int]())
      for step in 0..<3 {
        let batch = try #require(try stream.next())
        var context = Context.training(key: RandomKey(seed: 7).derived(UInt64(3 * epoch + step)))
        let outputs = model(batch.images, in: &context)
        let value = binaryCrossEntropy(outputs, targets: batch.binaryLabels)
        optimizer.update(&model, along: value.gradients(), in: context)
        loss += Double(value.item()) * Double(batch.count)
        correct += zip(outputs.value.scalars, batch.labels.scalars)
          .reduce(0) { $0 + ((($1.0 > 0.5) == ($1.1 == 1)) ? 1 : 0) }
        sizes.append(batch.count)
      }
      #expect(sizes == [4, 4, 2])
      let row = history.epochs[epoch]
      #expect(abs(row.loss - loss / 10) < 1e-12 && abs(row.accuracy - correct / 10) < 1e-12)
      #expect(row.number == epoch + 1 && row.learningRate == Double(Float(0.05)))
      let validated = try evaluate(model, objective: .binaryCrossEntropy, on: validation)
      #expect(row.validationLoss == validated.loss)
      #expect(row.validationAccuracy == validated.accuracy)
      #expect(row.seconds >= 0)
    }
    #expect(history.epochs.count == 3)
    #expect(Toy.values(trainer.model) == Toy.values(model))
    #expect(trainer.optimizer.stepCount == 9)
  }

  @Test("learns")
  func learns() throws {
    let training = try Toy.loader(Toy.samples(120), batchSize: 16)
    var trainer = Trainer(
      model: Toy.model(dropout: 0.1), optimizer: Adam<Float>(learningRate: 0.03),
      objective: .binaryCrossEntropy)
    let history = try trainer.run(
      epochs: 25, on: training, validation: Toy.loader(Toy.samples(60, seed: 9)), seed: 1)
    let (first, last) = (history.epochs[0], history.epochs[24])
    #expect(last.loss < first.loss / 2)
    #expect((last.validationAccuracy ?? 0) > 0.9)
  }

  @Test("learns with one logit for each class as well")
  func learnsWithLogits() throws {
    let model = Sequential<Float> { Dense(weight: .zeros([4, 2]), bias: .zeros([2])) }
    var trainer = Trainer(
      model: model, optimizer: SGD<Float>(learningRate: 0.5, momentum: 0.9),
      objective: .softmaxCrossEntropy(labelSmoothing: 0.01))
    let history = try trainer.run(
      epochs: 15, on: Toy.loader(Toy.samples(80), batchSize: 16), seed: 1)
    #expect(abs(history.epochs[0].loss) < 0.7 && history.epochs[14].accuracy > 0.95)
  }

  @Test("the same seed twice gives the same bits, another seed others")
  func seeds() throws {
    let first = try trained()
    let second = try trained()
    #expect(Toy.values(first.trainer.model) == Toy.values(second.trainer.model))
    #expect(first.history.epochs.map(\.loss) == second.history.epochs.map(\.loss))
    // Dropout alone depends on the trainer's seed.
    let other = try trained(seed: 8)
    #expect(Toy.values(first.trainer.model) != Toy.values(other.trainer.model))
  }

  @Test("any number of workers and threads gives the same bits", arguments: [0, 1, 3], [1, 2, 5])
  func workersAndThreads(workers: Int, threads: Int) throws {
    let expected = try trained()
    let before = Parallel.maximumThreads
    defer { Parallel.maximumThreads = before }
    Parallel.maximumThreads = threads
    let other = try trained(workers: workers)
    #expect(Toy.values(other.trainer.model) == Toy.values(expected.trainer.model))
    #expect(other.history.epochs.map(\.loss) == expected.history.epochs.map(\.loss))
    #expect(other.history.epochs.map(\.accuracy) == expected.history.epochs.map(\.accuracy))
  }

  @Test("with a number of steps an epoch runs on into the next pass")
  func wrapsAround() throws {
    var trainer = Trainer(
      model: Toy.model(), optimizer: SGD<Float>(), objective: .binaryCrossEntropy)
    var sizes: [[Int]] = [[], []]
    let history = try trainer.run(epochs: 2, on: Toy.loader(stepsPerEpoch: 4), seed: 0) { event in
      if case .step(let step) = event { sizes[step.epoch - 1].append(step.sampleCount) }
    }
    #expect(sizes == [[4, 4, 2, 4], [4, 2, 4, 4]])
    #expect(history.epochs.count == 2 && trainer.optimizer.stepCount == 8)
  }

  @Test("a schedule sets the rate of every step, counted through all epochs")
  func schedule() throws {
    var trainer = Trainer(
      model: Toy.Counter(), optimizer: Toy.Counting(), objective: Toy.distance(to: 0),
      schedule: LearningRateSchedule { 1 / Double($0 + 1) })
    let loader = try Toy.loader(stepsPerEpoch: 2)
    let history = try trainer.run(epochs: 3, on: loader, seed: 0)
    #expect(trainer.optimizer.rates == (1...6).map { 1 / Float($0) })
    #expect(history.epochs.map(\.learningRate) == [2, 4, 6].map { Double(1 / Float($0)) })
  }

  @Test("without a schedule the rate is that of the optimizer")
  func ownRate() throws {
    var trainer = Trainer(
      model: Toy.Counter(), optimizer: Toy.Counting(learningRate: 0.5),
      objective: Toy.distance(to: 0))
    _ = try trainer.run(epochs: 1, on: Toy.loader(), seed: 0)
    #expect(trainer.optimizer.rates == [0.5, 0.5, 0.5])
  }

  @Test("a second run goes on with model and optimizer as the first left them")
  func secondRun() throws {
    var trainer = Trainer(
      model: Toy.Counter(), optimizer: Toy.Counting(), objective: Toy.distance(to: 0))
    _ = try trainer.run(epochs: 2, on: Toy.ones(), seed: 0)
    let history = try trainer.run(epochs: 1, on: Toy.ones(), seed: 0)
    #expect(history.epochs.map(\.number) == [1] && history.epochs[0].loss == 4)
    #expect(trainer.model.count.value.item() == 3 && trainer.optimizer.stepCount == 3)
  }
}
