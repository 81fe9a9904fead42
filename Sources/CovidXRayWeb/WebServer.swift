#if Web
  package import CovidXRay
  import FlyingFox
  import FlyingSocks
  import Foundation

  /// The service behind a socket.
  package struct WebServer: Sendable {
    private let service: WebService
    private let server: HTTPServer

    /// A server that is not running yet.
    ///
    /// - Parameters:
    ///   - classifier: The model.
    ///   - address: Where to listen, an address in figures.
    ///   - port: 0 for any that is free.
    ///   - limits: Bounds on what visitors may ask for.
    /// - Throws: ``WebServerError``.
    package init(
      classifier: CovidClassifier, address: String, port: UInt16, limits: WebLimits = WebLimits()
    ) throws {
      let service = WebService(classifier: classifier, address: address, limits: limits)
      self.service = service
      func configuration(_ address: some SocketAddress) -> HTTPServer.Configuration {
        // Long enough for several networks on a slow machine, and for a slow line.
        HTTPServer.Configuration(address: address, timeout: 300, logger: .disabled)
      }
      let handler = Handler(service: service)
      do {
        server =
          address.contains(":")
          ? HTTPServer(
            config: configuration(try .inet6(ip6: address, port: port)), handler: handler)
          : HTTPServer(config: configuration(try .inet(ip4: address, port: port)), handler: handler)
      } catch {
        throw WebServerError(reason: "\(address) is no address in figures")
      }
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter listening: Called with the port once there is one.
    /// - Throws: ``WebServerError`` where the address or port cannot be had.
    package func run(listening: @escaping @Sendable (UInt16) -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            try await server.run()
          } catch is CancellationError {
            return
          } catch {
            throw WebServerError(reason: "cannot listen: \(error.localizedDescription)")
          }
        }
        group.addTask {
          // Where it cannot listen, the other task says why.
          guard (try? await server.waitUntilListening()) != nil else { return }
          switch await server.listeningAddress {
          case .ip4(_, let port), .ip6(_, let port): listening(port)
          default: return
          }
        }
        for try await _ in group {}
      }
    }
  }

  /// Why a server does not run.
  package struct WebServerError: Error, CustomStringConvertible {
    /// The reason in words.
    package let reason: String
    /// The reason in words.
    package var description: String { reason }
  }

  private struct Handler: HTTPHandler {
    let service: WebService

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
      var headers: [String: String] = [:]
      for (header, value) in request.headers {
        headers[header.rawValue.lowercased()] = value
      }
      let head = WebRequestHead(
        method: request.method.rawValue, path: request.path,
        query: Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first },
        headers: headers)
      if let refusal = service.refusal(of: head) { return Self.response(refusal, to: request) }
      var body = Data()
      for try await part in request.bodySequence {
        body += part
        // What a header promised is not relied on.
        if body.count > service.limits.maximumBytes {
          return Self.response(service.tooLarge, to: request)
        }
      }
      return Self.response(await service.response(to: head, body: body), to: request)
    }

    private static func response(_ answer: WebResponse, to request: HTTPRequest) -> HTTPResponse {
      var headers = HTTPHeaders()
      for (name, value) in answer.headers { headers[HTTPHeader(name)] = value }
      return HTTPResponse(
        statusCode: HTTPStatusCode(answer.status, phrase: ""), headers: headers,
        body: request.method == .HEAD ? Data() : answer.body)
    }
  }
#endif
