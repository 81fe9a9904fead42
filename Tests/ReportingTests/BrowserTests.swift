import Evaluation
import Foundation
import Imaging
import Reporting
import Tensor
import Testing

/// The program that opens pages, which `CHROMIUM` names.
///
/// Without it these tests are skipped.
private let browser = ProcessInfo.processInfo.environment["CHROMIUM"]

@Suite("A page in a browser", .enabled(if: browser != nil, "CHROMIUM names no browser"))
struct BrowserTests {
  private static var report: HTMLReport {
    HTMLReport(
      title: "A page", label: "SYNTHETIC",
      sections: [
        .init(
          "Charts",
          [
            .charts([
              .init(
                ConfusionMatrixChart(
                  ConfusionMatrix(classNames: ["Covid", "Normal"], counts: [[30, 0], [2, 28]])))
            ]),
            .gallery([
              .init(
                [.init(Image(Tensor([0, 128, 255, 64], shape: [2, 2, 1])), alternative: "film")],
                title: "Right", caption: "a film")
            ]),
          ])
      ])
  }

  @Test("nothing that the page's policy forbids is in it, and nothing is asked for elsewhere")
  func policy() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).html")
    defer { try? FileManager.default.removeItem(at: file) }
    try Self.report.html.write(to: file, atomically: true, encoding: .utf8)
    let good = try Self.messages(at: file)
    #expect(good.isEmpty, "\(good)")
    // That the browser would say so is seen on a page that the policy does not fit.
    let bad = Self.report.html.replacing("<style>", with: "<style>p { color: red }")
    try bad.write(to: file, atomically: true, encoding: .utf8)
    #expect(try Self.messages(at: file).contains { $0.contains("Content Security Policy") })
  }

  /// What the browser says about a page.
  private static func messages(at file: URL) throws -> [Substring] {
    let process = Process()
    process.executableURL = URL(filePath: try #require(browser))
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
      "--dump-dom", file.absoluteString,
    ]
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let data = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
      .filter { $0.contains(":CONSOLE") }
  }
}
