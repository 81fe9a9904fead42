import Autograd
import CovidXRay
import Layers
import Optim
import Tensor

var random = RandomGenerator(seed: 1)
var model: Sequential<Float> = CovidNetwork.model(using: &random)
print(model.parameterCount(), OpenBLAS.coreType)
let x = Tensor<Float>.uniform([32, 224, 224, 3], using: &random)
let y = Tensor<Float>.bernoulli([32, 1], probability: 0.5, using: &random)
var optimizer = Adam<Float>(learningRate: 1e-3, epsilon: 1e-7, epsilonPlacement: .beforeCorrection)
let clock = ContinuousClock()
for _ in 0..<5 {
  let copies = CopyCounter.count
  let allocations = BufferCache.statistics.systemAllocations
  let time = clock.measure {
    let loss = optimizer.step(&model, random: &random) { model, context in
      binaryCrossEntropy(model(x, in: &context), targets: y)
    }
    print(loss)
  }
  print(time, CopyCounter.count - copies, BufferCache.statistics.systemAllocations - allocations, BufferCache.statistics)
}
