/// Which films a data set is made of, and how it is divided.
public struct PreparationOptions: Sendable, Hashable, Codable {
  /// How films are divided, always so that all films of a patient stay together.
  public enum Division: Sendable, Hashable, Codable {
    /// Into training, validation and, with a third number, test films, in these proportions.
    case proportions([Double])
    /// Into so many folds of equal size.
    case folds(Int)
  }

  /// The class of films with the finding, and the name of its folder.
  public static let covid = "Covid"
  /// The class of normal films, and the name of its folder.
  public static let normal = "Normal"

  /// The finding that makes a film one of Covid, alone or as a part of a path such as `Pneumonia/Viral/COVID-19`.
  public var finding = "COVID-19"
  /// The views to take, such as `PA`, `AP` or `AP Supine`.
  public var views = ["PA"]
  /// Whether a row has to say `Y` in the column `RT_PCR_positive`.
  public var requiresPositiveTest = false
  /// How many normal films to draw, as many as there are films of Covid by default.
  public var normalCount: Int?
  /// What normal films are said to come from; the name of their folder by default.
  public var normalSource: String?
  /// The licence of the normal films, if known.
  public var normalLicence = ""
  /// How films are divided.
  public var division = Division.proportions([70, 15, 15])
  /// Where the draw of normal films and the division come from.
  public var seed: UInt64 = 42

  /// The options as they are by default: PA films, as many normal ones, 70 : 15 : 15.
  public init() {}

  /// Throws where an option makes no sense, with its name and what it needs.
  public func validate() throws {
    func check(_ condition: Bool, _ property: String, _ reason: String) throws {
      if !condition { throw RecipeError(property: property, reason: reason) }
    }
    try check(!finding.isEmpty, "finding", "needs a finding")
    try check(!views.isEmpty && !views.contains(""), "view", "needs a view")
    if let normalCount {
      try check(normalCount >= 1, "normalCount", "needs 1 or more, got \(normalCount)")
    }
    switch division {
    case .folds(let count):
      try check(2...1000 ~= count, "folds", "needs a whole number from 2 to 1000, got \(count)")
    case .proportions(let values):
      try check(
        2...3 ~= values.count && values.allSatisfy { $0 > 0 && $0.isFinite }, "split",
        "needs two or three positive numbers, got \(values.map { "\($0)" }.joined(separator: ","))")
    }
  }

  /// The name of every part.
  var partNames: [String] {
    switch division {
    case .proportions(let values): Array(["training", "validation", "test"].prefix(values.count))
    case .folds(let count): (1...count).map { "fold-\($0)" }
    }
  }
}
