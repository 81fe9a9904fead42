package import CovidXRay
package import Foundation
import Imaging
import Reporting
import Synchronization

/// The local page: what is answered to which request, without any network.
///
/// Nothing is written to disk, and nothing of a film is kept once its answer is sent.
package final class WebService: Sendable {
  private let classifier: CovidClassifier
  private let hosts: HostRule
  package let limits: WebLimits
  private let page: WebPage
  /// How many films are being worked on.
  private let running = Mutex(0)

  /// The service of a classifier.
  ///
  /// - Parameters:
  ///   - classifier: The model.
  ///   - address: The address that the server listens at, in figures.
  ///   - limits: Bounds on what visitors may ask for.
  package init(classifier: CovidClassifier, address: String, limits: WebLimits = WebLimits()) {
    self.classifier = classifier
    self.limits = limits
    hosts = HostRule(address: address)
    page = WebPage(classifier: classifier, limits: limits)
  }

  /// Why a request is refused before its body is read; `nil` for one that is not.
  package func refusal(of head: WebRequestHead) -> WebResponse? {
    guard hosts.accepts(head.headers["host"]) else {
      return .failure(421, "This page is not known under that name. Use the address it printed.")
    }
    let isFilm = head.path == "/explain"
    guard isFilm || ["/", "/style.css", "/script.js"].contains(head.path) else {
      return .failure(404, "There is no such page.")
    }
    let allowed = isFilm ? ["POST"] : ["GET", "HEAD"]
    guard allowed.contains(head.method) else {
      return .failure(
        405, "This cannot be done here.", others: ["Allow": allowed.joined(separator: ", ")])
    }
    guard isFilm else { return nil }
    // A page from elsewhere could not read the answer, but it could keep this machine busy.
    if let origin = head.headers["origin"], origin != "http://\(head.headers["host"] ?? "")" {
      return .failure(403, "Films are taken from this page alone.")
    }
    guard let length = head.headers["content-length"].flatMap({ Int($0) }) else {
      return .failure(411, "The length of the file is missing.")
    }
    return length > limits.maximumBytes ? tooLarge : nil
  }

  /// The answer to a file that is too large.
  package var tooLarge: WebResponse {
    .failure(
      413, "The file is too large: at most \(limits.maximumBytes >> 20) MB are taken.",
      others: ["Connection": "close"])
  }

  /// The answer to a request that was not refused.
  package func response(to head: WebRequestHead, body: Data) async -> WebResponse {
    switch head.path {
    case "/": return WebResponse(type: "text/html", text: page.html)
    case "/style.css": return WebResponse(type: "text/css", text: WebPage.style)
    case "/script.js": return WebResponse(type: "text/javascript", text: WebPage.script)
    default: break
    }
    let isFree = running.withLock { count in
      guard count < limits.maximumAtOnce else { return false }
      count += 1
      return true
    }
    guard isFree else {
      return .failure(
        503, "Other films are being looked at. Try again in a moment.",
        others: ["Retry-After": "5"])
    }
    defer { running.withLock { $0 -= 1 } }
    // The network computes for a second or more: not on a thread that other requests wait for.
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: self.explain(body, head.query))
      }
    }
  }

  private func explain(_ file: Data, _ query: [String: String]) -> WebResponse {
    let name = query["method"] ?? ExplanationMethod.gradCAM.rawValue
    guard let method = ExplanationMethod(rawValue: name) else {
      return .failure(400, "There is no method of that name.")
    }
    if file.isEmpty { return .failure(422, "The file is empty.") }
    do {
      let image = try Image(
        decoding: file, as: classifier.preprocessing.colours,
        limits: ImageLimits(
          maximumPixels: limits.maximumPixels, maximumFileBytes: limits.maximumBytes),
        name: "The film")
      let film = classifier.preprocessing.prepare(image)
      let prediction = classifier.predict(film)
      let explanation = try classifier.explain(film, by: method, class: query["class"])
      return WebResponse(
        json: FilmAnswer(
          prediction, explanation, isSynthetic: classifier.isSynthetic,
          picture: try explanation.overlay(longestSide: limits.pictureSide).pngData()))
    } catch let error as ImageError {
      return .failure(
        error.reason == .tooLarge ? 413 : 422,
        "This cannot be read as a JPEG or PNG picture: \(error.detail).")
    } catch let error as UnknownClass {
      return .failure(400, error.description)
    } catch {
      return .failure(500, "This did not work: \(error)")
    }
  }
}

/// What the page is told about a film.
struct FilmAnswer: Encodable {
  struct Probability: Encodable {
    let name: String
    let value: Double
  }

  let synthetic: Bool
  let predictedClass: String
  let positiveClass: String
  let threshold: Double
  let probabilities: [Probability]
  /// The lowest and the highest probability of the positive class among the networks.
  let range: [Double]
  let spread: Double
  let networks: Int
  let explainedClass: String
  let method: String
  let question: String
  let shareOutsideLungs: Double?
  let evenShareOutsideLungs: Double
  let notice = FilmExplanation.notice
  /// A PNG as a `data:` address.
  let picture: String

  init(
    _ prediction: Prediction, _ explanation: FilmExplanation, isSynthetic: Bool, picture: Data
  ) {
    synthetic = isSynthetic
    predictedClass = prediction.predictedClass
    positiveClass = prediction.positiveClass
    threshold = prediction.threshold
    probabilities = zip(prediction.classNames, prediction.probabilities).map {
      Probability(name: $0, value: $1)
    }
    range = [prediction.range.lowerBound, prediction.range.upperBound]
    spread = prediction.spread
    networks = prediction.memberProbabilities.count
    explainedClass = explanation.className
    method = explanation.method.title
    question = explanation.method.question(about: explanation.className)
    shareOutsideLungs = explanation.shareOutsideLungs
    evenShareOutsideLungs = explanation.evenShareOutsideLungs
    self.picture = "data:image/png;base64," + picture.base64EncodedString()
  }
}
