import Autograd
import Layers
import Tensor

/// The networks of a classifier as one set of parameters: those of member 2 have paths that begin with `2.`.
struct Ensemble: Parameterized {
  typealias Scalar = Float
  var members: [Sequential<Float>]

  mutating func visitParameters(_ visitor: inout some ParameterVisitor<Float>) {
    for index in members.indices {
      visitor.enter("\(index)")
      members[index].visitParameters(&visitor)
      visitor.leave()
    }
  }

  /// The most members that a file may have.
  static let maximumCount = 64

  /// Kind and members, as a model file has them.
  var specification: LayerSpecification {
    LayerSpecification(kind: "Ensemble", layers: members.map(\.specification))
  }
}
