import Autograd
import Tensor
import TestSupport
import Testing

private struct Affine: Parameterized {
  typealias Scalar = Double
  var weight = Parameter(Tensor<Double>([1, 2], shape: [2]))
  var mean = Parameter(Tensor<Double>([3], shape: [1]), kind: .statistic)

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Double>) {
    visitor.visit(&weight, "weight")
    visitor.visit(&mean, "mean")
  }
}

private struct Pair: Parameterized {
  typealias Scalar = Double
  var first = Affine()
  var second = Affine()
  var scale = Parameter(Tensor<Double>(5))

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Double>) {
    visitor.visit(&first, "first")
    visitor.visit(&second, "second")
    visitor.visit(&scale, "scale")
  }
}

@Suite("Parameters")
struct ParameterTests {
  @Test("a copy keeps the identity, a fresh one has its own")
  func identity() {
    let parameter = Parameter(Tensor<Double>.ones([2]))
    var copy = parameter
    copy.value += Tensor(1)
    #expect(copy.id == parameter.id && copy.value != parameter.value)
    let fresh = parameter.withFreshIdentity()
    #expect(
      fresh.id != parameter.id && fresh.value == parameter.value && fresh.kind == parameter.kind)
    #expect(parameter.shape == [2])
  }

  @Test("weights train, statistics do not")
  func kinds() {
    #expect(
      Parameter(Tensor<Double>(1)).isTrainable && Parameter(Tensor<Double>(1)).kind == .weight)
    #expect(!Parameter(Tensor<Double>(1), kind: .statistic).isTrainable)
  }

  @Test("the walk names every parameter by its path, in order")
  func paths() {
    let expected = ["first.weight", "first.mean", "second.weight", "second.mean", "scale"]
    #expect(Pair().parameters.map(\.path) == expected)
    var seen: [String] = []
    var pair = Pair()
    pair.updateParameters { parameter, path in
      seen.append(path)
      parameter.value *= Tensor(2)
    }
    #expect(
      seen == expected && pair.second.weight.value.scalars == [2, 4]
        && pair.scale.value.item() == 10)
  }

  @Test("scalars are counted, all or by whether they train")
  func counts() {
    var pair = Pair()
    #expect(pair.parameterCount() == 7 && pair.parameterCount(trainable: true) == 5)
    #expect(pair.parameterCount(trainable: false) == 2)
    pair.scale.isTrainable = false
    #expect(pair.parameterCount(trainable: true) == 4 && pair.parameterCount(trainable: false) == 3)
  }

  @Test("freezing touches weights only, and can be undone")
  func freezing() {
    var pair = Pair()
    pair.setTrainable(false)
    #expect(pair.parameters.allSatisfy { !$0.parameter.isTrainable })
    pair.setTrainable(true)
    #expect(
      pair.parameters.allSatisfy { $0.parameter.isTrainable == ($0.parameter.kind == .weight) })
  }

  @Test("a copy with fresh identities has equal values and shares none of them")
  func freshIdentities() {
    let pair = Pair()
    let copy = pair.withFreshIdentities()
    for (old, new) in zip(pair.parameters, copy.parameters) {
      #expect(old.path == new.path && old.parameter.value == new.parameter.value)
      #expect(old.parameter.id != new.parameter.id)
    }
    #expect(Set((pair.parameters + copy.parameters).map(\.parameter.id)).count == 10)
  }
}
