public import Tensor

/// A way to ask which parts of a picture a score comes from.
public protocol AttributionMethod: Sendable {
  /// The map of one input.
  ///
  /// - Parameters:
  ///   - score: What is to be explained.
  ///   - input: One picture as the model takes it, `[1, height, width, channels]`.
  func map<Scalar>(of score: ClassScore<Scalar>, at input: Tensor<Scalar>) -> AttributionMap
}

/// Stops the program unless `input` is one picture.
func requirePicture<Scalar>(_ input: Tensor<Scalar>, _ method: String) {
  require(
    input.rank == 4 && input.shape[0] == 1 && input.count > 0,
    "\(method): needs one picture [1, height, width, channels], got shape \(input.shape)")
}
