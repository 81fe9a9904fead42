extension TensorLike {
  /// A map of `[height, width]` at another size, values in between found by bilinear interpolation.
  ///
  /// Pixel centres lie at half-integers, and beyond the outermost of them the map stays as it is: PyTorch's `interpolate` with
  /// `align_corners=False`. A map that shrinks is sampled, not averaged. Two matrix products, and so is the way back.
  ///
  /// - Parameters:
  ///   - height: The new number of rows, 1 or more.
  ///   - width: The new number of columns, 1 or more.
  /// - Precondition: Rank 2, not empty.
  public func bilinearlyResized(height: Int, width: Int) -> Self {
    require(
      rank == 2 && count > 0 && height > 0 && width > 0,
      "bilinearlyResized: needs a map of [height, width] and a positive size, got shape \(shape) "
        + "to [\(height), \(width)]")
    if shape == [height, width] { return self }
    let rows = Self(bilinearWeights(from: shape[0], to: height))
    let columns = Self(bilinearWeights(from: shape[1], to: width))
    return rows.matrixProduct(self).matrixProduct(columns.transposed())
  }
}

/// The matrix `[newCount, oldCount]` that interpolates along one axis: two weights a row, which sum to 1.
private func bilinearWeights<Scalar: DifferentiableScalar>(
  from oldCount: Int, to newCount: Int
) -> Tensor<Scalar> {
  let step = Double(oldCount) / Double(newCount)
  var weights = Tensor<Scalar>.zeros([newCount, oldCount])
  weights.withUnsafeMutableScalars { buffer in
    for index in 0..<newCount {
      let position = min(max((Double(index) + 0.5) * step - 0.5, 0), Double(oldCount - 1))
      let first = Int(position)
      let share = position - Double(first)
      buffer[index * oldCount + first] = Scalar(1 - share)
      if share > 0 { buffer[index * oldCount + first + 1] = Scalar(share) }
    }
  }
  return weights
}
