import Autograd
import Tensor
import TestSupport
import Testing

@Suite("Variable")
struct VariableTests {
  @Test("a constant, a leaf and a result know whether they are recorded")
  func recording() {
    let (constant, leaf) = (Variable(Tensor<Double>(1)), Variable(tracking: Tensor<Double>(2)))
    #expect(!constant.isRecorded && leaf.isRecorded && (constant + leaf).isRecorded)
    #expect(!(constant + constant).isRecorded && !leaf.detached().isRecorded)
  }

  @Test("shape, rank, count, scalar and text are those of the value")
  func attributes() {
    let x = Variable(tracking: Tensor<Double>([1, 2.5], shape: [1, 2]))
    #expect(x.shape == [1, 2] && x.rank == 2 && x.count == 2 && x.value.scalars == [1, 2.5])
    #expect(x.sum().item() == 3.5 && x.description == "[[1.  2.5]]")
  }

  @Test("an operation of one's own, with a derivative of one's own")
  func ownOperation() {
    func cube(_ x: Variable<Double>) -> Variable<Double> {
      Variable(x.value * x.value * x.value, from: [x], keeping: .inputs) { saved, upstream in
        [upstream * saved.input(0).squared().scaled(by: 3)]
      }
    }
    let point = Tensor<Double>.ramp([2, 2])
    #expect(
      gradientErrors(at: [point]) { (cube($0[0]) * Variable(.ramp([2, 2]))).sum() }[0] < 1e-9)
    #expect(
      secondDerivativeErrors(at: [point]) { (cube($0[0]) * Variable(.ramp([2, 2]))).sum() }[0]
        < 1e-8)
  }

  @Test("Float differentiates like Double")
  func single() {
    let point = Tensor<Double>.ramp([2, 3])
    func slope<Scalar: DifferentiableScalar>(_ value: Tensor<Scalar>) -> Tensor<Scalar>? {
      let x = Variable(tracking: value)
      return (x.tanh() * x.softmax()).sum().gradients()[x]
    }
    let (double, float) = (slope(point), slope(point.converted(to: Float.self)))
    #expect(float?.converted(to: Double.self).relativeError(to: double ?? .zeros([])) ?? 1 < 1e-6)
  }
}
