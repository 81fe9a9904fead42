import Autograd
import Datasets
import Layers
import Tensor
import TestSupport
import Testing
import Training

@Suite("Evaluation of a model")
struct EvaluateTests {
  @Test(
    "equals what is computed by hand on all samples at once, whatever the batches",
    arguments: [1, 3, 4, 10, 64])
  func byHand(batchSize: Int) throws {
    let samples = Toy.samples(10)
    // Dropout has no part in it, and every call gives the same.
    let model = Toy.model(dropout: 0.9)
    let evaluated = try evaluate(
      model, objective: .binaryCrossEntropy,
      on: Toy.loader(samples, batchSize: batchSize, shuffled: false))
    let probabilities = model(samples.images)
    let targets = Tensor(samples.labels.map { Float($0) }, shape: [10, 1])
    let loss = Double(binaryCrossEntropy(probabilities, targets: targets).item())
    #expect(abs(evaluated.loss - loss) < 1e-6)
    #expect(evaluated.labels == samples.labels && evaluated.indices == Array(0..<10))
    let rows = probabilities.scalars.map(Double.init)
    #expect(evaluated.probabilities.count == 10)
    for (row, p) in zip(evaluated.probabilities, rows) {
      #expect(row.count == 2 && abs(row[1] - p) < 1e-6 && abs(row[0] + row[1] - 1) < 1e-6)
    }
    #expect(evaluated.predicted == rows.map { $0 > 0.5 ? 1 : 0 })
    let correct = zip(evaluated.predicted, samples.labels).count { $0 == $1 }
    #expect(evaluated.accuracy == Double(correct) / 10 && correct > 0 && correct < 10)
  }

  @Test("shuffled samples keep their labels and indices")
  func shuffled() throws {
    let samples = Toy.samples(10)
    let model = Toy.model()
    let plain = try evaluate(
      model, objective: .binaryCrossEntropy, on: Toy.loader(samples, shuffled: false))
    let mixed = try evaluate(
      model, objective: .binaryCrossEntropy, on: Toy.loader(samples, workers: 2))
    #expect(mixed.indices != plain.indices && mixed.indices.sorted() == plain.indices)
    for (position, index) in mixed.indices.enumerated() {
      #expect(mixed.labels[position] == plain.labels[index])
      let pair = zip(mixed.probabilities[position], plain.probabilities[index])
      #expect(pair.allSatisfy { abs($0 - $1) < 1e-6 })
    }
    #expect(abs(mixed.loss - plain.loss) < 1e-6 && mixed.accuracy == plain.accuracy)
  }

  @Test("with logits the probabilities are their softmax, and equal ones count as the first class")
  func logits() throws {
    let model = Sequential<Float> { Dense(weight: .zeros([4, 3]), bias: .zeros([3])) }
    let samples = Toy.samples(5)
    let evaluated = try evaluate(
      model, objective: .softmaxCrossEntropy(), on: Toy.loader(samples, shuffled: false))
    #expect(evaluated.probabilities.allSatisfy { $0.allSatisfy { abs($0 - 1.0 / 3) < 1e-7 } })
    #expect(evaluated.predicted == [0, 0, 0, 0, 0])
    #expect(abs(evaluated.loss - 1.098_612_288_668) < 1e-6)
  }
}

@Suite("History")
struct HistoryTests {
  private var history: History {
    var history = History()
    history.epochs = [
      History.Epoch(
        number: 1, loss: 0.75, accuracy: 0.5, validationLoss: 0.625, validationAccuracy: 0.25,
        seconds: 1.5, learningRate: 1e-3),
      History.Epoch(
        number: 2, loss: 1.0 / 3, accuracy: 1, validationLoss: nil, validationAccuracy: nil,
        seconds: 12.3456, learningRate: 1e-4),
    ]
    return history
  }

  @Test("as a table: the header, a row for each epoch, nothing where nothing was measured")
  func csv() {
    #expect(
      history.csv == """
        epoch,loss,accuracy,val_loss,val_accuracy,seconds
        1,0.750000,0.500000,0.625000,0.250000,1.500
        2,0.333333,1.000000,,,12.346

        """)
    #expect(History().csv == "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n")
  }
}
