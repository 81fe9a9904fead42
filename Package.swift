// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A library of ours: one folder in `Sources`, one product of the same name.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  of name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    exclude: exclude, swiftSettings: settings)
}

let libraries = [
  "Tensor", "Autograd", "Layers", "Optim", "Checkpoints", "Imaging", "Datasets", "Evaluation",
  "Auditing", "Training", "Explanation", "Reporting", "CovidXRay",
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "roentgen",
  platforms: [.macOS(.v15)],
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "covid-xray", targets: ["CovidXRayCLI"]),
    .executable(name: "roentgen-bench", targets: ["RoentgenBench"]),
  ],
  traits: [
    // Off by default: who imports a library of this package does not even fetch a web server.
    .trait(name: "Web", description: "covid-xray serve, a local web page for single films.")
  ],
  dependencies: [
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
  ],
  targets: [
    // What we call in C. A system library target takes one pkg-config name, so BLAS and LAPACKE are two.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CLAPACKE", pkgConfig: "lapacke",
      providers: [.apt(["liblapacke-dev"]), .brew(["lapack"])]),
    .target(name: "CKernels"),
    .target(
      name: "CImageCodecs", linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png")]),

    // The engine.
    module(
      "Tensor",
      [
        "COpenBLAS", "CLAPACKE", "CKernels",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),
    module("Autograd", ["Tensor"]),
    module("Layers", ["Autograd", "Tensor"]),
    module(
      "Optim", ["Autograd", "Tensor", .product(name: "RealModule", package: "swift-numerics")]),
    module("Checkpoints", ["Autograd", "Tensor"]),

    // Data, numbers, pictures.
    module("Imaging", ["Tensor", "CImageCodecs"]),
    module(
      "Datasets", ["Tensor", "Imaging", .product(name: "SwiftCSV", package: "SwiftCSV")]),
    module("Evaluation", ["Tensor"]),
    module("Auditing", ["Tensor", "Evaluation", "Imaging", "Datasets"]),
    module("Reporting", ["Tensor", "Evaluation", "Imaging"]),
    module(
      "Training",
      ["Tensor", "Autograd", "Layers", "Optim", "Datasets", "Evaluation", "Checkpoints"]
    ),
    module("Explanation", ["Tensor", "Autograd", "Layers"]),

    // The application.
    module(
      "CovidXRay",
      [
        "Tensor", "Autograd", "Layers", "Optim", "Checkpoints", "Imaging", "Datasets",
        "Evaluation", "Auditing", "Explanation", "Reporting", "Training",
      ]),
    module(
      "CovidXRayWeb",
      [
        "CovidXRay", "Explanation", "Imaging", "Reporting",
        .product(name: "FlyingFox", package: "FlyingFox", condition: .when(traits: ["Web"])),
        .product(name: "FlyingSocks", package: "FlyingFox", condition: .when(traits: ["Web"])),
      ]),
    .executableTarget(
      name: "CovidXRayCLI",
      dependencies: [
        "CovidXRay", "Auditing", "Checkpoints", "Datasets", "Evaluation", "Explanation", "Imaging",
        "Layers", "Reporting", "Tensor", "Training", argumentParser,
        .target(name: "CovidXRayWeb", condition: .when(traits: ["Web"])),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "RoentgenBench",
      dependencies: [
        "Tensor", "Autograd", "Layers", "Optim", "Imaging", "Datasets", "Training", "CovidXRay",
        argumentParser,
      ],
      path: "Benchmarks", exclude: ["peers"], swiftSettings: settings),

    // Tests mirror the tree.
    .target(
      name: "TestSupport", dependencies: ["Tensor", "Autograd", "Checkpoints"],
      path: "Tests/TestSupport", swiftSettings: settings),
    tests(of: "Tensor", []),
    tests(of: "Autograd", ["Tensor"]),
    tests(of: "Layers", ["Tensor", "Autograd", "Optim", "Checkpoints"]),
    tests(of: "Optim", ["Tensor", "Autograd", "Checkpoints"]),
    tests(of: "Checkpoints", ["Tensor", "Autograd", "Layers", "Optim"]),
    tests(of: "Imaging", ["Tensor"], exclude: ["Files"]),
    tests(of: "Datasets", ["Tensor", "Imaging"]),
    tests(of: "Evaluation", ["Tensor"]),
    tests(of: "Auditing", ["Tensor", "Evaluation", "Imaging", "Datasets"]),
    tests(of: "Explanation", ["Tensor", "Autograd", "Layers"]),
    tests(of: "Reporting", ["Tensor", "Evaluation", "Imaging", "Datasets"]),
    tests(of: "Training", ["Tensor", "Autograd", "Layers", "Optim", "Datasets"]),
    // The network at its full size: minutes in debug, where C is compiled without optimization, so it runs in release.
    .testTarget(
      name: "FullSizeTests",
      dependencies: ["TestSupport", "Tensor", "Autograd", "Layers", "Optim", "CovidXRay"],
      swiftSettings: settings),
    tests(
      of: "CovidXRay",
      [
        "Tensor", "Autograd", "Layers", "Optim", "Checkpoints", "Imaging", "Datasets",
        "Evaluation", "Auditing", "Explanation", "Reporting", "Training",
      ]),
    tests(
      of: "CovidXRayWeb",
      [
        "CovidXRay", "Explanation", "Imaging", "Layers", "Reporting", "Tensor",
        .product(name: "FlyingFox", package: "FlyingFox", condition: .when(traits: ["Web"])),
      ]),
    // Runs the built program, which is made before any test runs.
    .testTarget(
      name: "CovidXRayCLITests",
      dependencies: [
        "CovidXRayCLI", "Checkpoints", "CovidXRay", "Explanation", "Imaging", "Tensor",
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
