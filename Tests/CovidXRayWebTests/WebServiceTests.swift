import CovidXRay
import CovidXRayWeb
import Foundation
import Imaging
import Reporting
import Testing

@Suite("Local web page", .serialized)
struct WebServiceTests {
  private static let service = WebService(classifier: classifier(), address: "127.0.0.1")

  /// What a whole request is answered with.
  private func answer(
    _ head: WebRequestHead, _ body: Data = Data(), of service: WebService = service
  ) async -> WebResponse {
    if let refusal = service.refusal(of: head) { return refusal }
    return await service.response(to: head, body: body)
  }

  private func explain(
    _ body: Data, query: [String: String] = [:], of service: WebService = service
  ) async -> WebResponse {
    await answer(head("POST", "/explain", query: query, length: body.count), body, of: service)
  }

  @Test("a film is answered with what the library says of it")
  func film() async throws {
    let data = try CovidXRayWebTests.film()
    let response = await explain(data, query: ["method": "occlusion", "class": "Normal"])
    #expect(response.status == 200 && response.headers["Content-Type"] == "application/json")
    let found = try record(response)
    let classifier = classifier()
    let prepared = classifier.preprocessing.prepare(try Image(decoding: data, as: .grey))
    let prediction = classifier.predict(prepared)
    let explanation = try classifier.explain(prepared, by: .occlusion, class: "Normal")
    let probabilities = try #require(found["probabilities"] as? [[String: Any]])
    #expect(probabilities.map { $0["name"] as? String } == ["Covid", "Normal"])
    // Reading a number from JSON may change its last digit.
    for (found, expected) in zip(probabilities, prediction.probabilities) {
      #expect(abs((found["value"] as? Double ?? .nan) - expected) < 1e-15)
    }
    let range = try #require(found["range"] as? [Double])
    #expect(abs(range[0] - prediction.range.lowerBound) < 1e-15)
    #expect(abs(range[1] - prediction.range.upperBound) < 1e-15)
    #expect(found["networks"] as? Int == 2)
    let spread = prediction.spread
    #expect(abs((found["spread"] as? Double ?? .nan) - spread) < 1e-15)
    #expect(found["predicted_class"] as? String == prediction.predictedClass)
    let share = try #require(found["share_outside_lungs"] as? Double)
    #expect(abs(share - (explanation.shareOutsideLungs ?? .nan)) < 1e-15)
    #expect((found["notice"] as? String ?? "").contains("no diagnosis"))
    let address = try #require(found["picture"] as? String)
    let prefix = "data:image/png;base64,"
    #expect(address.hasPrefix(prefix))
    let picture = try #require(Data(base64Encoded: String(address.dropFirst(prefix.count))))
    #expect(try Image(decoding: picture) == explanation.overlay().pictureWithColourBar())
  }

  @Test("large films are sent back reduced")
  func reduced() async throws {
    var limits = WebLimits()
    limits.pictureSide = 30
    let service = WebService(classifier: classifier(), address: "127.0.0.1", limits: limits)
    let found = try record(await explain(try CovidXRayWebTests.film(), of: service))
    let address = try #require(found["picture"] as? String)
    let base64 = String(address.dropFirst("data:image/png;base64,".count))
    let picture = try Image(decoding: try #require(Data(base64Encoded: base64)))
    // The bar beside the picture needs some room.
    #expect(picture.height == 56 && picture.width < 80)
  }

  @Test("files that are no pictures, too large or empty are refused in words")
  func badFiles() async throws {
    let png = try CovidXRayWebTests.film()
    var limits = WebLimits()
    limits.maximumPixels = 60 * 40 - 1
    let narrow = WebService(classifier: classifier(), address: "127.0.0.1", limits: limits)
    let cases: [(Data, WebService, Int, String)] = [
      (Data(), Self.service, 422, "empty"), (Data("text".utf8), Self.service, 422, "JPEG or PNG"),
      (png.prefix(200), Self.service, 422, "JPEG or PNG"), (png, narrow, 413, "pixels"),
    ]
    for (data, service, status, word) in cases {
      let response = await explain(data, of: service)
      let message = try #require(try record(response)["error"] as? String)
      #expect(response.status == status && message.contains(word), "\(message)")
    }
    let wrong = await explain(png, query: ["method": "magic"])
    #expect(wrong.status == 400)
    let unknown = await explain(png, query: ["class": "Influenza"])
    #expect(unknown.status == 400)
  }

  @Test("a file is refused by its size before it is read")
  func sizes() throws {
    let limit = Self.service.limits.maximumBytes
    #expect(Self.service.refusal(of: head("POST", "/explain", length: limit)) == nil)
    let over = try #require(Self.service.refusal(of: head("POST", "/explain", length: limit + 1)))
    #expect(over.status == 413)
    #expect(Self.service.refusal(of: head("POST", "/explain"))?.status == 411)
  }

  @Test("names that lead here from elsewhere are refused")
  func hosts() {
    func status(_ host: String?, at address: String) -> Int? {
      WebService(classifier: classifier(networks: 1), address: address)
        .refusal(of: head("GET", "/", host: host))?.status
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080", "[::1]"] {
      #expect(status(host, at: "127.0.0.1") == nil && status(host, at: "::1") == nil, "\(host)")
    }
    let strange = [
      nil, "", "evil.example", "evil.example:8080", "localhost.evil.example",
      "127.0.0.1.evil.example",
      "192.0.2.7", "localhost:x", "localhost:99999", "[::1", "[::1]evil",
    ]
    for host in strange { #expect(status(host, at: "127.0.0.1") == 421, "\(host ?? "none")") }
    #expect(status("192.0.2.7:80", at: "192.0.2.7") == nil)
    #expect(status("localhost", at: "192.0.2.7") == 421)
    // Addresses in figures cannot be made to lead elsewhere.
    for host in ["192.0.2.7", "192.0.2.7:80", "[2001:db8::1]:80", "localhost"] {
      #expect(status(host, at: "0.0.0.0") == nil, "\(host)")
    }
    for host in ["evil.example", "1.2.3", "1.2.3.x"] { #expect(status(host, at: "0.0.0.0") == 421) }
  }

  @Test("films from other pages are refused, whether or not these could read the answer")
  func origins() {
    func status(_ origin: String) -> Int? {
      Self.service.refusal(of: head("POST", "/explain", length: 1, others: ["origin": origin]))?
        .status
    }
    #expect(status("http://localhost:8080") == nil)
    for origin in [
      "http://evil.example", "null", "http://localhost:8081", "https://localhost:8080",
    ] {
      #expect(status(origin) == 403, "\(origin)")
    }
  }

  @Test("paths and methods that there are not")
  func paths() {
    #expect(Self.service.refusal(of: head("GET", "/../etc/passwd"))?.status == 404)
    #expect(Self.service.refusal(of: head("GET", "/explain"))?.status == 405)
    #expect(Self.service.refusal(of: head("DELETE", "/"))?.status == 405)
    #expect(Self.service.refusal(of: head("POST", "/"))?.headers["Allow"] == "GET, HEAD")
  }

  @Test("every answer carries what protects it, and none lets others read it")
  func headers() async throws {
    let film = try CovidXRayWebTests.film()
    let answers = [
      await answer(head("GET", "/")), await answer(head("GET", "/style.css")),
      await answer(head("GET", "/script.js")), await explain(film), await explain(Data()),
      await answer(head("GET", "/none")), await answer(head("GET", "/", host: "evil.example")),
    ]
    for answer in answers {
      let policy = try #require(answer.headers["Content-Security-Policy"])
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe"))
      #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
      #expect(answer.headers["Cache-Control"] == "no-store")
      #expect(answer.headers["Cross-Origin-Resource-Policy"] == "same-origin")
      #expect(!answer.headers.keys.contains { $0.lowercased().hasPrefix("access-control") })
      #expect(answer.headers["Content-Type"] != nil)
    }
  }

  @Test("more films at once than allowed are told to come again")
  func busy() async throws {
    var limits = WebLimits()
    limits.maximumAtOnce = 1
    let service = WebService(classifier: classifier(), address: "127.0.0.1", limits: limits)
    let data = try CovidXRayWebTests.film()
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<6 {
        group.addTask {
          await explain(data, query: ["method": "occlusion"], of: service).status
        }
      }
      return await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(statuses.contains(200) && statuses.contains(503))
    #expect(statuses.allSatisfy { $0 == 200 || $0 == 503 })
    // The place is free again.
    #expect(await explain(data, of: service).status == 200)
  }

  @Test("the page escapes what a model file says, and shows figures and limits of its card")
  func page() async throws {
    let card = """
      # Model

      ## Intended use

      Teaching <script>alert(1)</script>.

      ## Figures

      | | validation |
      |---|---|
      | sensitivity | 100.0 % (29/29), 88.1–100.0 % |

      ## Limits

      - **Leakage.** Some.
      """
    let hostile = WebService(
      classifier: classifier(
        classNames: ["\"><b>Covid", "Normal"], card: card, synthetic: true), address: "127.0.0.1")
    let page = String(decoding: await answer(head("GET", "/"), of: hostile).body, as: UTF8.self)
    #expect(!page.contains("<b>Covid") && !page.contains("<script>alert"))
    #expect(page.contains("&lt;b&gt;Covid") && page.contains("no diagnosis"))
    #expect(page.contains(SyntheticChest.notice))
    let folded = try #require(page.range(of: "<details>"))
    let figures = try #require(page.range(of: "88.1–100.0 %"))
    let limits = try #require(page.range(of: "Leakage."))
    let use = try #require(page.range(of: "Teaching"))
    #expect(figures.upperBound < folded.lowerBound && limits.upperBound < folded.lowerBound)
    #expect(use.lowerBound > folded.upperBound)
    // Nothing comes from elsewhere, and nothing stands in the page that its policy would stop.
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(!page.contains("style=") && !page.contains("onclick"))
  }
}
