import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The instruction sets that the kernels in C were compiled for.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// What any processor of this architecture runs.
  case portable
  /// AVX2 and FMA.
  case avx2
  /// AVX-512 F, BW, CD, DQ and VL.
  case avx512

  private var table: UnsafePointer<Kernels>? {
    switch self {
    case .portable: kernels_portable()
    case .avx2: kernels_avx2()
    case .avx512: kernels_avx512()
    }
  }

  /// Whether this processor runs it.
  package var isSupported: Bool { table != nil }

  /// The convolution kernels.
  var convolution: ConvolutionKernels { kernels.convolution }
  /// The loops over rows of floats.
  var streams: StreamKernels { kernels.streams }

  private var kernels: Kernels {
    guard let table else {
      // `selected` is one of those that run here: `choose` refuses TENSOR_KERNELS otherwise. Only our tests name a set themselves.
      fatalError("the \(rawValue) kernels were asked for, but this processor does not run them")
    }
    return table.pointee
  }

  /// The one in use: what the environment variable `TENSOR_KERNELS` names, or else the best.
  ///
  /// Chosen once, on first use. Stops the program if the variable names none or one that this processor does not run.
  package static let selected: InstructionSet = {
    switch requested {
    case .success(let set): return set
    case .failure(let refusal): fatalError(refusal.description)
    }
  }()

  /// What the environment asks for, for programs that would rather end with a message of their own.
  package static var requested: Result<InstructionSet, Refusal> {
    choose(
      getenv("TENSOR_KERNELS").map { String(cString: $0) }, from: allCases.filter(\.isSupported))
  }

  /// Why a value of `TENSOR_KERNELS` was refused.
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// What `TENSOR_KERNELS` selects on a processor that runs `supported`, which is in ascending order.
  package static func choose(
    _ name: String?, from supported: [InstructionSet]
  ) -> Result<InstructionSet, Refusal> {
    guard let name, !name.isEmpty else { return .success(supported.last ?? .portable) }
    let names = supported.map(\.rawValue).joined(separator: ", ")
    guard let set = InstructionSet(rawValue: name) else {
      return .failure(
        Refusal(
          description:
            "TENSOR_KERNELS=\(name): no such kernels. Supported on this processor: \(names)."))
    }
    guard supported.contains(set) else {
      return .failure(
        Refusal(
          description: "TENSOR_KERNELS=\(name): this processor does not run them, only \(names)."))
    }
    return .success(set)
  }
}
