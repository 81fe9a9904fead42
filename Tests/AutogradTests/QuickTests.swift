import Autograd
import Tensor
import TestSupport
import Testing

@Test func quick() {
  let x = Tensor<Double>.ramp([2, 3])
  #expect(gradientError(at: x) { ($0.exp() * Variable(.ramp([2,3]))).sum() } < 1e-8)
  print(secondDerivativeErrors(at: [x, .ramp([3,4])]) { ($0[0].matrixProduct($0[1]).softmax() * Variable(.ramp([2,4]))).sum() })
  print(secondDerivativeErrors(at: [.ramp([2,5,6,3]), .ramp([3,3,3,2]), .ramp([2])]) { ($0[0].convolution($0[1], bias: $0[2], Window2D(3, stride: 2, padding: .same)).tanh() * Variable(.ramp([2,3,3,2]))).sum() })
  print(gradientErrors(at: [.ramp([2,5,6,3])]) { ($0[0].maxPooled(Window2D(2, stride: 2)) * Variable(.ramp([2,2,3,3]))).sum() })
  var y = Variable(tracking: Tensor<Double>([1.0], shape: []))
  let leaf = y
  for _ in 0..<1_000_000 { y = y.shifted(by: 1) }
  print(y.gradients()[leaf] as Any)
}
