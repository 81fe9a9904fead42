#if Web
  import ArgumentParser
  import CovidXRay
  import CovidXRayWeb
  import Foundation

  struct ServeCommand: CovidXRaySubcommand {
    static let configuration = CommandConfiguration(
      commandName: "serve",
      abstract: "Show a local web page that says what a model makes of a film.",
      discussion: """
        Open the address that it prints in a browser, and drop a film there. Films stay on this machine, and nothing of \
        them is kept. It runs until it is interrupted. \(FilmExplanation.notice)
        """)

    @Argument(help: "A model.safetensors that train has written.")
    var model: Path

    @Option(
      help:
        "The address to listen at, in figures. Others than this machine reach it only if it is another one."
    )
    var host = "127.0.0.1"

    @Option(parsing: .unconditional, help: "The port, 0 for any that is free.")
    var port: UInt16 = 8080

    func execute() throws {
      let classifier = try CovidClassifier(contentsOf: model.url)
      let address = host == "localhost" ? "127.0.0.1" : host
      let server: WebServer
      do {
        server = try WebServer(classifier: classifier, address: address, port: port)
      } catch let error as WebServerError {
        throw ValidationError("--host: \(error)")
      }
      if classifier.isSynthetic { Console.note("Model: \(SyntheticChest.notice)") }
      if !["127.0.0.1", "::1"].contains(address) {
        Console.note(
          "Whoever reaches this machine at \(address) can use the page. Nothing is encrypted.")
      }
      let name = address.contains(":") ? "[\(address)]" : address
      let outcome = Outcome()
      let ended = DispatchSemaphore(value: 0)
      Task {
        do {
          try await server.run { port in
            try? Console.print("http://\(name):\(port)/")
          }
        } catch {
          outcome.error = error
        }
        ended.signal()
      }
      ended.wait()
      if let error = outcome.error {
        throw Failure(code: .general, message: "\(name):\(port): \(error)")
      }
    }

    /// How the server ended.
    ///
    /// Written before the semaphore is signalled, read after it was waited for.
    private final class Outcome: @unchecked Sendable {
      var error: (any Error)?
    }
  }
#endif
