import Tensor

/// Which samples make up which batch, as a function of the step alone.
///
/// Steps are counted through all epochs. Samples come in *passes*, each over all of them once, cut into batches of which
/// the last may be smaller. Passes follow each other without end, and an epoch is simply a number of steps:
///
/// - By default an epoch is one pass.
/// - With `stepsPerEpoch`, an epoch takes up where the one before it stopped, and runs on into the next pass where need be.
///   224 samples in batches of 32 are 7 batches a pass; with 8 steps an epoch, epoch 0 ends with the first batch of pass 1,
///   and epoch 1 begins with its second. That is what Keras 2 does with a generator (Keras 3 stops instead). No batch mixes
///   two passes.
///
/// Since nothing but the step is needed, a run that is resumed at some step sees the same batches as one that never stopped.
public struct BatchPlan: Hashable, Sendable {
  /// The number of samples, 1 or more.
  public let sampleCount: Int
  /// Samples a batch, 1 or more, save that the last batch of a pass has what is left.
  public let batchSize: Int
  /// Steps an epoch.
  public let stepsPerEpoch: Int
  /// The seed of the order of each pass, `nil` for the order of the source.
  public let shuffleSeed: UInt64?

  /// A plan.
  ///
  /// - Parameters:
  ///   - sampleCount: The number of samples, 1 or more.
  ///   - batchSize: Samples a batch, 1 or more.
  ///   - stepsPerEpoch: 1 or more; one pass by default.
  ///   - shuffleSeed: Shuffles every pass anew, by seed and pass; `nil` keeps the order of the source.
  public init(
    sampleCount: Int, batchSize: Int, stepsPerEpoch: Int? = nil, shuffleSeed: UInt64? = nil
  ) {
    require(sampleCount >= 1, "BatchPlan: needs one sample or more, got \(sampleCount)")
    require(batchSize >= 1, "BatchPlan: needs a batch size of 1 or more, got \(batchSize)")
    require(
      stepsPerEpoch ?? 1 >= 1,
      "BatchPlan: needs 1 step an epoch or more, got \(stepsPerEpoch ?? 0)")
    self.sampleCount = sampleCount
    self.batchSize = batchSize
    self.stepsPerEpoch = stepsPerEpoch ?? (sampleCount + batchSize - 1) / batchSize
    self.shuffleSeed = shuffleSeed
  }

  /// Batches a pass.
  public var batchesPerPass: Int { (sampleCount + batchSize - 1) / batchSize }

  /// The pass that a step, counted through all epochs, belongs to.
  public func pass(ofStep step: Int) -> Int { step / batchesPerPass }

  /// The samples of a pass in order.
  public func order(ofPass pass: Int) -> [Int] {
    guard let shuffleSeed else { return Array(0..<sampleCount) }
    var random = RandomGenerator(
      key: RandomKey(seed: shuffleSeed).derived(Self.shuffleAddress, UInt64(pass)))
    return (0..<sampleCount).shuffled(using: &random)
  }

  /// The places in the order of its pass that a step takes.
  package func places(ofStep step: Int) -> Range<Int> {
    let first = step % batchesPerPass * batchSize
    return first..<min(first + batchSize, sampleCount)
  }

  /// The samples of a step, counted through all epochs.
  public func samples(ofStep step: Int) -> [Int] {
    Array(order(ofPass: pass(ofStep: step))[places(ofStep: step)])
  }

  /// Keeps the keys of orders apart from those of transforms.
  private static let shuffleAddress: UInt64 = 0
}
