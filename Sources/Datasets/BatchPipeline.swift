import Foundation
import Tensor

/// Reads and transforms sample `index` in pass `pass`, and writes the result to `target`.
typealias SampleWriter =
  @Sendable (_ index: Int, _ pass: Int, _ target: UnsafeMutableBufferPointer<Float>) throws -> Void

/// Batches in the making, shared by the workers that fill them and the one who takes them.
///
/// Work is handed out sample by sample in the order of batches, so that the batch that is waited for is the one that all
/// workers are on. A batch is opened only while fewer than the allowed number are open or untaken: that bounds the memory.
///
/// All state is guarded by `condition`. Workers write to the memory of open batches outside of the lock, each to the place
/// of its own sample, and the batch is read once they have all reported.
package final class BatchPipeline: @unchecked Sendable {
  private let plan: BatchPlan
  private let steps: Range<Int>
  private let prefetchedBatches: Int
  private let sampleShape: [Int]
  private let sampleLength: Int
  private let samples: [Int]
  private let label: @Sendable (_ index: Int) -> Int
  private let write: SampleWriter

  private let condition = NSCondition()
  /// Open batches, the next to be taken first.
  private var open: [OpenBatch] = []
  private var nextStepToOpen: Int
  private var order: (pass: Int, samples: [Int])?
  private var failure: (any Error)?
  private var isCancelled = false
  private var workers = 0

  init(
    plan: BatchPlan, steps: Range<Int>, prefetchedBatches: Int, sampleShape: [Int], samples: [Int],
    label: @escaping @Sendable (Int) -> Int,
    write: @escaping SampleWriter
  ) {
    self.plan = plan
    self.steps = steps
    self.prefetchedBatches = prefetchedBatches
    self.sampleShape = sampleShape
    sampleLength = sampleShape.reduce(1, *)
    self.samples = samples
    self.label = label
    self.write = write
    nextStepToOpen = steps.lowerBound
  }

  /// A batch between its first sample and the moment that it is taken.
  private final class OpenBatch {
    let step: Int
    let pass: Int
    let indices: [Int]
    let storage: Storage<Float>
    /// The place that is handed out next.
    var nextPlace = 0
    /// How many samples are still to be reported, written or failed.
    var missing: Int
    /// The error of the first sample that has one.
    var failure: (place: Int, error: any Error)?

    init(step: Int, pass: Int, indices: [Int], sampleLength: Int) {
      self.step = step
      self.pass = pass
      self.indices = indices
      missing = indices.count
      storage = Storage(uninitializedCount: indices.count * sampleLength)
    }

    var hasFreePlaces: Bool { nextPlace < indices.count }

    func takePlace() -> Int {
      nextPlace += 1
      return nextPlace - 1
    }
  }

  /// One sample to be read and transformed.
  private struct Assignment {
    let batch: OpenBatch
    let place: Int
  }

  // MARK: Workers

  /// Fills batches until there are no more, or nobody wants them.
  func work() {
    condition.withLock { workers += 1 }
    while let assignment = nextAssignment() { perform(assignment) }
    condition.withLock { workers -= 1 }
  }

  /// Waits for a sample to work on; `nil` when there will be none.
  private func nextAssignment() -> Assignment? {
    condition.lock()
    defer { condition.unlock() }
    while !isCancelled && failure == nil {
      if let batch = open.first(where: \.hasFreePlaces) {
        return Assignment(batch: batch, place: batch.takePlace())
      }
      if nextStepToOpen == steps.upperBound { return nil }
      if open.count < prefetchedBatches {
        openNextBatch()
        // The other workers take their part of it.
        condition.broadcast()
      } else {
        condition.wait()
      }
    }
    return nil
  }

  /// Opens the next batch, which must exist, with the lock held.
  private func openNextBatch() {
    let pass = plan.pass(ofStep: nextStepToOpen)
    if order?.pass != pass { order = (pass, plan.order(ofPass: pass)) }
    let places = order?.samples[plan.places(ofStep: nextStepToOpen)] ?? []
    open.append(
      OpenBatch(
        step: nextStepToOpen, pass: pass, indices: places.map { samples[$0] },
        sampleLength: sampleLength))
    nextStepToOpen += 1
  }

  private func perform(_ assignment: Assignment) {
    let (batch, place) = (assignment.batch, assignment.place)
    var failure: (any Error)?
    do {
      let target = UnsafeMutableBufferPointer(
        start: batch.storage.pointer + place * sampleLength, count: sampleLength)
      try write(batch.indices[place], batch.pass, target)
    } catch {
      failure = error
    }
    condition.withLock {
      if let failure, place < batch.failure?.place ?? .max {
        batch.failure = (place, failure)
      }
      batch.missing -= 1
      if batch.missing == 0 { condition.broadcast() }
    }
  }

  // MARK: The one who takes them

  /// The next batch, complete; `nil` when there will be none.
  ///
  /// The caller does what no worker has begun, so that it never waits for a thread that has not started, and needs none.
  func takeNextBatch() throws -> Batch? {
    guard let batch = try takeNextOpenBatch() else { return nil }
    let count = batch.indices.count
    return Batch(
      images: Tensor(storage: batch.storage, layout: Layout(contiguous: [count] + sampleShape)),
      labels: Tensor(batch.indices.map { Int64(label($0)) }, shape: [count]),
      indices: batch.indices, epoch: batch.step / plan.stepsPerEpoch,
      step: batch.step % plan.stepsPerEpoch)
  }

  private func takeNextOpenBatch() throws -> OpenBatch? {
    condition.lock()
    defer { condition.unlock() }
    if let failure { throw failure }
    if open.isEmpty {
      if nextStepToOpen == steps.upperBound { return nil }
      openNextBatch()
      condition.broadcast()
    }
    let batch = open[0]
    while batch.hasFreePlaces {
      let place = batch.takePlace()
      condition.unlock()
      perform(Assignment(batch: batch, place: place))
      condition.lock()
    }
    while batch.missing > 0 { condition.wait() }
    failure = batch.failure?.error
    if failure == nil { open.removeFirst() } else { open.removeAll() }
    condition.broadcast()
    if let failure { throw failure }
    return batch
  }

  /// Ends the workers after the samples that they are on.
  func cancel() {
    condition.withLock {
      isCancelled = true
      condition.broadcast()
    }
  }

  /// The number of threads at work, for the tests that promise that there are none left.
  package var runningWorkers: Int { condition.withLock { workers } }
  /// The number of batches that take up memory, for the tests that promise a bound.
  package var openBatches: Int { condition.withLock { open.count } }
}
