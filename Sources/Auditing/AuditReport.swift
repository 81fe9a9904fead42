public import Evaluation

/// What an audit found about a set of labelled images, before anyone believes a figure measured on them.
///
/// A plain value: numbers, paths and sentences. `text` is the whole of it for a terminal, `verdict` the gist.
public struct AuditReport: Sendable, Hashable, Encodable {
  /// The classes; the place of a name is its number.
  public let classNames: [String]
  /// The class that areas under the curve are about.
  public let positiveClass: String
  /// The parts of the data set, the one to learn from first.
  public let parts: [Part]
  /// Files that could not be read and take no part in anything below, with the reason.
  public let unreadable: [String]
  /// Pairs of files that show the same picture, within a part and across parts.
  public let duplicates: [Duplicate]
  /// What a table of patients says, `nil` where none was given.
  public let patients: Patients?
  /// Files in different parts whose names look like one series: a suspicion, where patients are not known.
  public let nameSeries: [NameSeries]
  /// Images to measure with that are not independent of images to learn from.
  ///
  /// Any figure measured on them is too good.
  public let leaks: [Leak]
  /// How well each property of a file or of its plainest statistics tells the class by itself.
  ///
  /// Where one does, a network can learn it in place of the content.
  public let properties: [Property]
  /// Simple models that see no content, or hardly any, fitted on the first part.
  ///
  /// A network is worth what it is better.
  public let baselines: [Baseline]
  /// A given network: as it is, and with what matters hidden from it.
  ///
  /// Empty where none was given.
  public let models: [Model]
  /// What follows from all this, the gravest first.
  public let findings: [Finding]

  /// The verdict in one or two plain sentences.
  public var verdict: String { Verdict.summary(of: self) }

  /// A part of the data set, such as the images to learn from.
  public struct Part: Sendable, Hashable, Encodable {
    /// Such as `"training"`.
    public let name: String
    /// Readable images of each class.
    public let counts: [Int]
    /// The patients of these images where some have several, so that intervals are by patient; `nil` where images are taken as
    /// independent.
    ///
    /// An image whose patient is not known counts as a patient of its own.
    public let patientCount: Int?
    /// All readable images.
    public var count: Int { counts.reduce(0, +) }
  }

  /// Two files that show the same picture.
  public struct Duplicate: Sendable, Hashable, Encodable {
    /// The paths of the two files, from the folder of the data set on.
    public let paths: [String]
    /// The parts that they are in.
    public let parts: [String]
    /// Whether the files are the same byte for byte.
    public let isExact: Bool
    /// The bits in which their difference hashes differ, of 256.
    public let distance: Int
    /// Whether the two have different classes: then one of the labels is wrong.
    public let isContradiction: Bool

    /// Whether the two are in different parts.
    public var crossesParts: Bool { parts[0] != parts[1] }
  }

  /// What a table of patients says of a data set.
  public struct Patients: Sendable, Hashable, Encodable {
    /// How many patients there are among the files.
    public let count: Int
    /// The files whose patient is not known.
    public let unknown: [String]
    /// How many files the table names that are not in the data set.
    public let absentCount: Int
    /// The patients with files in more than one part.
    public let shared: [SharedPatient]
  }

  /// A patient with files in more than one part.
  public struct SharedPatient: Sendable, Hashable, Encodable {
    /// The name in the table.
    public let patient: String
    /// All files of the patient.
    public let paths: [String]
  }

  /// Files whose names differ in a letter or a small number only, such as `case-2a` and `case-2b`.
  public struct NameSeries: Sendable, Hashable, Encodable {
    /// What the names have in common, with `*` where they differ.
    public let pattern: String
    /// The files.
    public let paths: [String]
  }

  /// An image to measure with that is not independent of those to learn from.
  public struct Leak: Sendable, Hashable, Encodable {
    /// How the image is known to be related.
    public enum Reason: String, Sendable, Hashable, Encodable, CaseIterable {
      /// The same file.
      case sameFile
      /// The same picture in another file.
      case samePicture
      /// Another picture of the same patient.
      case samePatient
    }

    /// The path of the image.
    public let path: String
    /// The part that it is in.
    public let part: String
    /// How it is related, the nearest relation that there is.
    public let reason: Reason
    /// The related images in earlier parts.
    public let relatives: [String]
  }

  /// How often a rule or a model is right in one part.
  public struct Score: Sendable, Hashable, Encodable {
    /// The share of images it gets right.
    public let accuracy: Proportion
    /// The 95 % interval of that share.
    public let accuracyInterval: ConfidenceInterval
    /// How that interval was found: by patient where patients are known and some have several images.
    public let accuracyIntervalMethod: Metric.IntervalMethod
    /// The area under the ROC curve of the positive class, `nil` where there is none.
    public let area: Double?
    /// The 95 % interval of the area, `nil` where there is none.
    public let areaInterval: ConfidenceInterval?
    /// How that interval was found, `nil` where there is none.
    public let areaIntervalMethod: Metric.IntervalMethod?
    /// Why there is no area or no interval, `nil` where both are there or a rule has no area.
    public let note: String?
  }

  /// A property of a file, taken as the only clue.
  public struct Property: Sendable, Hashable, Encodable {
    /// Such as `"colours"` or `"width"`.
    public let name: String
    /// The rule learnt from the first part, such as `"grey: Normal; rgb: Covid"`.
    public let rule: String
    /// How the rule does in each part, of which the first is the one it was learnt from.
    public let scores: [Score]
    /// How often the rule is right in all parts together.
    public let overall: Proportion
  }

  /// A simple model and how it does.
  public struct Baseline: Sendable, Hashable, Encodable {
    /// What it sees, such as `"border pixels"`.
    public let name: String
    /// How it works, in a few words.
    public let method: String
    /// How many numbers it sees of an image.
    public let featureCount: Int
    /// How it does in each part, of which the first is the one it was fitted on.
    public let scores: [Score]
  }

  /// A network and how it does on images of which some is hidden.
  public struct Model: Sendable, Hashable, Encodable {
    /// What the network sees.
    public let visibility: Visibility
    /// How it does in each part.
    public let scores: [Score]
  }

  /// Something that a reader should know, in plain words.
  public struct Finding: Sendable, Hashable, Encodable {
    /// How much it matters.
    public enum Severity: String, Sendable, Hashable, Encodable, CaseIterable {
      /// Figures measured on these images cannot be believed.
      case serious
      /// A figure may be too good, or nobody can tell.
      case warning
      /// It is as it should be.
      case fine
    }

    /// What a finding is about.
    public enum Topic: String, Sendable, Hashable, Encodable, CaseIterable {
      /// Pictures and patients in two parts.
      case leakage
      /// One picture with two labels.
      case labels
      /// Pictures that are there twice.
      case repeats
      /// Properties of files.
      case shortcut
      /// Simple models that are blind to content.
      case baselines
      /// The given network.
      case network
    }

    /// How much it matters.
    public let severity: Severity
    /// What it is about.
    public let topic: Topic
    /// What is the matter, in a sentence or two.
    public let text: String
  }
}

/// What a model is shown of an image.
public enum Visibility: String, Sendable, Hashable, Encodable, CaseIterable {
  /// All of it.
  case whole
  /// What lies outside the middle 80 % of its height and width, where lungs are on a chest film: the middle is filled with
  /// one grey.
  case withoutMiddle
  /// A border of an eighth of each side, which is what the simple model of border pixels sees: all else is filled with one
  /// grey.
  case borderOnly
}
