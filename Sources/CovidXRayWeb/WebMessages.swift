package import Foundation

/// What stands before the body of a request.
package struct WebRequestHead: Sendable {
  package let method: String
  /// Without the query.
  package let path: String
  package let query: [String: String]
  /// Names in lower case.
  package let headers: [String: String]

  package init(
    method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:]
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
  }
}

/// An answer, with all that makes a browser distrust it as far as possible.
package struct WebResponse: Sendable {
  package let status: Int
  package let headers: [String: String]
  package let body: Data

  init(status: Int = 200, type: String, body: Data, others: [String: String] = [:]) {
    self.status = status
    self.body = body
    headers = Self.protection.merging(others) { $1 }
      .merging(["Content-Type": type]) { $1 }
  }

  /// A text file.
  init(type: String, text: String) {
    self.init(type: "\(type); charset=utf-8", body: Data(text.utf8))
  }

  /// A record.
  init(status: Int = 200, json record: some Encodable, others: [String: String] = [:]) {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // The records of this module hold texts and finite numbers, which JSON has.
    let body = (try? encoder.encode(record)) ?? Data("{}".utf8)
    self.init(status: status, type: "application/json", body: body, others: others)
  }

  /// What went wrong, in words that the page shows.
  static func failure(
    _ status: Int, _ message: String, others: [String: String] = [:]
  ) -> WebResponse {
    WebResponse(status: status, json: ["error": message], others: others)
  }

  /// Nothing from elsewhere, nothing into other pages, nothing kept.
  ///
  /// There is no header that lets other origins read an answer.
  private static let protection = [
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
      + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
  ]
}

/// Bounds on what visitors may ask for.
package struct WebLimits: Sendable {
  /// The largest file.
  package var maximumBytes = 32 << 20
  /// The largest height · width of a film.
  package var maximumPixels = 40_000_000
  /// How many films are worked on at once; who comes then is told to come again.
  package var maximumAtOnce = 2
  /// The longest side of the picture that is sent back; larger films are reduced.
  package var pictureSide = 1000

  package init() {}
}

/// Under which names the page may be asked for.
///
/// A page of somebody else can have its own name lead to this machine, and would then be of the same origin (DNS rebinding).
/// Its requests bear that name, so names that are not ours are refused. Addresses in figures cannot be made to lead elsewhere.
struct HostRule: Sendable {
  private let names: Set<String>
  private let acceptsAnyAddress: Bool

  /// The rule for a server that listens at `address`.
  init(address: String) {
    let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]
    let own = address.contains(":") ? "[\(address)]" : address
    acceptsAnyAddress = address == "0.0.0.0" || address == "::"
    names = loopback.contains(own) || acceptsAnyAddress ? loopback : [own]
  }

  /// Whether the `Host` of a request is ours, whatever its port.
  func accepts(_ host: String?) -> Bool {
    guard let host = host?.lowercased() else { return false }
    let name: Substring
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      name = host[...end]
    } else {
      name = host.prefix { $0 != ":" }
    }
    let port = host[name.endIndex...]
    guard port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()) != nil) else {
      return false
    }
    return names.contains(String(name)) || (acceptsAnyAddress && Self.isAddress(name))
  }

  private static func isAddress(_ name: Substring) -> Bool {
    if name.hasPrefix("[") {
      return name.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
