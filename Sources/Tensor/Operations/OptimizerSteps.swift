extension Tensor where Scalar: DifferentiableScalar {
  /// One step of Adam, in place: `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, then
  /// `w ← w · decay − rate · m / (√v · rootScale + ε)`.
  package mutating func takeAdamStep(
    firstMoment: inout Tensor, secondMoment: inout Tensor, gradient: Tensor,
    _ step: AdamStep<Scalar>
  ) {
    let gradient = gradient.contiguous()
    withUnsafeMutableScalars { parameters in
      firstMoment.withUnsafeMutableScalars { first in
        secondMoment.withUnsafeMutableScalars { second in
          guard let parameterBase = parameters.baseAddress, let firstBase = first.baseAddress,
            let secondBase = second.baseAddress
          else { return }
          let (w, m) = (Unchecked(parameterBase), Unchecked(firstBase))
          let (v, g) = (Unchecked(secondBase), Unchecked(gradient.pointer))
          Parallel.forEachRange(of: parameters.count, grain: 1 << 15) { range in
            let start = range.lowerBound
            Scalar.kernels.adam(
              w.value + start, m.value + start, v.value + start, g.value + start, range.count, step)
          }
        }
      }
    }
    withExtendedLifetime(gradient) {}
  }

  /// One step of gradient descent, in place: `v ← μ v + g`, then `w ← w − η v`.
  package mutating func takeSGDStep(
    velocity: inout Tensor, gradient: Tensor, _ step: SGDStep<Scalar>
  ) {
    let gradient = gradient.contiguous()
    withUnsafeMutableScalars { parameters in
      velocity.withUnsafeMutableScalars { velocities in
        guard let parameterBase = parameters.baseAddress,
          let velocityBase = velocities.baseAddress
        else { return }
        let (w, v) = (Unchecked(parameterBase), Unchecked(velocityBase))
        let g = Unchecked(gradient.pointer)
        Parallel.forEachRange(of: parameters.count, grain: 1 << 15) { range in
          let start = range.lowerBound
          Scalar.kernels.sgd(
            w.value + start, v.value + start, g.value + start, range.count, step)
        }
      }
    }
    withExtendedLifetime(gradient) {}
  }
}
