#if Web
  import CovidXRayWeb
  import Foundation
  import Testing

  #if canImport(FoundationNetworking)
    import FoundationNetworking
  #endif

  /// The page through a socket of this machine.
  @Suite("Local web server", .serialized)
  struct WebServerTests {
    /// Runs a server while `body` asks it.
    private func withServer(
      limits: WebLimits = WebLimits(),
      _ body: @escaping @Sendable (_ base: URL) async throws -> Void
    ) async throws {
      let server = try WebServer(
        classifier: classifier(), address: "127.0.0.1", port: 0, limits: limits)
      let (ports, continuation) = AsyncStream<UInt16>.makeStream()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run { continuation.yield($0) } }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(try #require(URL(string: "http://127.0.0.1:\(port)/")))
        group.cancelAll()
      }
    }

    private func ask(
      _ url: URL, _ method: String = "GET", body: Data? = nil, headers: [String: String] = [:]
    ) async throws -> (status: Int, headers: [AnyHashable: Any], body: Data) {
      var request = URLRequest(url: url, timeoutInterval: 60)
      request.httpMethod = method
      request.httpBody = body
      for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
      let (data, response) = try await URLSession.shared.data(for: request)
      let http = try #require(response as? HTTPURLResponse)
      return (http.statusCode, http.allHeaderFields, data)
    }

    @Test("page, style, script and an answer to a film come with their headers")
    func pages() async throws {
      let picture = try film()
      try await withServer { base in
        for path in ["", "style.css", "script.js"] {
          let answer = try await ask(base.appending(path: path))
          #expect(answer.status == 200 && !answer.body.isEmpty)
          #expect(answer.headers["X-Content-Type-Options"] as? String == "nosniff")
        }
        let url = try #require(URL(string: "explain?method=saliency", relativeTo: base))
        let answer = try await ask(url, "POST", body: picture)
        #expect(answer.status == 200)
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("\"method\":\"Saliency\""))
        let bad = try await ask(url, "POST", body: Data("text".utf8))
        #expect(bad.status == 422)
        let none = try await ask(base.appending(path: "none"))
        #expect(none.status == 404)
        let foreign = try await ask(
          url, "POST", body: picture, headers: ["Origin": "http://evil.example"])
        #expect(foreign.status == 403)
      }
    }

    @Test("a large film passes, one beyond the limit does not")
    func sizes() async throws {
      let large = try film(height: 2000, width: 1800)
      var limits = WebLimits()
      limits.maximumBytes = large.count
      try await withServer(limits: limits) { base in
        let url = base.appending(path: "explain")
        let fits = try await ask(url, "POST", body: large)
        #expect(fits.status == 200)
        let over = try await ask(url, "POST", body: large + Data([0]))
        #expect(over.status == 413)
        // The next visitor finds all as it was.
        let next = try await ask(base)
        #expect(next.status == 200)
      }
    }

    @Test("an address that is none, or a port that is taken, is an error in words")
    func addresses() async throws {
      #expect(throws: WebServerError.self) {
        _ = try WebServer(classifier: classifier(), address: "example.org", port: 0)
      }
      try await withServer { base in
        let port = UInt16(try #require(base.port))
        let second = try WebServer(classifier: classifier(), address: "127.0.0.1", port: port)
        await #expect(throws: WebServerError.self) { try await second.run { _ in } }
      }
    }
  }
#endif
