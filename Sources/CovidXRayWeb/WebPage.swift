import CovidXRay
import Reporting

/// The page itself: one form, one result, and what must be known about the model.
struct WebPage {
  let html: String

  init(classifier: CovidClassifier, limits: WebLimits) {
    let escape = HTMLWriter.escaped
    let names = classifier.classNames.map(escape)
    let card = Card(classifier.card)
    let methods = ExplanationMethod.allCases.map {
      "<option value=\"\($0.rawValue)\">\(escape($0.title))</option>"
    }.joined(separator: "\n")
    let classes = names.map { "<option value=\"\($0)\">\($0)</option>" }.joined(separator: "\n")
    let label =
      classifier.isSynthetic
      ? "<p class=\"label\" role=\"note\">\(escape(SyntheticChest.notice))</p>\n" : ""
    let networks =
      classifier.members.count == 1 ? "one network" : "\(classifier.members.count) networks"
    html = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(names.joined(separator: " or ")): one film</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="/style.css">
      <script src="/script.js" defer></script>
      </head>
      <body>
      <a class="skip" href="#main">Skip to the content</a>
      \(label)<header>
      <h1>\(names.joined(separator: " or "))? What a network says about a film</h1>
      <p class="notice"><strong>This is no diagnosis.</strong> It is no medical device either: nothing medical can be \
      concluded from what stands here, and nobody's treatment may depend on it.</p>
      </header>
      <main id="main">
      <noscript><p class="notice">This page needs JavaScript, of which all comes from this machine.</p></noscript>
      <form id="form" data-maximum-bytes="\(limits.maximumBytes)">
      <div class="drop" id="drop">
      <label for="file"><strong>Drop a chest film here</strong>, or choose a file</label>
      <input type="file" id="file" accept="image/jpeg,image/png,.jpg,.jpeg,.png" aria-describedby="hint">
      <p id="hint" class="hint">JPEG or PNG, up to \(limits.maximumBytes >> 20) MB and \
      \(limits.maximumPixels / 1_000_000) million pixels. It stays on this machine, and nothing of it is kept.</p>
      </div>
      <div class="choices">
      <p><label for="method">Heat map</label>
      <select id="method" name="method">
      \(methods)
      </select></p>
      <p><label for="class">For</label>
      <select id="class" name="class">
      <option value="">the answer given</option>
      \(classes)
      </select></p>
      </div>
      </form>
      <p id="status" role="status"></p>
      <p id="error" class="notice" role="alert" hidden></p>
      <section id="result" aria-labelledby="answer" hidden>
      <h2 id="answer" tabindex="-1"></h2>
      <div class="scale" aria-hidden="true"><div id="spread"></div><div id="mark"></div><div id="threshold"></div></div>
      <p class="ends" aria-hidden="true"><span>0 %</span><span>100 %</span></p>
      <ul id="facts"></ul>
      <figure>
      <img id="picture" alt="">
      <figcaption><strong id="question"></strong> <span id="share"></span>
      <span class="warning">\(escape(FilmExplanation.notice))</span></figcaption>
      </figure>
      </section>
      <section aria-labelledby="worth">
      <h2 id="worth">What an answer is worth</h2>
      <p>It comes from \(networks). A probability near 0 or 1 is no sign that it is right: on films of another source than its \
      own, such a network is often sure and wrong.</p>
      \(card.caveats)</section>
      <details><summary>All of the model card</summary>
      \(card.rest)</details>
      </main>
      </body>
      </html>

      """
  }

  /// A model card in two parts: what stands on the page, and what is folded away.
  private struct Card {
    /// Figures and limits.
    var caveats = ""
    /// All other sections.
    var rest = ""

    init(_ text: String) {
      var sections: [[Substring]] = [[]]
      for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        if line.hasPrefix("## ") { sections.append([]) }
        sections[sections.count - 1].append(line)
      }
      for section in sections {
        let html = Markdown(section.joined(separator: "\n")).html
        if section.first == "## Figures" || section.first == "## Limits" {
          caveats += html
        } else {
          rest += html
        }
      }
    }
  }
}
