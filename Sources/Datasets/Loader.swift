import Synchronization
import Tensor

/// Reads samples, transforms them and puts them into batches, on threads of its own.
///
/// Which samples make up a batch is a function of the seed and the step (see `BatchPlan`), and what is random in a sample
/// is a function of seed, pass and sample. So the batches are the same, bit for bit, for any number of workers.
///
/// ```swift
/// let images = LabeledImages(try ImageFolder(at: url), size: ImageSize(height: 224, width: 224))
/// let loader = try Loader(
///   images, transform: ScaledPixels(for: images), batchSize: 32, shuffled: true, seed: 42, workers: 2)
/// let batches = loader.batches(epochs: 0..<10)
/// while let batch = try batches.next() {
///   print(batch.images.shape, batch.labels)
/// }
/// ```
public struct Loader<Source: SampleSource, Transform: SampleTransform>: Sendable
where Transform.Sample == Source.Sample {
  /// Where samples come from.
  public let source: Source
  /// What is done to each of them.
  public let transform: Transform
  /// Which samples make up which batch: indices into `samples`.
  public let plan: BatchPlan
  /// The samples in use, as indices into the source: all that can be read.
  public let samples: [Int]
  /// The samples left out because they cannot be read.
  public let skipped: [SkippedSample]
  private let settings: Settings

  struct Settings: Sendable {
    let seed: UInt64
    let workers: Int
    let prefetchedBatches: Int
  }

  /// A loader.
  ///
  /// - Parameters:
  ///   - source: Where samples come from.
  ///   - transform: What is done to each of them.
  ///   - batchSize: Samples a batch, 1 or more. The last batch of a pass has what is left.
  ///   - stepsPerEpoch: Batches an epoch; one pass by default. See `BatchPlan`.
  ///   - shuffled: Whether every pass comes in a new order.
  ///   - seed: The seed of the order and of everything random in the transform.
  ///   - workers: How many threads read and transform; 0 does it in the thread that asks for batches.
  ///   - prefetchedBatches: How many batches the workers may be ahead, 1 or more. That many, and the one in use, is the
  ///     memory it takes.
  ///   - unreadable: What to do about samples that cannot be read. `.skip` reads all of them once, now, on all cores.
  ///   - places: Which samples may take part, as indices into the source; all by default. A sample keeps what is random about
  ///     it, whatever others take part.
  /// - Throws: `DatasetError` where the source is empty, or nothing in it can be read.
  public init(
    _ source: Source, transform: Transform, batchSize: Int, stepsPerEpoch: Int? = nil,
    shuffled: Bool = false, seed: UInt64 = 0, workers: Int = 0, prefetchedBatches: Int = 2,
    unreadable: UnreadableSamples = .stop, among places: [Int]? = nil
  ) throws {
    let places = places ?? Array(0..<source.count)
    require(
      places.allSatisfy { $0 >= 0 && $0 < source.count },
      "Loader: needs samples in 0..<\(source.count), got \(places)")
    require(workers >= 0, "Loader: needs 0 workers or more, got \(workers)")
    require(
      prefetchedBatches >= 1, "Loader: needs 1 prefetched batch or more, got \(prefetchedBatches)")
    let skipped = unreadable == .skip ? Self.unreadableSamples(of: source, among: places) : []
    let left = Set(skipped.map(\.index))
    samples = places.filter { !left.contains($0) }
    if samples.isEmpty {
      throw DatasetError(
        .nothingReadable, path: skipped.first?.name ?? "dataset",
        skipped.isEmpty
          ? "no samples in it"
          : "the first of \(skipped.count) samples, none of which can be read: "
            + skipped[0].reason)
    }
    self.source = source
    self.transform = transform
    self.skipped = skipped
    plan = BatchPlan(
      sampleCount: samples.count, batchSize: batchSize, stepsPerEpoch: stepsPerEpoch,
      shuffleSeed: shuffled ? seed : nil)
    settings = Settings(seed: seed, workers: workers, prefetchedBatches: prefetchedBatches)
  }

  /// The number of samples in use.
  public var sampleCount: Int { samples.count }
  /// Batches an epoch.
  public var stepsPerEpoch: Int { plan.stepsPerEpoch }

  /// The batches of some epochs, one after the other.
  ///
  /// Workers read ahead across the ends of epochs. They stop when the stream is released, read to its end or not.
  public func batches(epochs: Range<Int>) -> BatchStream {
    require(epochs.lowerBound >= 0, "batches: needs epochs from 0 on, got \(epochs)")
    let steps = epochs.lowerBound * stepsPerEpoch..<epochs.upperBound * stepsPerEpoch
    let pipeline = BatchPipeline(
      plan: plan, steps: steps, prefetchedBatches: settings.prefetchedBatches,
      sampleShape: transform.outputShape, samples: samples,
      label: { [source] index in source.label(at: index) },
      write: { [source, transform, seed = settings.seed] index, pass, target in
        let key = RandomKey(seed: seed).derived(transformAddress, UInt64(pass), UInt64(index))
        transform.write(try source.sample(at: index), key: key, to: target)
      })
    return BatchStream(pipeline, workers: settings.workers)
  }

  /// The batches of one epoch.
  public func batches(epoch: Int) -> BatchStream { batches(epochs: epoch..<epoch + 1) }

  private static func unreadableSamples(
    of source: Source, among places: [Int]
  ) -> [SkippedSample] {
    let found = Mutex<[SkippedSample]>([])
    Parallel.forEach(places.count) { place in
      let index = places[place]
      do {
        _ = try source.sample(at: index)
      } catch {
        let sample = SkippedSample(
          index: index, name: source.name(at: index), reason: String(describing: error))
        found.withLock { $0.append(sample) }
      }
    }
    return found.withLock { $0 }.sorted { $0.index < $1.index }
  }
}

/// Keeps the keys of transforms apart from those of orders.
private let transformAddress: UInt64 = 1

/// What to do about samples that cannot be read.
public enum UnreadableSamples: Sendable {
  /// The batch with the first of them throws its error.
  case stop
  /// They are left out and listed in `Loader.skipped`.
  case skip
}

/// A sample that was left out because it cannot be read.
public struct SkippedSample: Hashable, Sendable, CustomStringConvertible {
  /// Its index in the source.
  public let index: Int
  /// Its name: the path of its file, for instance.
  public let name: String
  /// Why it cannot be read.
  public let reason: String

  /// Why it cannot be read, which names it.
  public var description: String { reason }
}
