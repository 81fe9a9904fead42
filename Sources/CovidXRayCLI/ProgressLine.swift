import CovidXRay
import Foundation
import Training

/// A line on a terminal that is written again and again.
struct ProgressLine {
  private let isTerminal = Console.isTerminal
  private let clock = ContinuousClock()
  private var lastDrawn: ContinuousClock.Instant?
  private var isShown = false

  /// Shows a bar with texts around it, as many of them as fit; nothing where there is no terminal.
  ///
  /// - Parameters:
  ///   - title: What is being done.
  ///   - fraction: How much of it is, in `0...1`.
  ///   - details: The first ones are the more important.
  ///   - isUrgent: Whether to draw even if the line was drawn a moment ago.
  mutating func show(_ title: String, fraction: Double, details: [String], isUrgent: Bool = false) {
    guard isTerminal else { return }
    let now = clock.now
    if !isUrgent, let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    isShown = true
    // The last column stays free: a character there makes some terminals begin a new line.
    let width = Console.width - 1
    var texts = details
    var bar = 24
    func length() -> Int {
      title.count + (bar > 0 ? bar + 1 : 0) + texts.reduce(0) { $0 + $1.count + 2 }
    }
    while length() > width, bar > 8 { bar -= 1 }
    while length() > width, !texts.isEmpty { texts.removeLast() }
    if length() > width { bar = 0 }
    let line = ([title + Self.bar(fraction, width: bar)] + texts).joined(separator: "  ")
    Console.put("\r\(line.prefix(width))\u{1B}[K")
  }

  /// Takes the bar away, to make room for a line that stays.
  mutating func clear() {
    if isShown { Console.put("\r\u{1B}[K") }
    isShown = false
    lastDrawn = nil
  }

  private static func bar(_ fraction: Double, width: Int) -> String {
    guard width > 0 else { return "" }
    let full = Int((Double(width) * min(max(fraction, 0), 1)).rounded())
    return " " + String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }
}

/// How far a training run has come: a bar on a terminal, and a line for every epoch anywhere.
struct TrainingProgressLine {
  private let label: String
  private let recipe: TrainingRecipe
  private let clock = ContinuousClock()
  private var line = ProgressLine()
  private var start = ContinuousClock.now
  private var epochStart = ContinuousClock.now
  private var epochImages = 0
  /// The network of several that is trained, and how many there are.
  private var member = (number: 1, count: 1)
  /// Images a second in the steps of the epoch, without its validation.
  private var speed = 0.0

  init(label: String, recipe: TrainingRecipe) {
    self.label = label
    self.recipe = recipe
  }

  mutating func begin() {
    start = clock.now
    beginEpoch(1)
  }

  mutating func beginMember(_ number: Int, of count: Int) {
    member = (number, count)
    begin()
  }

  private mutating func beginEpoch(_ number: Int) {
    epochStart = clock.now
    epochImages = 0
    line.show(
      title(number), fraction: 0, details: ["step 0/\(recipe.stepsPerEpoch)"], isUrgent: true)
  }

  mutating func step(_ step: TrainingEvent.Step) {
    epochImages += step.sampleCount
    speed = Double(epochImages) / seconds(since: epochStart)
    line.show(
      title(step.epoch), fraction: Double(step.step) / Double(step.steps),
      details: [
        "step \(step.step)/\(step.steps)", "loss \(number(step.loss))",
        "accuracy \(number(step.accuracy))", String(format: "%.1f images/s", speed),
        "ETA \(eta(steps: (step.epoch - 1) * step.steps + step.step))",
      ], isUrgent: step.step == step.steps)
  }

  mutating func epoch(_ epoch: History.Epoch) {
    line.clear()
    var parts = ["loss \(number(epoch.loss))", "accuracy \(number(epoch.accuracy))"]
    if let loss = epoch.validationLoss { parts.append("val_loss \(number(loss))") }
    if let accuracy = epoch.validationAccuracy { parts.append("val_accuracy \(number(accuracy))") }
    parts.append(String(format: "%.1f s", epoch.seconds))
    parts.append(String(format: "%.1f images/s", speed))
    if epoch.number < recipe.epochs {
      parts.append("ETA \(eta(steps: epoch.number * recipe.stepsPerEpoch))")
    }
    Console.note("\(title(epoch.number)): " + parts.joined(separator: "  "))
    if epoch.number < recipe.epochs { beginEpoch(epoch.number + 1) }
  }

  mutating func evaluating(_ name: String, done: Int, count: Int) {
    line.show(
      "\(label)Measuring \(name)", fraction: Double(done) / Double(count),
      details: ["\(done)/\(count)"])
    if done == count { line.clear() }
  }

  private func title(_ epoch: Int) -> String {
    let network = member.count == 1 ? "" : "Network \(member.number)/\(member.count), "
    return "\(label)\(network)Epoch \(epoch)/\(recipe.epochs)"
  }
  private func number(_ value: Double) -> String { String(format: "%.4f", value) }

  private func seconds(since instant: ContinuousClock.Instant) -> Double {
    max((clock.now - instant) / .seconds(1), 1e-9)
  }

  /// The time that is left if all goes on as it went, validation included.
  private func eta(steps done: Int) -> String {
    let all = recipe.epochs * recipe.stepsPerEpoch
    let left = Int((seconds(since: start) / Double(done) * Double(all - done)).rounded())
    let (hours, minutes, seconds) = (left / 3600, left / 60 % 60, left % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, seconds)
      : String(format: "%d:%02d", minutes, seconds)
  }
}
