/// Mistakes of a calling program that must stop it, each under the message that it must print.
///
/// A suite makes each in a process of its own (an exit test), which reads the message: that a program merely fails could as
/// well be a segmentation fault.
///
/// ```swift
/// static let traps: Traps = ["softmax: needs a non-empty last axis": { _ = scalar.softmax() }]
///
/// @Test("mistakes stop the program with a message", arguments: traps.messages)
/// func trap(message: String) async throws {
///   let result = await #expect(
///     processExitsWith: .failure, observing: [\.standardErrorContent]
///   ) { [message] in Self.traps.run(message) }
///   let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
///   #expect(output.contains(message))
/// }
/// ```
public struct Traps: Sendable, ExpressibleByDictionaryLiteral {
  private let list: [(message: String, mistake: @Sendable () -> Void)]

  /// Pairs of message and mistake; no message stands twice.
  public init(dictionaryLiteral elements: (String, @Sendable () -> Void)...) {
    list = elements
    precondition(Set(messages).count == messages.count, "a message stands twice")
  }

  /// What the programs must print, word for word, among other things.
  public var messages: [String] { list.map(\.message) }

  /// Makes the mistake of `message`.
  ///
  /// Does not come back if all is well.
  public func run(_ message: String) {
    list.first { $0.message == message }?.mistake()
  }
}
