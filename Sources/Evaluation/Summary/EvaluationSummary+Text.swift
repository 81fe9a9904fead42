import Foundation

extension EvaluationSummary {
  /// All figures as a table, one to a line, with the confusion matrix and what has to be known about them.
  ///
  /// - Parameters:
  ///   - samples: What samples are called, such as `images`.
  ///   - groups: What groups are called, such as `patients`.
  public func text(samples: String = "samples", groups: String = "groups") -> String {
    var lines = [title(samples: samples, groups: groups)]
    lines += Self.table(overall, level: settings.level)
    for entry in classes {
      lines.append("\(entry.className) against the rest, \(entry.count) \(samples)")
      lines += Self.table(entry.metrics, level: nil)
    }
    lines += notes(samples: samples, groups: groups)
    lines += confusionMatrix.description.split(separator: "\n").map(String.init)
    return ([lines[0]] + lines.dropFirst().map { "  \($0)" }).joined(separator: "\n")
  }

  /// The name and size, such as `validation, 59 images of 52 patients`.
  public func title(samples: String = "samples", groups: String = "groups") -> String {
    "\(name), \(sampleCount) \(samples)" + (groupCount.map { " of \($0) \(groups)" } ?? "")
  }

  /// What has to be known to read the figures: the threshold and where it comes from, and how intervals were found.
  public func notes(samples: String = "samples", groups: String = "groups") -> [String] {
    var notes: [String] = []
    if let threshold, let name = classes.first?.className {
      let value = String(format: "%.4g", threshold.value)
      var note = "\(name) is called from a probability of \(value) on"
      if let chosenOn = threshold.chosenOn {
        note += ", chosen by \(threshold.rule) on \(chosenOn)"
      }
      notes.append(note + ".")
      if isThresholdChosenHere {
        notes.append(
          "The threshold was chosen on these very \(samples): the rates look better than they are.")
      }
    }
    if groupCount != nil {
      notes.append(
        "Intervals are by whole \(groups); those of rates and areas never narrower than for independent "
          + "\(samples).")
    }
    return notes
  }

  private static func table(_ metrics: [Metric], level: Double?) -> [String] {
    let nameWidth = 26
    let valueWidth = 20
    let intervalWidth = 16
    var lines: [String] = []
    if let level {
      lines.append(
        "".padded(to: nameWidth + valueWidth) + String(format: "%g %% interval", 100 * level))
    }
    for metric in metrics {
      let name = metric.name.padded(to: nameWidth)
      guard metric.value != nil else {
        lines.append(name + "undefined: \(metric.reason ?? "no such samples")")
        continue
      }
      let value = metric.valueDescription.padded(to: valueWidth)
      if let interval = metric.intervalDescription, let method = metric.intervalMethod {
        lines.append(name + value + interval.padded(to: intervalWidth) + method.rawValue)
      } else {
        lines.append(name + value + "none: \(metric.reason ?? "unknown")")
      }
    }
    return lines
  }
}
