/// Rows of a batch in fixed slots, each with a partial sum of its own. The cut depends on the sizes alone, never on the
/// number of threads, so that sums in slot order repeat.
struct RowSlots: Sendable {
  /// Ranges of rows, numbered over all images.
  let ranges: [Range<Int>]
  /// Whether some image is cut, so that the input gradients of neighbouring slots overlap.
  let sharesImages: Bool

  var count: Int { ranges.count }

  /// - Parameters:
  ///   - minimumRows: A slot of so many rows touches no slot but its neighbours.
  ///   - wanted: How many slots are worth their partial sums. There will be 16 at the most.
  init(images: Int, rowsPerImage: Int, minimumRows: Int, wanted: Int) {
    let wanted = min(max(wanted, 1), 16)
    if images >= wanted {
      sharesImages = false
      ranges = (0..<min(wanted, images)).map { slot in
        images * slot / wanted * rowsPerImage..<images * (slot + 1) / wanted * rowsPerImage
      }
      return
    }
    let perImage = min(
      (wanted + max(images, 1) - 1) / max(images, 1), max(1, rowsPerImage / minimumRows))
    sharesImages = perImage > 1
    ranges = (0..<images * perImage).map { slot in
      let (image, part) = slot.quotientAndRemainder(dividingBy: perImage)
      let first = image * rowsPerImage
      return first + rowsPerImage * part / perImage..<first + rowsPerImage * (part + 1) / perImage
    }
  }

  /// Calls `body` for each slot, in parallel. Slots that overlap never run at once, nor in varying order: first all even
  /// ones, then the odd ones.
  func forEach(_ body: @Sendable (_ slot: Int, _ rows: Range<Int>) -> Void) {
    guard sharesImages else {
      return Parallel.forEach(count) { body($0, ranges[$0]) }
    }
    for parity in 0..<2 {
      Parallel.forEach((count + 1 - parity) / 2) { half in
        let slot = 2 * half + parity
        body(slot, ranges[slot])
      }
    }
  }
}

/// Adds up buffers in their order, into the first.
func addUp(_ buffers: [UnsafeMutablePointer<Float>], count: Int) {
  guard buffers.count > 1 else { return }
  let shared = Unchecked(buffers)
  Parallel.forEachRange(of: count, grain: 1 << 14) { range in
    let total = shared.value[0]
    for part in shared.value.dropFirst() {
      for i in range { total[i] += part[i] }
    }
  }
}
