/// `out[i] = x[i] / (1 − rate)` where the random number at position `start + i` of `key` is below `1 − rate`, else zero.
///
/// Each block of the generator serves the four positions from a multiple of four on, whoever asks and for whichever range.
func dropoutKernel<Scalar: DifferentiableScalar>(
  _ x: UnsafePointer<Scalar>, _ out: UnsafeMutablePointer<Scalar>, _ count: Int, _ start: Int,
  _ rate: Double, _ key: RandomKey
) {
  let threshold = dropoutThreshold(rate: rate)
  let scale = Scalar(1 / (1 - rate))
  var i = 0
  while i < count {
    let position = start + i
    let block = key.block(at: UInt64(position >> 2))
    let end = min(count, i + 4 - (position & 3))
    var lane = position & 3
    while i < end {
      out[i] = UInt64(block[lane]) < threshold ? x[i] * scale : 0
      lane += 1
      i += 1
    }
  }
}

/// The random words below which a scalar is kept, of 2³².
func dropoutThreshold(rate: Double) -> UInt64 { UInt64(((1 - rate) * 0x1p32).rounded()) }
