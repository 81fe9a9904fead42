import Autograd
import Layers
import Tensor
import TestSupport
import Testing

@Suite("Sequential")
struct SequentialTests {
  /// Two dense layers, an activation between them and one at the end.
  private static func model() -> Sequential<Double> {
    Sequential<Double> {
      Dense(weight: .ramp([3, 4]), bias: .ramp([4]))
      ReLU()
      Dense(weight: .ramp([4, 2], phase: 1), bias: nil)
      Sigmoid()
    }
  }

  @Test("runs its layers in order")
  func order() {
    let model = Sequential<Double> {
      Dense(weight: Tensor([2], shape: [1, 1]), bias: Tensor([-1], shape: [1]))
      ReLU()
      Dense(weight: Tensor([-3], shape: [1, 1]), bias: nil)
    }
    // −3 · max(2 x − 1, 0)
    #expect(model(Tensor([0, 1, 2], shape: [3, 1])).scalars == [0, -3, -9])
  }

  @Test("without layers it is the identity")
  func empty() {
    let model = Sequential<Double> {}
    #expect(model(.ramp([2, 2])) == .ramp([2, 2]) && model.isEmpty && model.parameters.isEmpty)
  }

  @Test("the builder takes if, else, loops, nested models and lists", arguments: [true, false])
  func builder(isDeep: Bool) {
    let tail: [any Layer<Double>] = [Flatten<Double>(), Softmax<Double>()]
    let model = Sequential<Double> {
      for size in 1...2 { Dense(weight: .ones([size, size + 1]), bias: nil) }
      if isDeep {
        ReLU()
        for _ in 0..<2 {
          if isDeep { Sigmoid() }
        }
      } else {
        Sigmoid()
      }
      if !isDeep { Dropout(0.5) }
      Sequential<Double> {
        ReLU()
        Dense(weight: .ones([3, 3]), bias: nil)
      }
      tail
    }
    let kinds = model.specification.layers.map(\.kind)
    let middle = isDeep ? ["ReLU", "Sigmoid", "Sigmoid"] : ["Sigmoid", "Dropout"]
    #expect(kinds == ["Dense", "Dense"] + middle + ["Sequential", "Flatten", "Softmax"])
    #expect(
      model.parameters.map(\.path)
        == ["0.weight", "1.weight", isDeep ? "5.1.weight" : "4.1.weight"])
  }

  @Test("is a collection of its layers")
  func collection() {
    let model = Self.model()
    #expect(model.count == 4 && model.startIndex == 0 && model.endIndex == 4)
    #expect(model.map(\.specification.kind) == ["Dense", "ReLU", "Dense", "Sigmoid"])
    #expect(model[1] is ReLU<Double> && model.last is Sigmoid<Double>)
    #expect(model.reversed().map(\.specification.kind).first == "Sigmoid")
    #expect(model.firstIndex { $0 is Sigmoid<Double> } == 3)
  }

  @Test("a part is a model, and the parts in turn are the whole", arguments: 0...4)
  func parts(cut: Int) {
    let model = Self.model()
    let input = Tensor<Double>.ramp([5, 3])
    #expect(model[cut...](model[..<cut](input)) == model(input))
    #expect(model[..<cut].count == cut && model[cut...].startIndex == cut)
  }

  @Test("parts keep positions, paths and identities")
  func partsKeepPositions() {
    let model = Self.model()
    let tail = model[2...]
    #expect(tail.parameters.map(\.path) == ["2.weight"])
    #expect(tail.parameters[0].parameter.id == model.parameters[2].parameter.id)
    #expect(tail[2] is Dense<Double> && tail[3...].map(\.specification.kind) == ["Sigmoid"])
    #expect(tail.specification.layers.map(\.kind) == ["Dense", "Sigmoid"])
  }

  @Test("a layer or a part can be replaced in place")
  func replacement() {
    var model = Self.model()
    model[3] = Softmax<Double>()
    #expect(model(.ramp([2, 3])).sum(alongAxis: 1).relativeError(to: .ones([2])) < 1e-15)
    var head = model[..<1]
    head.updateParameters { parameter, _ in parameter.value = parameter.value * 0 }
    #expect(model.parameters[0].parameter.value == .ramp([3, 4]))
    model[..<1] = head
    #expect(model.parameters[0].parameter.value == .zeros([3, 4]) && model.count == 4)
  }

  @Test("shapes and multiply-adds go through all layers")
  func shapesAndCosts() {
    let model = Sequential<Double> {
      Conv2D(filter: .zeros([3, 3, 2, 4]), bias: .zeros([4]))
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dense(weight: .zeros([4 * 3 * 4, 5]), bias: nil)
    }
    #expect(model.outputShape(for: [7, 10, 8, 2]) == [7, 5])
    #expect(model[..<3].outputShape(for: [7, 10, 8, 2]) == [7, 4, 3, 4])
    // 8 × 6 positions of 3 × 3 × 2 × 4 products, and 48 × 5, for each of 7 images.
    #expect(model.multiplyAdds(for: [7, 10, 8, 2]) == 7 * (8 * 6 * 72 + 240))
  }

  @Test("multiply-adds of a layer by hand")
  func multiplyAdds() {
    #expect(Dense<Float>(weight: .zeros([3, 5]), bias: nil).multiplyAdds(for: [2, 3]) == 30)
    #expect(
      Dense<Float>(weight: .zeros([3, 5]), bias: .zeros([5])).multiplyAdds(for: [4, 2, 3]) == 120)
    let strided = Conv2D<Float>(
      filter: .zeros([3, 3, 2, 4]), bias: .zeros([4]), stride: 2, padding: .same)
    // ⌈5 / 2⌉ × ⌈6 / 2⌉ positions.
    #expect(strided.multiplyAdds(for: [1, 5, 6, 2]) == 3 * 3 * 72)
    for layer: any Layer<Float> in [
      ReLU<Float>(), MaxPool2D<Float>(2), Dropout<Float>(0.5), Flatten<Float>(),
    ] {
      #expect(layer.multiplyAdds(for: [1, 4, 4, 2]) == 0)
    }
  }
}
