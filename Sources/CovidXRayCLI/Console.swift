import Foundation

/// The two ways out: results, and what is said about them.
enum Console {
  /// Writes a line of results to standard output.
  ///
  /// - Throws: `ClosedPipe` where nobody reads any more, `Failure` where it cannot be written.
  static func print(_ line: String) throws {
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      if written < 0 && errno == EPIPE { throw ClosedPipe() }
      guard written > 0 else {
        throw Failure(
          code: .unwritableOutput,
          message: "standard output: cannot be written: \(String(cString: strerror(errno)))")
      }
      bytes = bytes.dropFirst(written)
    }
  }

  /// Writes a record as one line of JSON to standard output.
  static func print(json record: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try print(String(decoding: try encoder.encode(record), as: UTF8.self))
  }

  /// Writes a line about the work to standard error.
  ///
  /// That it may fail is no reason to stop the work.
  static func note(_ line: String) { put(line + "\n") }

  /// Writes a line about an error to standard error, in the form of those about options.
  static func error(_ message: String) { note("Error: \(message)") }

  /// Writes a text to standard error.
  static func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Whether someone watches standard error who can see a line change.
  static var isTerminal: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// The width of the terminal behind standard error, in characters.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

/// The reader of standard output has gone.
struct ClosedPipe: Error {}

/// Cleans up when the user or the system ends the program, which then ends as if nobody had.
final class InterruptionHandler {
  private static let signals = [SIGINT, SIGTERM]
  private let sources: [any DispatchSourceSignal]

  init(_ cleanUp: @escaping @Sendable () -> Void) {
    sources = Self.signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        cleanUp()
        signal(number, SIG_DFL)
        // A parent may have started us with signals blocked; then this one would wait for ever.
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, number)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        kill(getpid(), number)
      }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in Self.signals { signal(number, SIG_DFL) }
  }
}
