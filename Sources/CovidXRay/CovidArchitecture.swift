import Autograd
import Imaging
import Layers
import Tensor

/// Checks that a specification is that of a network of this module, of whatever widths, before anything is built from it.
///
/// Whoever passes can be built within bounds, and fits together: nothing later has to trap.
enum CovidArchitecture {
  /// The most parameters, a gibibyte of them.
  private static let maximumParameters = 1 << 28
  /// The most blocks of a careful network.
  static let maximumBlocks = 8

  private static let widthNames: Set<String> = [
    "inputChannels", "outputChannels", "inputSize", "outputSize", "channels",
  ]

  /// - Parameters:
  ///   - specification: What a file says.
  ///   - preprocessing: What the networks are fed with.
  ///   - tensors: The names of the tensors in the file.
  /// - Returns: The specification of every network.
  /// - Throws: ``ArchitectureMismatch``.
  static func members(
    of specification: LayerSpecification, for preprocessing: Preprocessing, tensors: [String]
  ) throws -> [LayerSpecification] {
    guard specification.kind == "Ensemble" else {
      try check(specification, for: preprocessing, tensors: tensors)
      return [specification]
    }
    func mismatch(_ reason: String) -> ArchitectureMismatch {
      ArchitectureMismatch(reason: reason, missing: [], unexpected: [])
    }
    let members = specification.layers
    guard let first = members.first, 2...Ensemble.maximumCount ~= members.count else {
      throw mismatch(
        "an ensemble of \(members.count), expected 2 to \(Ensemble.maximumCount) networks")
    }
    guard members.allSatisfy({ $0 == first }) else {
      throw mismatch("an ensemble of networks that are not alike")
    }
    try check(
      first, for: preprocessing,
      tensors: tensors.filter { $0.hasPrefix("0.") }.map { String($0.dropFirst(2)) })
    return members
  }

  private static func check(
    _ specification: LayerSpecification, for preprocessing: Preprocessing, tensors: [String]
  ) throws {
    let model = narrowModel(like: specification)
    let expected = model.specification
    let names = Set(model.parameters.map(\.path))
    func mismatch(_ reason: String) -> ArchitectureMismatch {
      ArchitectureMismatch(
        reason: reason, missing: names.subtracting(tensors).sorted(),
        unexpected: Set(tensors).subtracting(names).sorted())
    }

    guard specification.kind == expected.kind else {
      throw mismatch("\(printable(specification.kind)), expected \(expected.kind)")
    }
    guard specification.layers.count == expected.layers.count else {
      throw mismatch(
        "\(specification.layers.count) layers, expected \(expected.layers.count)")
    }
    for (index, (found, wanted)) in zip(specification.layers, expected.layers).enumerated() {
      guard found.kind == wanted.kind else {
        throw mismatch("layer \(index) is \(printable(found.kind)), expected \(wanted.kind)")
      }
      guard blanked(found) == blanked(wanted) else {
        throw mismatch("layer \(index), \(found.kind), has other options than expected")
      }
    }
    guard preprocessing.size.height == preprocessing.size.width,
      CovidNetwork.minimumImageSize...TrainingRecipe.maximumImageSize
        ~= preprocessing.size.height,
      preprocessing.size.height >> specification.layers.count(where: isNorm) > 0
    else { throw mismatch("images of \(preprocessing.size)") }
    try checkWidths(specification, preprocessing, mismatch)
  }

  /// A network of the same layers, as narrow as can be: a careful one of as many blocks if there is a mean over the film, that
  /// of the article in all other cases.
  private static func narrowModel(like specification: LayerSpecification) -> Sequential<Float> {
    var random = RandomGenerator(seed: 0)
    guard specification.layers.contains(where: { $0.kind == "GlobalAveragePool2D" }) else {
      return CovidNetwork.model(
        imageSize: CovidNetwork.minimumImageSize, channels: [1, 1, 1, 1], denseSize: 1,
        using: &random)
    }
    let blocks = min(max(specification.layers.count(where: isNorm), 1), maximumBlocks)
    return CarefulNetwork.model(
      channels: [Int](repeating: 1, count: blocks), using: &random)
  }

  private static func isNorm(_ layer: LayerSpecification) -> Bool { layer.kind == "BatchNorm" }

  /// Throws unless every layer takes what the one before it gives.
  private static func checkWidths(
    _ specification: LayerSpecification, _ preprocessing: Preprocessing,
    _ mismatch: (String) -> ArchitectureMismatch
  ) throws {
    var channels = preprocessing.colours.channels
    var parameters = 0
    var isFlat = false
    for (index, layer) in specification.layers.enumerated() {
      switch layer.kind {
      case "Flatten":
        channels *= CovidNetwork.flattenedSize(imageSize: preprocessing.size.height)
        isFlat = true
      case "GlobalAveragePool2D": isFlat = true
      case "BatchNorm":
        guard layer.options["channels"] == .integer(channels) else {
          throw mismatch("layer \(index), BatchNorm, does not take the \(channels) channels given")
        }
      case "Conv2D", "Dense":
        let (input, output) =
          isFlat ? ("inputSize", "outputSize") : ("inputChannels", "outputChannels")
        guard layer.options[input] == .integer(channels) else {
          throw mismatch(
            "layer \(index), \(layer.kind), does not take the \(channels) values that it is given")
        }
        guard case .integer(let width) = layer.options[output], 1...4096 ~= width else {
          throw mismatch("layer \(index), \(layer.kind), has no \(output) from 1 to 4096")
        }
        parameters += channels * width * (isFlat ? 1 : 9)
        channels = width
      default: break
      }
    }
    guard channels == 1 else { throw mismatch("\(channels) outputs, expected 1") }
    guard parameters <= maximumParameters else {
      throw mismatch("\(parameters) parameters, expected \(maximumParameters) at the most")
    }
  }

  /// The layer with all widths set to zero.
  private static func blanked(_ layer: LayerSpecification) -> LayerSpecification {
    var layer = layer
    for name in layer.options.keys where widthNames.contains(name) {
      layer.options[name] = .integer(0)
    }
    return layer
  }
}

/// A network that is not the one that was expected.
struct ArchitectureMismatch: Error, CustomStringConvertible {
  let reason: String
  /// Names of tensors that the expected network has and the file does not.
  let missing: [String]
  /// Names of tensors that the file has and the expected network does not.
  let unexpected: [String]

  var description: String {
    ([reason] + [("missing", missing), ("unexpected", unexpected)].compactMap(Self.list))
      .joined(separator: "; ")
  }

  private static func list(_ title: String, _ names: [String]) -> String? {
    if names.isEmpty { return nil }
    let more = names.count > 12 ? ", … (\(names.count) in all)" : ""
    return "\(title) tensors: " + names.prefix(12).map(printable).joined(separator: ", ") + more
  }
}

/// A name from a file without what could steer a terminal, cut where it is long.
func printable(_ name: String) -> String {
  String(name.prefix(60).map { $0.isLetter || $0.isNumber || "._-/ ".contains($0) ? $0 : "?" })
}
