import Datasets
import Foundation
import Reporting
import Testing

@Suite("Policy of a page")
struct PagePolicyTests {
  @Test("the policy names the fingerprint of the one style sheet")
  func fingerprint() throws {
    let html = HTMLReport(title: "", sections: []).html
    let start = try #require(html.firstRange(of: "<style>")?.upperBound)
    let end = try #require(html.firstRange(of: "</style>")?.lowerBound)
    let digits = SHA256.hexDigest(of: Data(html[start..<end].utf8))
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { offset in
      UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
    }
    let fingerprint = Data(bytes).base64EncodedString()
    #expect(
      html.contains("style-src 'sha256-\(fingerprint)'"),
      "PageStyle.fingerprint has to be \(fingerprint)")
  }
}
