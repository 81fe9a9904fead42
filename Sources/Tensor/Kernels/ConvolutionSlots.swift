/// Rows of a batch in fixed slots, each with a partial sum of its own.
///
/// The cut depends on the sizes alone, never on the
/// number of threads, so that sums in slot order repeat.
struct RowSlots: Sendable {
  /// Ranges of rows, numbered over all images.
  let ranges: [Range<Int>]
  /// The images of each slot; nil where some image is cut, so that the input gradients of neighbouring slots overlap.
  let images: [Range<Int>]?

  var count: Int { ranges.count }

  /// - Parameters:
  ///   - minimumRows: A slot of so many rows touches no slot but its neighbours.
  ///   - wanted: About how many slots are worth their partial sums. There will be 16 at the most.
  init(images: Int, rowsPerImage: Int, minimumRows: Int, wanted: Int) {
    // A power of two, which two, four and eight threads share evenly.
    let wanted = [16, 8, 4, 2].first { 4 * wanted >= 3 * $0 } ?? 1
    if images >= wanted {
      let cut = (0..<wanted).map { images * $0 / wanted..<images * ($0 + 1) / wanted }
      ranges = cut.map { $0.lowerBound * rowsPerImage..<$0.upperBound * rowsPerImage }
      self.images = cut
      return
    }
    let perImage = min(
      (wanted + max(images, 1) - 1) / max(images, 1), max(1, rowsPerImage / minimumRows))
    self.images = perImage > 1 ? nil : (0..<images).map { $0..<$0 + 1 }
    ranges = (0..<images * perImage).map { slot in
      let (image, part) = slot.quotientAndRemainder(dividingBy: perImage)
      let first = image * rowsPerImage
      return first + rowsPerImage * part / perImage..<first + rowsPerImage * (part + 1) / perImage
    }
  }

  /// Calls `body` for each slot, in parallel.
  ///
  /// Slots that overlap never run at once, nor in varying order: first all even
  /// ones, then the odd ones.
  func forEach(_ body: @Sendable (_ slot: Int, _ rows: Range<Int>) -> Void) {
    guard images == nil else {
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
