/// An associative way to make one scalar of many, as a type.
protocol Reduction: SendableMetatype {
  associatedtype Scalar: NumericScalar
  static var identity: Scalar { get }
  static func combine(_ x: Scalar, _ y: Scalar) -> Scalar
}

enum SumReduction<Scalar: NumericScalar>: Reduction {
  static var identity: Scalar { Scalar.zero }
  static func combine(_ x: Scalar, _ y: Scalar) -> Scalar { x + y }
}
enum MinimumReduction<Scalar: NumericScalar>: Reduction {
  static var identity: Scalar { Scalar.greatestValue }
  static func combine(_ x: Scalar, _ y: Scalar) -> Scalar { Minimum<Scalar>.apply(x, y) }
}
enum MaximumReduction<Scalar: NumericScalar>: Reduction {
  static var identity: Scalar { Scalar.leastValue }
  static func combine(_ x: Scalar, _ y: Scalar) -> Scalar { Maximum<Scalar>.apply(x, y) }
}

/// The loops of one reduction.
package struct ReductionKernels<Scalar: NumericScalar>: Sendable {
  /// What an empty reduction gives.
  package let identity: Scalar
  /// The reduction of two scalars.
  package let combine: @Sendable (Scalar, Scalar) -> Scalar
  /// For how many scalars `row` keeps errors of rounding small: any, or those that lie side by side.
  package internal(set) var rowLimit = (any: 1 << 10, adjacent: 1 << 12)
  /// Sets `count` scalars to the identity.
  let start: @Sendable (_ out: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void
  /// The reduction of `count` scalars, `stride` apart.
  package internal(set) var row:
    @Sendable (_ x: UnsafePointer<Scalar>, _ stride: Int, _ count: Int) -> Scalar
  /// `out[i] = combine(out[i], x[row · rowStride + i · stride])` for each of some rows.
  package internal(set) var accumulate:
    @Sendable (
      _ out: UnsafeMutablePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ rowStride: Int,
      _ rows: Int, _ stride: Int, _ count: Int
    ) -> Void
}

func reductionKernels<R: Reduction>(_ reduction: R.Type) -> ReductionKernels<R.Scalar> {
  ReductionKernels(
    identity: R.identity,
    combine: { R.combine($0, $1) },
    start: { $0.update(repeating: R.identity, count: $1) },
    row: { x, stride, count in
      // Sixteen running results: they vectorise, and each takes a sixteenth of the rounding errors.
      var lanes = (
        R.identity, R.identity, R.identity, R.identity, R.identity, R.identity, R.identity,
        R.identity, R.identity, R.identity, R.identity, R.identity, R.identity, R.identity,
        R.identity, R.identity
      )
      return withUnsafeMutableBytes(of: &lanes) { bytes in
        let lanes = bytes.bindMemory(to: R.Scalar.self)
        var i = 0
        if stride == 1 {
          while i &+ 16 <= count {
            for lane in 0..<16 { lanes[lane] = R.combine(lanes[lane], x[i &+ lane]) }
            i &+= 16
          }
        }
        while i < count {
          lanes[i & 15] = R.combine(lanes[i & 15], x[i &* stride])
          i &+= 1
        }
        var width = 8
        while width > 0 {
          for lane in 0..<width { lanes[lane] = R.combine(lanes[lane], lanes[lane &+ width]) }
          width /= 2
        }
        return lanes[0]
      }
    },
    accumulate: { out, x, rowStride, rows, stride, count in
      for row in 0..<rows {
        let x = x + row * rowStride
        if stride == 1 {
          for i in 0..<count { out[i] = R.combine(out[i], x[i]) }
        } else {
          for i in 0..<count { out[i] = R.combine(out[i], x[i &* stride]) }
        }
      }
    })
}
