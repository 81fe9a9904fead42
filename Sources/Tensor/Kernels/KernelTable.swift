import RealModule

/// The hot loops of one floating-point scalar, as functions over raw buffers.
///
/// Generic code reaches concrete machine code through it: a generic loop that is not specialised is a hundred times slower.
/// The table for the processor is chosen once, on first use, and never changes.
public struct KernelTable<Scalar: DifferentiableScalar>: Sendable {
  /// The instruction set the loops were written for, such as `"portable"`.
  package internal(set) var name: String
  /// Convolutions in vector instructions, if the scalar has them.
  package internal(set) var convolution: VectorConvolution<Scalar>?
  /// Stretches of convolutions, if the scalar has them.
  package internal(set) var stretch: StretchKernels<Scalar>?

  /// `C = A B` on kernels of our own, if the scalar has them; see `VectorProduct`.
  package internal(set) var product:
    (
      @Sendable (
        _ a: UnsafePointer<Scalar>, _ leadingA: Int, _ transposesA: Bool,
        _ b: UnsafePointer<Scalar>, _ leadingB: Int, _ transposesB: Bool, _ m: Int, _ n: Int,
        _ k: Int, _ c: UnsafeMutablePointer<Scalar>, _ inParallel: Bool
      ) -> Void
    )?

  package internal(set) var divide = binaryKernel(Divide<Scalar>.self)
  package internal(set) var power = binaryKernel(Power<Scalar>.self)
  package internal(set) var exp = unaryKernel(Exp<Scalar>.self)
  package internal(set) var log = unaryKernel(Log<Scalar>.self)
  package internal(set) var sqrt = unaryKernel(SquareRoot<Scalar>.self)
  package internal(set) var tanh = unaryKernel(Tanh<Scalar>.self)
  package internal(set) var sin = unaryKernel(Sin<Scalar>.self)
  package internal(set) var cos = unaryKernel(Cos<Scalar>.self)
  package internal(set) var erf = unaryKernel(ErrorFunction<Scalar>.self)
  package internal(set) var sigmoid = unaryKernel(Sigmoid<Scalar>.self)
  package internal(set) var softplus = unaryKernel(Softplus<Scalar>.self)
  package internal(set) var relu = unaryKernel(Relu<Scalar>.self)
  package internal(set) var absolute = unaryKernel(Absolute<Scalar>.self)
  package internal(set) var sign = unaryKernel(Sign<Scalar>.self)
  package internal(set) var floor = unaryKernel(Floor<Scalar>.self)
  package internal(set) var round = unaryKernel(Round<Scalar>.self)
  package internal(set) var patches = PatchKernels<Scalar>()
  package internal(set) var normalization = NormalizationKernels<Scalar>()
  package internal(set) var pooling = PoolingKernels<Scalar>()
  package internal(set) var random = randomKernels(Scalar.self)
  /// See `dropoutKernel`.
  package internal(set) var dropout:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ count: Int, _ start: Int,
      _ rate: Double, _ key: RandomKey, _ writes: CachePolicy
    ) -> Void = { x, out, count, start, rate, key, _ in
      dropoutKernel(x, out, count, start, rate, key)
    }
  package internal(set) var reluGradient = binaryKernel(ReluGradient<Scalar>.self)

  /// `out = softmax(x)` over one row of `count` scalars; `out` may be `x`.
  package internal(set) var softmaxRow:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ count: Int,
      _ writes: CachePolicy
    ) -> Void = { x, out, count, _ in
      var maximum = x[0]
      for i in 1..<Swift.max(count, 1) { maximum = Maximum<Scalar>.apply(maximum, x[i]) }
      var sum: Scalar = 0
      for i in 0..<count {
        out[i] = .exp(x[i] - maximum)
        sum += out[i]
      }
      let scale = 1 / sum
      for i in 0..<count { out[i] *= scale }
    }

  /// `out[column][row] = in[row][column]`, of rows that are `inStride` and `outStride` scalars apart.
  package internal(set) var transpose:
    @Sendable (
      _ x: UnsafePointer<Scalar>, _ inStride: Int, _ rows: Int, _ columns: Int,
      _ out: UnsafeMutablePointer<Scalar>, _ outStride: Int, _ writes: CachePolicy
    ) -> Void = { x, inStride, rows, columns, out, outStride, _ in
      for column in 0..<columns {
        for row in 0..<rows { out[column * outStride + row] = x[row * inStride + column] }
      }
    }

  /// One step of Adam over `count` scalars.
  ///
  /// See `Tensor.takeAdamStep`.
  package internal(set) var adam:
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
  package internal(set) var sgd:
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

  /// The table of plain loops, with what is given beside them.
  package init(
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
