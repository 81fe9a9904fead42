public import Tensor

/// The gradients that one sweep found, by variable and by parameter.
public struct Gradients<Scalar: DifferentiableScalar>: Sendable {
  private var byNode: [ObjectIdentifier: Tensor<Scalar>] = [:]
  // An identifier is good as long as its object lives.
  private var nodes: [Node<Scalar>] = []
  private var byParameter: [ParameterID: ParameterGradient] = [:]
  /// In the order of the sweep: that of a dictionary changes from run to run, and with it the rounding of sums.
  private var parameters: [ParameterID] = []

  private struct ParameterGradient {
    var value: Tensor<Scalar>
    let storage: ObjectIdentifier?
  }

  mutating func set(_ gradient: Tensor<Scalar>, for node: Node<Scalar>) {
    byNode[ObjectIdentifier(node)] = gradient
    nodes.append(node)
    guard let parameter = node.parameter else { return }
    if let earlier = byParameter[parameter] {
      // A parameter has a leaf in every context that it took part in.
      require(
        earlier.storage == node.storage,
        """
        Gradients: a parameter of shape \(gradient.shape) comes with two different values. Two copies of a model have \
        diverged; make one of them independent with withFreshIdentities().
        """)
      byParameter[parameter]?.value = earlier.value + gradient
    } else {
      byParameter[parameter] = ParameterGradient(value: gradient, storage: node.storage)
      parameters.append(parameter)
    }
  }

  /// The gradient with respect to `variable`, of its shape.
  ///
  /// `nil` where the result does not depend on it, or where it is neither a leaf nor was asked for.
  public subscript(_ variable: Variable<Scalar>) -> Tensor<Scalar>? {
    variable.node.flatMap { byNode[ObjectIdentifier($0)] }
  }

  /// The gradient with respect to `parameter`, of its shape.
  ///
  /// `nil` where the result does not depend on it.
  public subscript(_ parameter: Parameter<Scalar>) -> Tensor<Scalar>? {
    byParameter[parameter.id]?.value
  }

  /// The parameters that have a gradient.
  public var parameterIDs: Set<ParameterID> { Set(byParameter.keys) }

  /// Every gradient times `factor`, for clipping.
  public func scaled(by factor: Scalar) -> Gradients {
    var result = self
    result.byNode = byNode.mapValues { $0.scaled(by: factor) }
    result.byParameter = byParameter.mapValues {
      ParameterGradient(value: $0.value.scaled(by: factor), storage: $0.storage)
    }
    return result
  }

  /// The Euclidean norm of the gradients of all parameters together.
  public var norm: Scalar {
    var squares: Scalar = 0
    for parameter in parameters {
      if let gradient = byParameter[parameter]?.value {
        squares += (gradient * gradient).sum().item()
      }
    }
    return squares.squareRoot()
  }
}

extension Variable {
  /// The gradients of this scalar with respect to every recorded leaf, and to the `intermediates` named.
  ///
  /// The sweep takes out of the graph what was kept for it, as it goes. A second sweep over the same graph traps, unless the
  /// first was told to keep it.
  ///
  /// - Parameters:
  ///   - intermediates: Results of operations whose gradients are wanted too.
  ///   - keepingGraph: Whether the graph may be swept again.
  /// - Precondition: The variable holds one scalar.
  public func gradients(
    alsoFor intermediates: [Variable] = [], keepingGraph: Bool = false
  ) -> Gradients<Scalar> {
    require(count == 1, "gradients: needs a variable of one scalar, got shape \(shape)")
    return gradients(
      upstream: .ones(shape), alsoFor: intermediates, keepingGraph: keepingGraph)
  }

  /// The gradients of `Σ upstream · self`: the vector-Jacobian product.
  ///
  /// - Parameters:
  ///   - upstream: `∂L/∂self`, of this variable's shape.
  ///   - intermediates: Results of operations whose gradients are wanted too.
  ///   - keepingGraph: Whether the graph may be swept again.
  public func gradients(
    upstream: Tensor<Scalar>, alsoFor intermediates: [Variable] = [], keepingGraph: Bool = false
  ) -> Gradients<Scalar> {
    require(
      upstream.shape == shape,
      "gradients: upstream has shape \(upstream.shape), the variable \(shape)")
    var result = Gradients<Scalar>()
    let wanted = Set(intermediates.compactMap { $0.node.map { ObjectIdentifier($0) } })
    sweep(Variable(upstream), keepingGraph: keepingGraph, isRecording: false, targets: nil) {
      node, gradient in
      if node.isLeaf || wanted.contains(ObjectIdentifier(node)) {
        result.set(gradient.value, for: node)
      }
    }
    return result
  }

  /// The gradients of this scalar with respect to `variables`, themselves recorded: derivatives can be taken of them.
  ///
  /// The graph is kept. Only the part that leads to `variables` is walked.
  ///
  /// - Returns: One gradient for each of `variables`, zero where this does not depend on it.
  public func recordedGradients(withRespectTo variables: [Variable]) -> [Variable] {
    require(count == 1, "recordedGradients: needs a variable of one scalar, got shape \(shape)")
    var found: [ObjectIdentifier: Variable] = [:]
    let targets = Set(variables.compactMap { $0.node.map { ObjectIdentifier($0) } })
    sweep(
      Variable(.ones(shape)), keepingGraph: true, isRecording: true, targets: targets
    ) { node, gradient in
      if targets.contains(ObjectIdentifier(node)) { found[ObjectIdentifier(node)] = gradient }
    }
    return variables.map { variable in
      variable.node.flatMap { found[ObjectIdentifier($0)] } ?? Variable(.zeros(variable.shape))
    }
  }

  /// Walks the graph from this variable back to its leaves and calls `report` with each node's gradient, consumers first.
  private func sweep(
    _ upstream: Variable, keepingGraph: Bool, isRecording: Bool, targets: Set<ObjectIdentifier>?,
    report: (Node<Scalar>, Variable) -> Void
  ) {
    guard let root = node else { return }
    var order = root.reachable()
    // Only the way to the targets matters, where some are named.
    var leads: Set<ObjectIdentifier>?
    if let targets {
      var reached = targets
      for node in order.reversed() {
        // Where a part that another sweep has taken leads to is unknown: it is walked, and traps.
        let leadsOn =
          node.isSwept
          || node.inputs.contains { $0.map { reached.contains(ObjectIdentifier($0)) } ?? false }
        if leadsOn { reached.insert(ObjectIdentifier(node)) }
      }
      leads = reached
    }
    var pending: [ObjectIdentifier: Variable] = [ObjectIdentifier(root): upstream]
    // From the last, so that the list lets go of every node as soon as it is done.
    order.reverse()
    while let node = order.popLast() {
      guard let gradient = pending.removeValue(forKey: ObjectIdentifier(node)) else {
        // No gradient comes this way; what was kept for it must not stay either.
        if !keepingGraph { _ = node.takeBody() }
        continue
      }
      report(node, gradient)
      if node.isLeaf { continue }
      guard let body = keepingGraph ? node.currentBody() : node.takeBody() else {
        // A bug in the calling program: how often it sweeps a graph is written in it, whatever its data.
        fatalError(
          "gradients: this graph has been swept before; the first sweep needs keepingGraph: true")
      }
      let needed = body.inputs.map { input in
        input.map { node in leads.map { $0.contains(ObjectIdentifier(node)) } ?? true } ?? false
      }
      guard needed.contains(true) else { continue }
      let saved = Saved(
        inputs: zip(body.keptInputs, body.inputs).map { value, input in
          value.map { Variable(value: $0, node: isRecording ? input : nil) }
        },
        keptOutput: body.keptOutput.map { Variable(value: $0, node: isRecording ? node : nil) },
        isRecording: isRecording, needed: needed)
      let contributions = body.pullback(saved, gradient)
      require(
        contributions.count == body.inputs.count,
        "gradients: a pullback returned \(contributions.count) gradients for \(body.inputs.count) inputs"
      )
      for case (let input?, var contribution?) in zip(body.inputs, contributions) {
        let id = ObjectIdentifier(input)
        if leads.map({ !$0.contains(id) }) ?? false { continue }
        if !isRecording { contribution = contribution.detached() }
        if var sum = pending.removeValue(forKey: id) {
          if isRecording {
            sum = sum + contribution
          } else {
            sum.value.accumulate(contribution.value)
          }
          pending[id] = sum
        } else {
          pending[id] = contribution
        }
      }
    }
  }
}

extension Node {
  /// All nodes that this one depends on, and itself, by descending height: consumers before inputs.
  fileprivate func reachable() -> [Node] {
    var found: [Node] = [self]
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var next = 0
    while next < found.count {
      for case let input? in found[next].inputs where seen.insert(ObjectIdentifier(input)).inserted
      {
        found.append(input)
      }
      next += 1
    }
    // A stable order among equals, so that sums are formed in the same order every time.
    return found.enumerated()
      .sorted { ($1.element.height, $0.offset) < ($0.element.height, $1.offset) }
      .map(\.element)
  }
}
