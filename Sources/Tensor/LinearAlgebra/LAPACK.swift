import CLAPACKE

/// The only place that calls LAPACK.
///
/// LAPACK is column-major: a matrix of `rows × columns` has `columns` columns of `leadingDimension ≥ max(rows, 1)` scalars. The
/// row-major buffer of a matrix is the column-major one of its transpose, so a tensor is handed over by laying out
/// `transposed()`, and taken back by transposing the view: LAPACKE's own row-major forms would copy both ways.
///
/// The functions overwrite their first matrix. What they return says how it went: 0 well, below 0 that an argument was
/// illegal (a mistake of ours, which traps) or that there was no memory, above 0 that the data has no answer (which throws).
public protocol LAPACKScalar: Sendable {
  /// Replaces `a` by `R` above and on the diagonal and by the reflectors of `Q` below, with their factors in `tau`.
  static func geqrf(
    _ rows: Int, _ columns: Int, _ a: UnsafeMutablePointer<Self>, _ leadingDimension: Int,
    _ tau: UnsafeMutablePointer<Self>
  ) -> Int
  /// Replaces `reflectorCount` reflectors, as `geqrf` left them, by the first `columns` columns of `Q`.
  static func orgqr(
    _ rows: Int, _ columns: Int, _ reflectorCount: Int, _ a: UnsafeMutablePointer<Self>,
    _ leadingDimension: Int, _ tau: UnsafePointer<Self>
  ) -> Int
}

extension Float: LAPACKScalar {
  /// Householder reflections in place, see `LAPACKScalar`.
  public static func geqrf(
    _ rows: Int, _ columns: Int, _ a: UnsafeMutablePointer<Float>, _ leadingDimension: Int,
    _ tau: UnsafeMutablePointer<Float>
  ) -> Int {
    OpenBLAS.prepare()
    return Int(
      LAPACKE_sgeqrf(
        LAPACK_COL_MAJOR, Int32(rows), Int32(columns), a, Int32(leadingDimension), tau))
  }

  /// `Q` from its reflections in place, see `LAPACKScalar`.
  public static func orgqr(
    _ rows: Int, _ columns: Int, _ reflectorCount: Int, _ a: UnsafeMutablePointer<Float>,
    _ leadingDimension: Int, _ tau: UnsafePointer<Float>
  ) -> Int {
    OpenBLAS.prepare()
    return Int(
      LAPACKE_sorgqr(
        LAPACK_COL_MAJOR, Int32(rows), Int32(columns), Int32(reflectorCount), a,
        Int32(leadingDimension), tau))
  }
}

extension Double: LAPACKScalar {
  /// Householder reflections in place, see `LAPACKScalar`.
  public static func geqrf(
    _ rows: Int, _ columns: Int, _ a: UnsafeMutablePointer<Double>, _ leadingDimension: Int,
    _ tau: UnsafeMutablePointer<Double>
  ) -> Int {
    OpenBLAS.prepare()
    return Int(
      LAPACKE_dgeqrf(
        LAPACK_COL_MAJOR, Int32(rows), Int32(columns), a, Int32(leadingDimension), tau))
  }

  /// `Q` from its reflections in place, see `LAPACKScalar`.
  public static func orgqr(
    _ rows: Int, _ columns: Int, _ reflectorCount: Int, _ a: UnsafeMutablePointer<Double>,
    _ leadingDimension: Int, _ tau: UnsafePointer<Double>
  ) -> Int {
    OpenBLAS.prepare()
    return Int(
      LAPACKE_dorgqr(
        LAPACK_COL_MAJOR, Int32(rows), Int32(columns), Int32(reflectorCount), a,
        Int32(leadingDimension), tau))
  }
}

/// A decomposition that the data does not have.
public struct LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The operation, such as `"qr"`.
  public let operation: String
  /// Which matrix of the batch, from 0 in row-major order; 0 where there is one only.
  public let matrix: Int
  /// What stood in the way.
  public let reason: String

  /// The three in one line.
  public var description: String { "\(operation): matrix \(matrix) \(reason)" }
}
