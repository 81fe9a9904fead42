import CKernels

/// Brings weights into the panels that products read: `panel_width` columns at a time, row after row, zeros beyond the last
/// column.
struct WeightPanels: Sendable {
  let kernels: Unchecked<ConvolutionKernels>

  private var panel: Int { kernels.value.panel_width }
  private func count(_ columns: Int) -> Int { (columns + panel - 1) / panel }

  /// So many scalars are worth a slot of their own.
  private static let grain = 1 << 16

  /// Packs `matrix[row · stride + column]`, in parallel.
  func pack(
    _ matrix: UnsafePointer<Float>, depth: Int, columns: Int, stride: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let pointers = Unchecked((matrix, packed))
    Parallel.forEachRange(
      of: count(columns), grain: max(1, Self.grain / max(depth * panel, 1))
    ) { panels in
      let (matrix, packed) = pointers.value
      let first = panels.lowerBound * panel
      kernels.value.pack_panels(
        matrix + first, depth, min(columns, panels.upperBound * panel) - first, stride,
        packed + first * depth)
    }
  }

  /// A matrix as it lies, `source[column · stride + row]`, and the place of its first row in the first panel.
  struct Transposed {
    var source: UnsafePointer<Float>
    var target: UnsafeMutablePointer<Float>
  }

  /// Packs matrices of one size, in parallel.
  ///
  /// - Parameter panelStride: Scalars from one panel to the next.
  func pack(
    _ matrices: [Transposed], depth: Int, columns: Int, stride: Int, panelStride: Int
  ) {
    let (shared, panels) = (Unchecked(matrices), count(columns))
    Parallel.forEachRange(
      of: matrices.count * panels, grain: max(1, Self.grain / max(depth * panel, 1))
    ) { slots in
      for slot in slots {
        let (matrix, index) = slot.quotientAndRemainder(dividingBy: panels)
        let used = min(panel, columns - index * panel)
        let target = shared.value[matrix].target + index * panelStride
        if used < panel { target.update(repeating: 0, count: depth * panel) }
        Float.kernels.transpose(
          shared.value[matrix].source + index * panel * stride, stride, used, depth, target, panel,
          .throughCache)
      }
    }
  }
}
