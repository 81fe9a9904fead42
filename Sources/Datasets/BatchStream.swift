import Foundation

/// Batches, one after the other.
///
/// Releasing the stream stops its workers, whether it was read to its end or not. It belongs to one thread at a time.
public final class BatchStream {
  package let pipeline: BatchPipeline

  init(_ pipeline: BatchPipeline, workers: Int) {
    self.pipeline = pipeline
    for worker in 0..<workers {
      // The thread holds the pipeline and not the stream, so that the stream can be released.
      let thread = Thread { pipeline.work() }
      thread.name = "Loader \(worker)"
      thread.start()
    }
  }

  deinit { pipeline.cancel() }

  /// The next batch, `nil` after the last.
  ///
  /// Where the workers are behind, the calling thread helps them.
  ///
  /// - Throws: The error that reading a sample of this batch threw; of several, that of the first sample. The stream is at
  ///   its end then, and throws the same error again when it is asked for more.
  public func next() throws -> Batch? { try pipeline.takeNextBatch() }
}
