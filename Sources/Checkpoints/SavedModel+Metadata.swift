extension SavedModel {
  /// What goes with the weights of a classifier.
  ///
  /// | property | key in the file | as |
  /// |---|---|---|
  /// | (format version) | `roentgen.formatVersion` | `1` |
  /// | `architecture` | `roentgen.architecture` | text |
  /// | `preprocessing` | `roentgen.preprocessing` | text |
  /// | `classNames` | `roentgen.classNames` | JSON list of strings |
  /// | `positiveClass` | `roentgen.positiveClass` | text, absent for `nil` |
  /// | `threshold` | `roentgen.threshold` | decimal number, absent for `nil` |
  /// | `temperature` | `roentgen.temperature` | decimal number, absent for `nil` |
  /// | `training` | `roentgen.training` | JSON object of strings |
  /// | `card` | `roentgen.card` | text |
  /// | `additional` | any without `roentgen.` in front | text |
  ///
  /// A key with that prefix changes what the weights mean: a reader that does not know it refuses the file. What may be
  /// ignored goes into `additional`.
  public struct Metadata: Sendable, Hashable {
    /// The version of the format that this library writes.
    ///
    /// It reads this one, and refuses newer ones.
    public static let formatVersion = 1

    /// The architecture, in whatever notation rebuilds it.
    public var architecture: String
    /// What happens to an input before the model sees it, in whatever notation repeats it.
    public var preprocessing: String
    /// The names of the classes, in the order of the labels that the model was trained on.
    ///
    /// Not empty, no two alike.
    public var classNames: [String]
    /// The class that `threshold` and all one-sided figures speak of, one of `classNames`; `nil` where no class is special.
    public var positiveClass: String?
    /// The probability of `positiveClass` from which on a sample counts as positive, in `0...1`.
    public var threshold: Double?
    /// What log-odds are divided by to calibrate the probabilities, positive; `nil` where they are as the model gives them.
    public var temperature: Double?
    /// Where the weights come from: recipe, seed, data.
    ///
    /// No dates or paths, if equal runs are to give equal files.
    public var training: [String: String]
    /// The model card: intended use, limits, measured performance.
    public var card: String
    /// More texts, under keys that do not start with `roentgen.`.
    public var additional: [String: String]

    /// Gathers what goes with the weights of a classifier.
    public init(
      architecture: String, preprocessing: String, classNames: [String],
      positiveClass: String? = nil, threshold: Double? = nil, temperature: Double? = nil,
      training: [String: String] = [:], card: String = "", additional: [String: String] = [:]
    ) {
      self.architecture = architecture
      self.preprocessing = preprocessing
      self.classNames = classNames
      self.positiveClass = positiveClass
      self.threshold = threshold
      self.temperature = temperature
      self.training = training
      self.card = card
      self.additional = additional
    }
  }
}

extension SavedModel.Metadata {
  private enum Key: String, CaseIterable {
    case formatVersion, architecture, preprocessing, classNames, positiveClass, threshold
    case temperature, training, card

    static let prefix = "roentgen."
    static let optional: Set<Key> = [.positiveClass, .threshold, .temperature]

    var name: String { Key.prefix + rawValue }
  }

  /// What is contradictory, `nil` where nothing is.
  var problem: String? {
    if classNames.isEmpty { return "it names no classes" }
    if Set(classNames).count < classNames.count {
      return "two of the classes \(classNames.json) have the same name"
    }
    if let positiveClass, !classNames.contains(positiveClass) {
      return "the positive class \(quoted(positiveClass)) is none of \(classNames.json)"
    }
    if let threshold {
      if !(0...1).contains(threshold) {
        return "the threshold is \(threshold), expected a probability in 0...1"
      }
      if positiveClass == nil { return "there is a threshold, but no positive class" }
    }
    if let temperature, !(temperature > 0 && temperature.isFinite) {
      return "the temperature is \(temperature), expected a positive number"
    }
    if let key = additional.keys.inByteOrder.first(where: { $0.hasPrefix(Key.prefix) }) {
      return "the additional key \(quoted(key)) starts with \(quoted(Key.prefix))"
    }
    return nil
  }

  /// All of it as the texts of a safetensors file.
  var texts: [String: String] {
    var texts = additional
    texts[Key.formatVersion.name] = "\(Self.formatVersion)"
    texts[Key.architecture.name] = architecture
    texts[Key.preprocessing.name] = preprocessing
    texts[Key.classNames.name] = classNames.json
    texts[Key.positiveClass.name] = positiveClass
    texts[Key.threshold.name] = threshold.map { "\($0)" }
    texts[Key.temperature.name] = temperature.map { "\($0)" }
    texts[Key.training.name] = training.json
    texts[Key.card.name] = card
    return texts
  }

  /// Reads the texts of a safetensors file.
  init(_ file: Safetensors) throws {
    let source = file.source
    func text(_ key: Key) -> String { file.metadata[key.name] ?? "" }
    guard file.metadata[Key.formatVersion.name] != nil else {
      throw source.error("is no saved model: has no text \(quoted(Key.formatVersion.name))")
    }
    guard let version = Int(text(.formatVersion)), version > 0 else {
      throw source.error("is no saved model: format version \(quoted(text(.formatVersion)))")
    }
    // Checked before the keys, which another version may have others of.
    guard version <= Self.formatVersion else {
      throw source.error(
        "has format version \(version), this program reads up to \(Self.formatVersion)")
    }
    try Self.checkKeys(file)
    self.init(
      architecture: text(.architecture), preprocessing: text(.preprocessing),
      classNames: try Self.parse(.classNames, in: file) { try $0.readStrings() },
      positiveClass: file.metadata[Key.positiveClass.name],
      training: try Self.parse(.training, in: file) { try $0.readStringMap() },
      card: text(.card),
      additional: file.metadata.filter { !$0.key.hasPrefix(Key.prefix) })
    threshold = try Self.number(.threshold, in: file)
    temperature = try Self.number(.temperature, in: file)
    if let problem { throw source.error("is no saved model: \(problem)") }
  }

  /// Throws, naming all, where keys are missing or unknown.
  private static func checkKeys(_ file: Safetensors) throws {
    let missing = Key.allCases.filter {
      !Key.optional.contains($0) && file.metadata[$0.name] == nil
    }
    let unknown = file.metadata.keys.inByteOrder.filter { key in
      key.hasPrefix(Key.prefix) && !Key.allCases.contains { $0.name == key }
    }
    if missing.isEmpty && unknown.isEmpty { return }
    let faults = [
      missing.isEmpty ? nil : "misses \(missing.map { quoted($0.name) }.joined(separator: ", "))",
      unknown.isEmpty
        ? nil
        : "has \(unknown.map { quoted($0) }.joined(separator: ", ")), unknown to this program",
    ]
    throw file.source.error(
      "is no saved model: \(faults.compactMap(\.self).joined(separator: "; "))")
  }

  /// Reads the number under a key, `nil` where there is none.
  private static func number(_ key: Key, in file: Safetensors) throws -> Double? {
    guard let text = file.metadata[key.name] else { return nil }
    if let value = Double(text) { return value }
    throw file.source.error("is no saved model: \(key.rawValue) \(quoted(text)), expected a number")
  }

  /// Reads the JSON under a key.
  private static func parse<Value>(
    _ key: Key, in file: Safetensors, _ body: (inout TextReader) throws -> Value
  ) throws -> Value {
    var reader = TextReader(Array((file.metadata[key.name] ?? "").utf8))
    do {
      let value = try body(&reader)
      try reader.expectEnd()
      return value
    } catch let error as SyntaxError {
      throw file.source.error(
        "is no saved model: \(quoted(key.name)) at \(error.description)")
    }
  }
}
