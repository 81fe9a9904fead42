import Layers
import Tensor
import Testing

@Suite("Model summary")
struct SummaryTests {
  private static var model: Sequential<Float> {
    var random = RandomGenerator(seed: 1)
    return Sequential<Float> {
      Conv2D(inputChannels: 3, outputChannels: 4, kernelSize: 3, using: &random)
      Sequential<Float> {
        BatchNorm<Float>(channels: 4)
        ReLU()
      }
      Flatten()
      Dense(inputSize: 36 * 4, outputSize: 10, using: &random)
    }
  }

  @Test("shapes, parameters, multiply-adds and memory, counted by hand")
  func rows() {
    let summary = Self.model.summary(inputShape: [8, 8, 3])
    #expect(summary.rows.map(\.path) == ["0", "1.0", "1.1", "2", "3"])
    #expect(summary.rows.map(\.kind) == ["Conv2D", "BatchNorm", "ReLU", "Flatten", "Dense"])
    #expect(
      summary.rows.map(\.outputShape) == [[6, 6, 4], [6, 6, 4], [6, 6, 4], [144], [10]])
    #expect(summary.rows.map(\.parameterCount) == [9 * 3 * 4 + 4, 16, 0, 0, 144 * 10 + 10])
    #expect(summary.rows.map(\.nonTrainableCount) == [0, 8, 0, 0, 0])
    #expect(summary.rows[0].multiplyAdds == 36 * 9 * 3 * 4 && summary.rows[4].multiplyAdds == 1440)
    #expect(summary.rows.map(\.outputBytes) == [576, 576, 576, 576, 40])
    #expect(summary.parameterCount == 112 + 16 + 1450 && summary.nonTrainableCount == 8)
    #expect(summary.outputBytes == 4 * 576 + 40)
  }

  @Test("the table looks like that of Keras")
  func table() {
    let expected = """
      Input: (None, 8, 8, 3); multiply-adds and memory are those of one input
      ┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━━━┓
      ┃ Layer (type)    ┃ Output Shape    ┃ Param # ┃ Multiply-adds ┃   Memory ┃
      ┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━━━┩
      │ 0 (Conv2D)      │ (None, 6, 6, 4) │     112 │         3,888 │ 576.00 B │
      ├─────────────────┼─────────────────┼─────────┼───────────────┼──────────┤
      │ 1.0 (BatchNorm) │ (None, 6, 6, 4) │      16 │             0 │ 576.00 B │
      ├─────────────────┼─────────────────┼─────────┼───────────────┼──────────┤
      │ 1.1 (ReLU)      │ (None, 6, 6, 4) │       0 │             0 │ 576.00 B │
      ├─────────────────┼─────────────────┼─────────┼───────────────┼──────────┤
      │ 2 (Flatten)     │ (None, 144)     │       0 │             0 │ 576.00 B │
      ├─────────────────┼─────────────────┼─────────┼───────────────┼──────────┤
      │ 3 (Dense)       │ (None, 10)      │   1,450 │         1,440 │  40.00 B │
      └─────────────────┴─────────────────┴─────────┴───────────────┴──────────┘
       Total params: 1,578 (6.16 KB)
       Trainable params: 1,570 (6.13 KB)
       Non-trainable params: 8 (32.00 B)
       Multiply-adds: 5,328
       Memory of all outputs: 2.29 KB
      """
    #expect(Self.model.summary(inputShape: [8, 8, 3]).description == expected)
  }

  @Test("an empty model has an empty table")
  func empty() {
    let summary = Sequential<Double>([]).summary(inputShape: [3])
    #expect(summary.rows.isEmpty && summary.parameterCount == 0 && summary.scalarBytes == 8)
    #expect(summary.description.contains("Total params: 0 (0.00 B)"))
  }
}
