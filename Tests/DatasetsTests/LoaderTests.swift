import Datasets
import Foundation
import Tensor
import Testing

@Suite("Loader")
struct LoaderTests {
  private func loader(
    _ source: Numbers, batchSize: Int = 4, stepsPerEpoch: Int? = nil, shuffled: Bool = true,
    seed: UInt64 = 5, workers: Int = 0, prefetchedBatches: Int = 2,
    unreadable: UnreadableSamples = .stop
  ) throws -> Loader<Numbers, ClosureTransform<Int>> {
    try Loader(
      source, transform: .numberAndNoise, batchSize: batchSize, stepsPerEpoch: stepsPerEpoch,
      shuffled: shuffled, seed: seed, workers: workers, prefetchedBatches: prefetchedBatches,
      unreadable: unreadable)
  }

  @Test("batches hold the samples of the plan, with their classes", arguments: [0, 1, 3])
  func contents(workers: Int) throws {
    let loader = try loader(Numbers(count: 10), shuffled: false, workers: workers)
    let batches = try loader.batches(epochs: 0..<2).all()
    #expect(
      batches.map(\.indices) == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9],
      ])
    #expect(batches.map(\.epoch) == [0, 0, 0, 1, 1, 1])
    #expect(batches.map(\.step) == [0, 1, 2, 0, 1, 2])
    #expect(batches[2].images.shape == [2, 2])
    #expect(
      batches[2].images.scalars.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) == [8, 9])
    #expect(batches[1].labels == Tensor([1, 2, 0, 1], shape: [4]))
    #expect(batches[1].binaryLabels == Tensor([1, 2, 0, 1], shape: [4, 1]))
    #expect(batches[1].count == 4)
  }

  @Test(
    "batches are the same for any number of workers, however long each sample takes",
    arguments: [
      1, 2, 4, 7,
    ])
  func workers(workers: Int) throws {
    // Every third sample is slow, so that the threads come back in another order than they went.
    var source = Numbers(count: 23)
    source.delay = { $0 % 3 == 0 ? 0.002 : 0 }
    let expected = try loader(source, stepsPerEpoch: 8).batches(epochs: 0..<3).all()
    let found = try loader(source, stepsPerEpoch: 8, workers: workers, prefetchedBatches: workers)
      .batches(epochs: 0..<3).all()
    #expect(found.count == 24 && found.map(\.indices) == expected.map(\.indices))
    #expect(found.map(\.images) == expected.map(\.images))
    #expect(found.map(\.labels) == expected.map(\.labels))
  }

  @Test("a stream that begins at an epoch gives what one from the start gives there")
  func resuming() throws {
    let loader = try loader(Numbers(count: 10), stepsPerEpoch: 4)
    let all = try loader.batches(epochs: 0..<5).all()
    let later = try loader.batches(epochs: 3..<5).all()
    #expect(later.map(\.images) == all[12...].map(\.images))
    #expect(try loader.batches(epoch: 4).all().map(\.epoch) == [4, 4, 4, 4])
  }

  @Test("randomness belongs to seed, pass and sample: another batch size draws the same")
  func keys() throws {
    func noise(batchSize: Int, seed: UInt64, epochs: Range<Int>) throws -> [[Int: Float]] {
      try loader(Numbers(count: 12), batchSize: batchSize, seed: seed).batches(epochs: epochs).all()
        .reduce(into: [[:], [:]]) { result, batch in
          for (row, index) in batch.indices.enumerated() {
            result[batch.epoch][index] = batch.images.scalars[2 * row + 1]
          }
        }
    }
    let four = try noise(batchSize: 4, seed: 5, epochs: 0..<2)
    #expect(try noise(batchSize: 5, seed: 5, epochs: 0..<2) == four)
    #expect(four[0] != four[1])
    #expect(Set(four[0].values).count == 12)
    #expect(try noise(batchSize: 4, seed: 6, epochs: 0..<2)[0] != four[0])
  }

  @Test(
    "the first unreadable sample of a batch is the error, after the batches before it",
    arguments: [
      0, 1, 2, 4,
    ])
  func stops(workers: Int) throws {
    var source = Numbers(count: 20, unreadable: [10, 9, 15])
    source.delay = { $0 == 9 ? 0.02 : 0 }
    let stream = try loader(source, shuffled: false, workers: workers).batches(epoch: 0)
    #expect(try stream.next()?.indices == [0, 1, 2, 3])
    #expect(try stream.next()?.indices == [4, 5, 6, 7])
    #expect(throws: Numbers.Trouble(index: 9)) { try stream.next() }
    #expect(throws: Numbers.Trouble(index: 9)) { try stream.next() }
    try waitUntil { stream.pipeline.runningWorkers == 0 }
  }

  @Test("unreadable samples are left out and listed when that is asked for", arguments: [0, 2])
  func skips(workers: Int) throws {
    let loader = try loader(
      Numbers(count: 9, unreadable: [0, 5, 8]), shuffled: false, workers: workers, unreadable: .skip
    )
    #expect(loader.sampleCount == 6 && loader.stepsPerEpoch == 2)
    #expect(loader.skipped.map(\.index) == [0, 5, 8])
    #expect(loader.skipped.map(\.name) == ["sample 0", "sample 5", "sample 8"])
    #expect(loader.skipped[1].description == "number 5: no such number")
    #expect(try loader.batches(epoch: 0).all().map(\.indices) == [[1, 2, 3, 4], [6, 7]])
  }

  @Test("leaving samples out does not change what the others draw")
  func skippingKeepsKeys() throws {
    func noise(_ source: Numbers) throws -> [Int: Float] {
      let loader = try loader(source, unreadable: .skip)
      return try loader.batches(epoch: 0).all().reduce(into: [:]) { result, batch in
        for (row, index) in batch.indices.enumerated() {
          result[index] = batch.images.scalars[2 * row + 1]
        }
      }
    }
    let all = try noise(Numbers(count: 9))
    let some = try noise(Numbers(count: 9, unreadable: [2]))
    #expect(some == all.filter { $0.key != 2 })
  }

  @Test("nothing to read is an error, whether there is nothing or nothing readable")
  func nothing() throws {
    let empty = try #require(
      #expect(throws: DatasetError.self) { try loader(Numbers(count: 0)) })
    #expect(empty.reason == .nothingReadable && empty.detail == "no samples in it")
    let unreadable = try #require(
      #expect(throws: DatasetError.self) {
        try loader(Numbers(count: 2, unreadable: [0, 1]), unreadable: .skip)
      })
    #expect(unreadable.path == "sample 0" && unreadable.detail.contains("number 0: no such number"))
  }

  @Test("no more batches are read ahead than were allowed", arguments: [1, 3])
  func bound(prefetched: Int) throws {
    let source = Numbers(count: 400)
    let stream = try loader(source, workers: 3, prefetchedBatches: prefetched).batches(epoch: 0)
    _ = try stream.next()
    try waitUntil { source.reads.count == 4 * (1 + prefetched) }
    // Long enough for idle workers to go too far, if they did.
    Thread.sleep(forTimeInterval: 0.02)
    #expect(source.reads.count == 4 * (1 + prefetched))
    #expect(stream.pipeline.openBatches == prefetched)
  }

  @Test(
    "releasing the stream ends the workers, before the first batch, amid them and after the last",
    arguments: [
      0, 1, 100,
    ])
  func release(taken: Int) throws {
    var source = Numbers(count: 40)
    source.delay = { _ in 0.001 }
    var stream: BatchStream? = try loader(source, workers: 4).batches(epoch: 0)
    let pipeline = try #require(stream?.pipeline)
    for _ in 0..<taken { if try stream?.next() == nil { break } }
    stream = nil
    try waitUntil { pipeline.runningWorkers == 0 }
    let reads = source.reads.count
    Thread.sleep(forTimeInterval: 0.02)
    #expect(source.reads.count == reads && (taken == 100 || reads < 40))
  }

  @Test("two streams of one loader do not disturb each other")
  func twoStreams() throws {
    let loader = try loader(Numbers(count: 30), workers: 2)
    let (a, b) = (loader.batches(epoch: 0), loader.batches(epoch: 0))
    while let batch = try a.next() { #expect(try b.next()?.images == batch.images) }
    #expect(try b.next() == nil)
  }

  @Test("negative workers and no prefetched batch stop the program")
  func preconditions() async throws {
    let workers = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Loader(
        Numbers(count: 1), transform: ClosureTransform.numberAndNoise, batchSize: 1, workers: -1)
    }
    #expect(
      String(decoding: try #require(workers).standardErrorContent, as: UTF8.self)
        .contains("Loader: needs 0 workers or more, got -1"))
    let prefetched = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent])
    {
      _ = try Loader(
        Numbers(count: 1), transform: ClosureTransform.numberAndNoise, batchSize: 1,
        prefetchedBatches: 0)
    }
    #expect(
      String(decoding: try #require(prefetched).standardErrorContent, as: UTF8.self)
        .contains("Loader: needs 1 prefetched batch or more, got 0"))
  }

  /// Waits for another thread, ten seconds at the most.
  private func waitUntil(_ condition: () -> Bool) throws {
    let end = Date(timeIntervalSinceNow: 10)
    while !condition() {
      try #require(Date() < end, "waited for ten seconds")
      Thread.sleep(forTimeInterval: 0.001)
    }
  }
}
