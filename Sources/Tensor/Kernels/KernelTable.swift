import RealModule

/// The hot loops of one floating-point scalar, as functions over raw buffers.
///
/// Generic code reaches concrete machine code through it: a generic loop that is not specialised is a hundred times slower.
/// The table for the processor is chosen once, on first use, and never changes.
public struct KernelTable<Scalar: DifferentiableScalar>: Sendable {
  /// The instruction set the loops were written for, such as `"portable"`.
  package let name: String
  /// Convolutions in vector instructions, if the scalar has them.
  package let convolution: VectorConvolution<Scalar>?
  /// Stretches of convolutions, if the scalar has them.
  package let stretch: StretchKernels<Scalar>?

  package let divide = binaryKernel(Divide<Scalar>.self)
  package let power = binaryKernel(Power<Scalar>.self)
  package let exp = unaryKernel(Exp<Scalar>.self)
  package let log = unaryKernel(Log<Scalar>.self)
  package let sqrt = unaryKernel(SquareRoot<Scalar>.self)
  package let tanh = unaryKernel(Tanh<Scalar>.self)
  package let sin = unaryKernel(Sin<Scalar>.self)
  package let cos = unaryKernel(Cos<Scalar>.self)
  package let erf = unaryKernel(ErrorFunction<Scalar>.self)
  package let sigmoid = unaryKernel(Sigmoid<Scalar>.self)
  package let softplus = unaryKernel(Softplus<Scalar>.self)
  package let relu = unaryKernel(Relu<Scalar>.self)
  package let absolute = unaryKernel(Absolute<Scalar>.self)
  package let sign = unaryKernel(Sign<Scalar>.self)
  package let floor = unaryKernel(Floor<Scalar>.self)
  package let round = unaryKernel(Round<Scalar>.self)
  package let patches = PatchKernels<Scalar>()
  package let pooling = PoolingKernels<Scalar>()
  /// See `dropoutKernel`.
  package let dropout:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ count: Int, _ start: Int,
      _ rate: Double, _ key: RandomKey
    ) -> Void = { dropoutKernel($0, $1, $2, $3, $4, $5) }
  package let reluGradient = binaryKernel(ReluGradient<Scalar>.self)

  /// `y = softmax(x)` over one row of `count` scalars, in place.
  package let softmaxRow: @Sendable (_ row: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void = {
    row, count in
    var maximum = row[0]
    for i in 1..<Swift.max(count, 1) { maximum = Maximum<Scalar>.apply(maximum, row[i]) }
    var sum: Scalar = 0
    for i in 0..<count {
      row[i] = .exp(row[i] - maximum)
      sum += row[i]
    }
    let scale = 1 / sum
    for i in 0..<count { row[i] *= scale }
  }

  /// One step of Adam over `count` scalars.
  ///
  /// See `Tensor.takeAdamStep`.
  package let adam:
    @Sendable (
      _ parameter: UnsafeMutablePointer<Scalar>, _ firstMoment: UnsafeMutablePointer<Scalar>,
      _ secondMoment: UnsafeMutablePointer<Scalar>, _ gradient: UnsafePointer<Scalar>,
      _ count: Int, _ step: AdamStep<Scalar>
    ) -> Void = { w, m, v, g, count, step in
      let (beta1, beta2) = (step.beta1, step.beta2)
      let (rest1, rest2) = (1 - beta1, 1 - beta2)
      for i in 0..<count {
        m[i] = beta1 * m[i] + rest1 * g[i]
        v[i] = beta2 * v[i] + rest2 * (g[i] * g[i])
        w[i] =
          w[i] * step.decay - step.rate * m[i] / (v[i].squareRoot() * step.rootScale + step.epsilon)
      }
    }

  /// One step of gradient descent with momentum over `count` scalars.
  ///
  /// See `Tensor.takeSGDStep`.
  package let sgd:
    @Sendable (
      _ parameter: UnsafeMutablePointer<Scalar>, _ velocity: UnsafeMutablePointer<Scalar>,
      _ gradient: UnsafePointer<Scalar>, _ count: Int, _ step: SGDStep<Scalar>
    ) -> Void = { w, velocity, g, count, step in
      for i in 0..<count {
        let gradient = g[i] + step.weightDecay * w[i]
        velocity[i] = step.momentum * velocity[i] + gradient
        let direction = step.isNesterov ? gradient + step.momentum * velocity[i] : velocity[i]
        w[i] -= step.learningRate * direction
      }
    }

  init(
    name: String, convolution: VectorConvolution<Scalar>?, stretch: StretchKernels<Scalar>?
  ) {
    self.name = name
    self.convolution = convolution
    self.stretch = stretch
  }
}

/// The numbers of one Adam step: `w ← w · decay − rate · m / (√v · rootScale + ε)`.
package struct AdamStep<Scalar: DifferentiableScalar>: Sendable {
  package var beta1, beta2, rate, rootScale, epsilon, decay: Scalar

  package init(
    beta1: Scalar, beta2: Scalar, rate: Scalar, rootScale: Scalar, epsilon: Scalar, decay: Scalar
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.rate = rate
    self.rootScale = rootScale
    self.epsilon = epsilon
    self.decay = decay
  }
}

/// The numbers of one step of gradient descent: `v ← μ v + g`, then `w ← w − η v` (Nesterov: `w ← w − η (g + μ v)`).
package struct SGDStep<Scalar: DifferentiableScalar>: Sendable {
  package var learningRate, momentum, weightDecay: Scalar
  package var isNesterov: Bool

  package init(learningRate: Scalar, momentum: Scalar, weightDecay: Scalar, isNesterov: Bool) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.isNesterov = isNesterov
  }
}
