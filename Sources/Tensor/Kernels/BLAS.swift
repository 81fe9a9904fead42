import COpenBLAS

/// The only place that calls OpenBLAS.
///
/// Everything here is row-major: a matrix of `rows × columns` has `rows` rows of `leadingDimension ≥ columns` scalars.
/// OpenBLAS is set to one thread when it is first used and never switched: the setting belongs to the whole process, and
/// under its own threads it collapses as soon as anything else runs. Large products are split above it instead.
public protocol BLASScalar: Sendable {
  /// `C ← α A B + β C`, where `A` is `m × k` and `B` is `k × n`, each transposed first if asked.
  static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, alpha: Self,
    _ a: UnsafePointer<Self>, _ leadingA: Int, _ b: UnsafePointer<Self>, _ leadingB: Int,
    beta: Self, _ c: UnsafeMutablePointer<Self>, _ leadingC: Int)
}

private func flag(_ transpose: Bool) -> CBLAS_TRANSPOSE { transpose ? CblasTrans : CblasNoTrans }

extension Float: BLASScalar {
  /// `C ← α A B + β C`, in single precision.
  public static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, alpha: Float,
    _ a: UnsafePointer<Float>, _ leadingA: Int, _ b: UnsafePointer<Float>, _ leadingB: Int,
    beta: Float, _ c: UnsafeMutablePointer<Float>, _ leadingC: Int
  ) {
    OpenBLAS.prepare()
    cblas_sgemm(
      CblasRowMajor, flag(transposeA), flag(transposeB), Int32(m), Int32(n), Int32(k), alpha,
      a, Int32(leadingA), b, Int32(leadingB), beta, c, Int32(leadingC))
  }
}

extension Double: BLASScalar {
  /// `C ← α A B + β C`, in double precision.
  public static func gemm(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, alpha: Double,
    _ a: UnsafePointer<Double>, _ leadingA: Int, _ b: UnsafePointer<Double>, _ leadingB: Int,
    beta: Double, _ c: UnsafeMutablePointer<Double>, _ leadingC: Int
  ) {
    OpenBLAS.prepare()
    cblas_dgemm(
      CblasRowMajor, flag(transposeA), flag(transposeB), Int32(m), Int32(n), Int32(k), alpha,
      a, Int32(leadingA), b, Int32(leadingB), beta, c, Int32(leadingC))
  }
}

/// The state of the OpenBLAS library in this process.
public enum OpenBLAS {
  /// The processor that OpenBLAS chose its code for, such as `"Haswell"`.
  public static var coreType: String {
    prepare()
    return String(cString: openblas_get_corename())
  }

  /// The version and build options, as OpenBLAS gives them.
  public static var configuration: String {
    prepare()
    return String(cString: openblas_get_config())
  }

  /// Sets one thread and tests the library, once in the life of the process.
  package static func prepare() { _ = prepared }

  private static let prepared: Void = {
    openblas_set_num_threads(1)
    selfTest()
  }()

  /// Compares products of a few awkward sizes with a plain loop.
  ///
  /// Old OpenBLAS kernels have given wrong results on processors younger than they; a wrong product would spoil everything
  /// silently, and no caller could repair it, so the program stops and says what to try.
  private static func selfTest() {
    for (m, n, k) in [(1, 1, 1), (7, 5, 9), (17, 33, 31), (64, 48, 72)] {
      let a = (0..<m * k).map { Float(($0 &* 7919) % 101) / 101 - 0.5 }
      let b = (0..<k * n).map { Float(($0 &* 104729) % 103) / 103 - 0.5 }
      for (transposeA, transposeB) in [(false, false), (true, false), (false, true)] {
        var c = [Float](repeating: .nan, count: m * n)
        cblas_sgemm(
          CblasRowMajor, flag(transposeA), flag(transposeB), Int32(m), Int32(n), Int32(k), 1,
          a, Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), 0, &c, Int32(n))
        for i in 0..<m {
          for j in 0..<n {
            var expected: Double = 0
            for l in 0..<k {
              expected +=
                Double(a[transposeA ? l * m + i : i * k + l])
                * Double(b[transposeB ? j * k + l : l * n + j])
            }
            guard abs(Double(c[i * n + j]) - expected) < 1e-5 * Double(k) else {
              // Fixed numbers are multiplied, before any input is read: only the installed library can fail this.
              fatalError(
                """
                OpenBLAS computes wrong products on this processor (core type \
                \(String(cString: openblas_get_corename())), \(m) × \(k) by \(k) × \(n)). \
                Try another with the environment variable OPENBLAS_CORETYPE, such as Haswell, \
                or a newer OpenBLAS.
                """)
            }
          }
        }
      }
    }
  }
}
