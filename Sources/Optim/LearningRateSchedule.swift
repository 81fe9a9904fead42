import RealModule
import Tensor

/// The learning rate as a function of the step.
///
/// ```swift
/// let schedule = LearningRateSchedule.cosine(from: 1e-3, to: 1e-5, steps: 10_000).warmedUp(steps: 500)
/// optimizer.learningRate = Float(schedule(step))
/// ```
public struct LearningRateSchedule: Sendable {
  private let rate: @Sendable (_ step: Int) -> Double

  /// A schedule of any form.
  ///
  /// Steps count from 0.
  public init(_ rate: @escaping @Sendable (_ step: Int) -> Double) { self.rate = rate }

  /// The learning rate of the step, counted from 0.
  public func callAsFunction(_ step: Int) -> Double { rate(step) }

  /// Always `rate`.
  public static func constant(_ rate: Double) -> LearningRateSchedule {
    LearningRateSchedule { _ in rate }
  }

  /// `initial · factor^⌊step / every⌋`.
  public static func steps(
    from initial: Double, factor: Double, every interval: Int
  ) -> LearningRateSchedule {
    requirePositive(interval)
    return LearningRateSchedule { initial * .pow(factor, Double($0 / interval)) }
  }

  /// `initial · factor^(step / every)`.
  public static func exponential(
    from initial: Double, factor: Double, every interval: Int
  ) -> LearningRateSchedule {
    requirePositive(interval)
    return LearningRateSchedule { initial * .pow(factor, Double($0) / Double(interval)) }
  }

  /// Half a cosine from `initial` to `final`, which is kept after `steps`.
  ///
  /// Loshchilov and Hutter, ICLR 2017, eq. 5.
  public static func cosine(
    from initial: Double, to final: Double = 0, steps: Int
  ) -> LearningRateSchedule {
    requirePositive(steps)
    return LearningRateSchedule { step in
      let progress = Double(min(step, steps)) / Double(steps)
      return final + (initial - final) * (1 + .cos(.pi * progress)) / 2
    }
  }

  /// `rates[i]` until step `boundaries[i]`, the last rate after the last boundary.
  public static func piecewise(boundaries: [Int], rates: [Double]) -> LearningRateSchedule {
    require(
      rates.count == boundaries.count + 1 && boundaries == boundaries.sorted(),
      "LearningRateSchedule: needs ascending boundaries and one rate more, got \(boundaries), \(rates)"
    )
    return LearningRateSchedule { step in
      rates[boundaries.firstIndex { step < $0 } ?? boundaries.count]
    }
  }

  /// Rises in a straight line over the first `steps`, reaching this schedule's first rate, and follows it from there.
  public func warmedUp(steps: Int) -> LearningRateSchedule {
    requirePositive(steps)
    let rate = rate
    return LearningRateSchedule { step in
      step < steps ? rate(0) * Double(step + 1) / Double(steps) : rate(step - steps)
    }
  }
}

private func requirePositive(_ steps: Int) {
  require(steps > 0, "LearningRateSchedule: needs a positive number of steps, got \(steps)")
}
