package import Tensor

extension Variable {
  /// Several convolutions, each with what follows it, as one operation: see `ConvolutionStretch`.
  ///
  /// - Parameters:
  ///   - filters: One for each block.
  ///   - biases: One for each block, or none.
  ///   - blocks: What is computed, in order.
  ///   - unfused: The same of operations of their own, for derivatives of derivatives.
  /// - Returns: `nil` where the scalar has no kernels for it.
  package func convolutionStretch(
    filters: [Variable], biases: [Variable?], blocks: [ConvolutionBlock],
    unfused:
      @escaping @Sendable (
        _ input: Variable, _ filters: [Variable], _ biases: [Variable?]
      ) -> Variable
  ) -> Variable? {
    guard let kernels = Scalar.kernels.stretch else { return nil }
    let stretch = ConvolutionStretch(
      inputShape: shape, filterShapes: filters.map(\.shape), blocks: blocks)
    // The inputs of the node: the image, then filter and bias of each block in turn.
    var inputs = [self]
    for (filter, bias) in zip(filters, biases) { inputs += [filter] + (bias.map { [$0] } ?? []) }
    let hasBias = biases.map { $0 != nil }

    let (output, memory) = kernels.forward(
      stretch, value, kernels.prepare(stretch, filters.map(\.value)), biases.map { $0?.value },
      inputs.contains(where: \.isRecorded))
    return Variable(output, from: inputs, keeping: [.inputs, .output]) { saved, upstream in
      if saved.isRecording {
        return .gradients(of: saved, upstream: upstream) { inputs in
          let (filters, biases) = operands(of: inputs, hasBias)
          return unfused(inputs[0], filters, biases)
        }
      }
      let (filters, biases) = operands(of: saved.needed.indices.map { saved.input($0) }, hasBias)
      let found = kernels.gradients(
        stretch, upstream.value, saved.input(0).value, filters.map(\.value),
        biases.map { $0?.value }, saved.output.value, memory, saved.needed[0])
      var gradients: [Variable?] = [found.input.map { Variable($0) }]
      for (index, hasBias) in hasBias.enumerated() {
        gradients.append(Variable(found.filters[index]))
        if hasBias { gradients.append(Variable(found.biases[index])) }
      }
      return gradients
    }
  }
}

/// The filters and biases among a node's inputs: the image, then filter and bias of each block in turn.
private func operands<Scalar>(
  of inputs: [Variable<Scalar>], _ hasBias: [Bool]
) -> (filters: [Variable<Scalar>], biases: [Variable<Scalar>?]) {
  var (filters, biases): ([Variable<Scalar>], [Variable<Scalar>?]) = ([], [])
  var next = 1
  for hasBias in hasBias {
    filters.append(inputs[next])
    biases.append(hasBias ? inputs[next + 1] : nil)
    next += hasBias ? 2 : 1
  }
  return (filters, biases)
}
